#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "engine/score/restore_stages.h"

namespace assay::score {

/// How many times faster than measured each stage is made; absent = 1.
using Speedups = std::map<StageKind, double>;

struct Outcome {
    double seconds = 0;
    StageKind slowest = StageKind::read;
};

/// The restore pipeline with its draws: asked again for every what-if, always with the same draws.
class RestoreModel {
  public:
    /// Every stage of pipeline.restore has rounds.
    RestoreModel(const Pipeline& pipeline, const RestoreTask& task, double model_spread);

    std::size_t draws() const { return task_.draws; }
    /// Of each draw.
    std::vector<Outcome> outcomes(const Speedups& speedups = {}) const;
    /// Share of the draws that end within the RTO.
    double probability(const Speedups& speedups = {}) const;
    /// The values of one stage, in its unit, by draw.
    const std::vector<double>& values(StageKind kind) const { return values_.at(kind); }

  private:
    Outcome outcome(std::size_t draw, const Speedups& speedups) const;
    RestoreTask task_;
    std::map<StageKind, std::vector<double>> values_;
    std::map<StageKind, std::vector<double>> shared_;  ///< decrypt, decompress with all CPUs
    std::vector<double> unknown_;                      ///< factor on the time
};

/// Draws of one stage, seeded by the task and the stage, so that leaving one stage out changes no
/// other.
std::vector<double> draws_of(const Stage& stage, const RestoreTask& task, std::uint64_t salt);

}  // namespace assay::score
