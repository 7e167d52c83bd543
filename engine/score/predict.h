#pragma once

#include "engine/core/run.h"
#include "engine/score/prediction.h"

namespace assay::score {

/// Predicts a restore from `source` to `target`. Pure; the same input gives the same prediction.
///
/// The model: data passes in chunks through read, network, decrypt, decompress and write, each
/// stage working on its own chunk at the same time. The slowest stage sets the pace; the others add
/// the time of one chunk each (filling the pipeline). Syncs stop the writer. Decrypt and decompress
/// share the target's CPUs. Each draw takes one predictive rate a stage
/// (engine/score/predictive.h), and a factor for what the model leaves out (kModelSpread).
///
/// A stage without a number makes the prediction INCONCLUSIVE and is named; nothing is assumed in
/// its place. So do fewer rounds than kFewestRounds, though the time is then told.
Prediction predict(const Run& source, const Run& target, const RestoreTask& task);

/// Relative standard deviation of what the model leaves out: stages that disturb each other, a
/// chunk that is late. Set by the truth test (tests/truth/restore_truth_test.cpp).
inline constexpr double kModelSpread = 0.03;
inline constexpr std::size_t kFewestRounds = 5;

}  // namespace assay::score
