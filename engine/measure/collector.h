#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/measurement.h"
#include "engine/core/run.h"
#include "engine/probe.h"

namespace assay::measure {

/// Gathers the rounds of one case and makes its measurements of them.
class Collector {
  public:
    explicit Collector(Case measured_case) : case_(std::move(measured_case)) {}

    /// Takes in one round. `gate_findings` are the gates' own; with one of severity invalid, or one
    /// in result.findings, the round is kept as invalid. Returns the ids that made it so; empty =
    /// valid.
    std::vector<std::string> add(const RoundResult& result,
                                 const std::vector<Finding>& gate_findings);

    std::size_t valid_rounds() const { return valid_rounds_; }
    /// What its rounds said; of severity `invalid` only as a warning, with the count of rounds.
    std::vector<Finding> round_findings() const;
    std::size_t rounds() const { return all_rounds_; }
    const Case& measured_case() const { return case_; }
    /// Valid samples so far of the first metric that was reported; nullptr before the first.
    const std::vector<double>* first_samples() const;
    const Metric* first_metric() const { return order_.empty() ? nullptr : order_.front(); }

    /// One measurement a metric, with summary, percentiles and findings: the workload's own, the
    /// rounds', noisy, too_few_valid_rounds.
    std::vector<Measurement> measurements(const std::vector<Finding>& workload_findings,
                                          std::size_t min_valid_rounds) const;

  private:
    struct Series {
        std::vector<double> samples;
        std::vector<InvalidSample> invalid;
        std::optional<Histogram> ticks;  // of the valid rounds
        std::vector<SlowOperationRecord> slowest;
        std::vector<RoundSeries> rounds;
        double ns_per_tick = 1;
    };
    struct Noted {
        Finding finding;
        std::size_t rounds = 0;
    };

    void note(const Finding& finding);
    void take(const Metric* metric, double value, const std::vector<std::string>& reasons);

    Case case_;
    std::vector<const Metric*> order_;
    std::map<const Metric*, Series> series_;
    std::vector<Noted> noted_;
    std::size_t valid_rounds_ = 0, all_rounds_ = 0;
};

}  // namespace assay::measure
