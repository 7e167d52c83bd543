#pragma once

#include <optional>
#include <vector>

#include "engine/host/worker_team.h"
#include "engine/probe.h"
#include "probes/memory/bandwidth_settings.h"
#include "probes/memory/placement.h"
#include "probes/memory/target_array.h"

namespace assay::memory {

/// What one thread works on: an array to load from, and, where memory allows, a second one and one
/// to store to.
struct ThreadArrays {
    std::optional<PrivateArray> source, second;
    std::optional<TargetArray> target;
};

/// The arrays on one memory node and one kind of pages.
class ArraySet {
  public:
    /// Each worker of `team` allocates and first touches the arrays of its number, all at the same
    /// time. `first_number`: of the first array, counted over the host.
    /// Errors: as fill_memory; unsupported (mbind refused).
    static Expected<ArraySet> fill(const RunContext& context, const BandwidthSettings& settings,
                                   const MemoryGroup& group, std::uint64_t first_number,
                                   host::WorkerTeam& team);

    std::vector<ThreadArrays>& threads() { return threads_; }
    const std::vector<ThreadArrays>& threads() const { return threads_; }
    /// Of what the operation uses, over all threads.
    std::uint64_t bytes(Operation operation) const;
    host::PagePreference pages() const { return group_.pages; }  ///< asked for
    const Placement& placement() const { return placement_; }    ///< when it was filled
    Placement placement_now() const;

  private:
    MemoryGroup group_;
    std::vector<ThreadArrays> threads_;
    Placement placement_;
};

}  // namespace assay::memory
