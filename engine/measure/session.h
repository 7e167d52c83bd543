#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/measure/collector.h"
#include "engine/measure/gates.h"
#include "engine/measure/guard.h"
#include "engine/measure/monitor.h"
#include "engine/measure/pace.h"
#include "engine/measure/runner.h"
#include "engine/measure/schedule.h"

namespace assay::measure {

/// take_run with a replaceable sense of time.
Expected<Run> take_run(const host::Host& host, const RunPlan& plan, std::stop_token stop,
                       const Observer& observer, const Pace& pace);

/// The probes' way through one run: check, prepare, warm up, rounds, verify.
class Session {
  public:
    /// All references outlive the session. `start` is when the budget began.
    Session(const host::Host& host, const RunPlan& plan, std::stop_token stop,
            const Observer& observer, const Pace& pace, TimePoint start);

    /// Call once. Errors: interrupted, try_again (guard).
    Expected<std::vector<ProbeResult>> take();
    std::chrono::nanoseconds paused() const { return paused_; }
    bool guard_sees() const { return guard_.can_see(); }
    /// Of cases that gave no number to attach them to: they belong to the run.
    const std::vector<Finding>& findings() const { return findings_; }

  private:
    /// A probe on its way. `workload` is empty once it was skipped or has failed; then
    /// result.reason says why.
    struct Entry {
        const ProbeRequest* asked = nullptr;
        std::unique_ptr<Workload> workload;
        std::vector<Collector> collectors;  // one a case
        ProbeResult result;
        std::vector<std::uint64_t>
            round_counts;  // rounds started, one a case; seeds derive from it
        // What a round took beside its timed work, at most so far, the warm-up's only until there
        // is a real one; one a case.
        std::vector<std::chrono::nanoseconds> round_costs;
        std::vector<std::chrono::nanoseconds> round_lengths;  // of the timed work, as planned
        std::vector<std::chrono::nanoseconds> round_wishes;   // when that was planned
    };

    void check_and_prepare();
    void prepare(Entry& entry, std::uint64_t& memory_left);
    void warm_up();
    Expected<void> take_rounds();
    /// Lengths for the rounds that remain, of the cases that still run.
    void plan_rounds(const Schedule& schedule);
    /// Lengths of the rounds that last; returns what those that remain take.
    std::chrono::nanoseconds plan_lasting(const Schedule& schedule);
    RoundBudget budget_of(const std::vector<CaseIndex>& cases, std::size_t rounds) const;
    std::vector<std::chrono::nanoseconds> least_rounds(const std::vector<CaseIndex>& cases,
                                                       std::size_t rounds) const;
    std::chrono::nanoseconds least_of_all(const std::vector<CaseIndex>& cases,
                                          std::size_t rounds) const;
    std::size_t rounds_that_fit(const std::vector<CaseIndex>& cases, std::size_t rounds) const;
    /// Neither is longer than any round of this run may be.
    std::chrono::nanoseconds least_round(const CaseIndex& index) const;
    std::chrono::nanoseconds shortest_round(const CaseIndex& index) const;
    std::chrono::nanoseconds verify_time() const;
    bool needs_more_time(const CaseIndex& index);
    bool first_pass_was_cheap() const;
    Expected<void> settle();
    void take_round(CaseIndex index, Schedule& schedule);
    void verify_and_collect();
    void tell_of_no_number(const Entry& entry, const Collector& collector);
    std::vector<CaseIndex> all_cases() const;
    std::vector<CaseIndex> ordinary_cases() const;  ///< all that have no rounds that last
    const std::optional<Lasting>& lasting_of(const CaseIndex& index) const {
        return entries_[index.workload].collectors[index.case_index].measured_case().lasting;
    }
    std::size_t rounds_of(const Collector& collector) const;
    std::size_t fewest_rounds_of(const Collector& collector) const;
    double share_of(const CaseIndex& index) const;
    double shares_of(const std::vector<CaseIndex>& cases) const;
    std::chrono::nanoseconds& length_of(const CaseIndex& index) {
        return entries_[index.workload].round_lengths[index.case_index];
    }
    std::chrono::nanoseconds mean_cost_of(const std::vector<CaseIndex>& cases) const;
    RoundRequest round_request(Entry& entry, std::size_t case_index,
                               std::chrono::nanoseconds duration) const;
    void fail(Entry& entry, const Error& error);
    void report(Progress::Phase phase, const Entry* entry, const Collector* collector);

    std::chrono::nanoseconds left() const { return round_deadline_ - verify_left_ - pace_.now(); }
    double elapsed_s() const { return std::chrono::duration<double>(pace_.now() - start_).count(); }

    const host::Host& host_;
    const RunPlan& plan_;
    std::stop_token stop_;
    const Observer& observer_;
    const Pace& pace_;
    TimePoint start_, round_deadline_;
    std::vector<int> cpus_;
    ProductionGuard guard_;
    Shelf shelf_;
    std::vector<Entry> entries_;
    std::chrono::nanoseconds paused_{}, settle_{}, mean_round_{}, planned_cost_{}, verify_left_{};
    std::chrono::nanoseconds lasting_left_{};  // of rounds that last and are still to come
    std::vector<Finding> findings_;
    std::size_t rounds_taken_ = 0, rounds_planned_ = 0, rounds_left_ = 0;
    bool budget_ended_early_ = false;
    std::string load_ = "load ok";
};

}  // namespace assay::measure
