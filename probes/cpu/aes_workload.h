#pragma once

#include <memory>

#include "engine/probe.h"
#include "probes/cpu/aes_settings.h"

namespace assay::cpu {

/// The prepared probe: each thread has records of its own. Every round proves that its records were
/// encrypted and decrypted; verify fails if one was not.
/// Errors: as WorkerTeam::start, Cipher::make and self_test.
Expected<std::unique_ptr<Workload>> make_aes_workload(const RunContext& context,
                                                      AesSettings settings);

}  // namespace assay::cpu
