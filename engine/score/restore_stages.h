#pragma once

#include <optional>
#include <vector>

#include "engine/core/run.h"
#include "engine/score/prediction.h"

namespace assay::score {

/// The stages with their rounds, or with the gap that keeps a prediction from being made.
struct Pipeline {
    std::vector<Stage> restore;  ///< read, network, decrypt, decompress, write, sync
    std::vector<Stage>
        replication;  ///< read, compress, encrypt, network, decrypt, decompress, write
    /// Decrypt and decompress with all CPUs: what the two together cannot exceed. Empty where it
    /// was not measured.
    std::vector<Stage> shared_cpu;
    std::optional<double> ratio;
    bool ratio_is_declared = false;
};

/// Picks the measurements: valid, in their metric's unit, positive; under the usual conditions
/// where the run has them (16 KiB records, zstd level 3, no load beside the syncs), and of those
/// the best median. A network that is a SELF-TEST is no network.
Pipeline make_pipeline(const Run& source, const Run& target, const RestoreTask& task);

}  // namespace assay::score
