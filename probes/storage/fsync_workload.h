#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "engine/host/buffer.h"
#include "engine/probe.h"
#include "probes/storage/commit_file.h"
#include "probes/storage/commit_loop.h"
#include "probes/storage/device_judges.h"
#include "probes/storage/fsync_case.h"
#include "probes/storage/round_facts.h"
#include "probes/storage/round_times.h"
#include "probes/storage/side_load.h"

namespace assay::storage {

/// The files that the cases use; those that no case needs are not made.
struct CommitFiles {
    std::shared_ptr<CommitFile> cached, direct, growing;
    /// The one for this case.
    const std::shared_ptr<CommitFile>& of(const FsyncCase& each) const;
};

/// Commits records and tells how long that takes.
class FsyncWorkload final : public Workload {
  public:
    /// `host` outlives the workload; `load` may be empty where no case asks for it.
    FsyncWorkload(const host::Host& host, FsyncSettings settings, CommitFiles files,
                  std::unique_ptr<SideLoad> load, std::vector<Finding> findings);

    std::span<const Case> cases() const override { return cases_; }
    std::vector<Finding> findings() const override { return findings_; }
    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override;
    std::chrono::nanoseconds least_round(std::size_t case_index) const override;
    std::chrono::nanoseconds shortest_round(std::size_t case_index) const override;
    Expected<void> verify() override;

  private:
    /// What the writers of one round use and see. Owned by the thread that a hung device holds.
    struct Round {
        std::shared_ptr<CommitFile> file;
        host::Clock clock;
        std::vector<CommitPlan> plans;
        std::vector<host::Buffer> records;
        std::vector<CommitTally> tallies;
    };
    Expected<std::shared_ptr<Round>> make_round(const FsyncCase& each, const RoundTimes& times,
                                                const RoundRequest& request);
    static Expected<void> run_writers(Round& round);
    FlushEvidence flush_evidence(const RoundFacts& facts) const;
    RoundResult result_of(const Round& round, const RoundTimes& times,
                          const std::optional<host::DiskCounters>& before);

    const host::Host& host_;
    const FsyncSettings settings_;
    const CommitFiles files_;
    std::unique_ptr<SideLoad> load_;
    std::vector<Finding> findings_;
    std::optional<CountedDisk> disk_;
    std::optional<host::BlockDevice> device_;  // the same, where nothing lies between
    std::vector<Case> cases_;
    std::vector<double> latest_rates_;  // commits a second of the last round; 0 = none
    const Payload payload_;
    std::uint64_t written_bytes_ = 0;
    std::uint64_t commits_ = 0;
    std::uint64_t failed_ = 0;
};

}  // namespace assay::storage
