#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "engine/probe.h"
#include "probes/storage/evidence.h"
#include "probes/storage/round_times.h"
#include "probes/storage/settings.h"
#include "probes/storage/target.h"
#include "probes/storage/worker.h"

namespace assay::storage {

/// Random or sequential operations on a prepared target by prepared workers: takes what they saw
/// and makes rounds of it.
class AccessWorkload final : public Workload {
  public:
    /// `host` outlives the workload.
    AccessWorkload(const host::Host& host, Settings settings, std::shared_ptr<const Target> target,
                   std::vector<std::unique_ptr<Worker>> workers, Engine engine,
                   std::vector<Finding> findings);

    std::span<const Case> cases() const override { return cases_; }
    std::vector<Finding> findings() const override;
    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override;
    std::chrono::nanoseconds least_round(std::size_t case_index) const override;
    std::chrono::nanoseconds shortest_round(std::size_t case_index) const override;
    std::chrono::nanoseconds verify_time() const override;
    Expected<void> verify() override;

  private:
    std::vector<Condition> conditions_of(const AccessCase& access) const;
    LoopPlan plan_of(const AccessCase& access, const RoundTimes& times,
                     const RoundRequest& request) const;
    Expected<std::vector<const LoopTally*>> run_workers(const AccessCase& access,
                                                        const RoundTimes& times,
                                                        const RoundRequest& request);
    void note(std::span<const LoopTally* const> tallies);
    std::size_t in_flight(const AccessCase& access) const;
    Expected<void> read_everything_back();
    Expected<void> read_last_writes_back();
    Expected<void> read_samples_back();

    const host::Host& host_;
    const Settings settings_;
    const std::shared_ptr<const Target> target_;
    std::vector<std::unique_ptr<Worker>> workers_;
    const Engine engine_;
    std::vector<Finding> findings_;
    std::optional<CountedDisk> disk_;
    std::optional<bool> device_polls_;
    std::vector<std::vector<double>> case_rates_;  // operations a second, [case][round]
    std::vector<double> latest_rates_;  // of every round, those with few operations too; 0 = none
    std::vector<Case> cases_;
    std::vector<std::vector<std::uint64_t>> ledgers_;  // one a worker, where integrity is asked for
    /// Where the last good writes of a round went, and the first sequence that it used.
    struct LastWrites {
        std::uint64_t first_sequence = 0;
        std::uint64_t block_bytes = 0;
        std::vector<SlotContent> contents;
    };
    LastWrites last_writes_;
    std::uint64_t issued_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t written_bytes_ = 0;
    std::uint64_t checked_blocks_ = 0;  // compared with the payload by the workers
    bool counters_known_ = false;
    std::uint64_t device_operations_ = 0;
};

}  // namespace assay::storage
