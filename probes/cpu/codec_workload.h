#pragma once

#include <memory>

#include "engine/probe.h"
#include "probes/cpu/codec_settings.h"

namespace assay::cpu {

/// The prepared probe. While preparing, every block of the corpus is compressed, brought back and
/// compared; in every round each block must come to the same length, and the last of each thread to
/// the same bytes. verify fails if one did not.
/// Errors: as WorkerTeam::start, Corpus and PackedBlocks.
Expected<std::unique_ptr<Workload>> make_codec_workload(const RunContext& context,
                                                        const CodecKind& kind,
                                                        CodecSettings settings);

}  // namespace assay::cpu
