#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/histogram.h"
#include "engine/host/clock.h"
#include "engine/host/worker_team.h"
#include "probes/memory/chase_kernel.h"
#include "probes/memory/chase_ring.h"

namespace assay::memory {

/// Hops of one sample: so many that two clock reads are little beside them, and as few as that
/// allows. By the size alone, so that two hosts' samples are alike.
std::uint64_t hops_per_sample(std::size_t lines);

/// What two clock reads around nothing take, in ticks: the least of many.
std::uint64_t clock_cost_ticks(const host::Clock& clock);

/// One thread that follows a ring and times every stretch of `hops` hops. Units are loads.
class ChaseWork final : public host::TeamWork {
  public:
    /// `lead_in`: of the window; samples count from then on. `cost_ticks` is taken off each.
    ChaseWork(const host::Clock& clock, const ChaseRing& ring, std::chrono::nanoseconds lead_in,
              std::uint64_t cost_ticks);

    void enter(std::size_t worker) override;
    void leave(std::size_t worker) override;
    bool waits_on_shared() const override { return true; }
    std::uint64_t block(std::size_t worker) override;

    const Histogram& samples() const { return samples_; }  ///< ticks for hops() hops
    std::uint64_t hops() const { return hops_; }
    /// Whether the chase ended where so many hops lead.
    bool ended_well() const { return ended_well_; }

  private:
    const host::Clock& clock_;
    const ChaseRing& ring_;
    const std::uint64_t hops_;
    const std::uint64_t lead_in_ticks_;
    const std::uint64_t cost_ticks_;
    Histogram samples_;
    const void* place_ = nullptr;
    std::uint64_t hops_done_ = 0;
    std::uint64_t count_from_ = 0;  ///< tick; 0 = the first block is still to come
    bool ended_well_ = false;
};

/// One thread that follows several parts of a ring at once. Units are loads of all chains.
class ParallelChaseWork final : public host::TeamWork {
  public:
    ParallelChaseWork(const ChaseRing& ring, std::size_t chains);

    void enter(std::size_t worker) override;
    void leave(std::size_t worker) override;
    bool waits_on_shared() const override { return true; }
    std::uint64_t block(std::size_t worker) override;
    bool ended_well() const { return ended_well_; }

  private:
    std::uint64_t start_of(std::size_t chain) const;

    const ChaseRing& ring_;
    const std::uint64_t hops_;
    std::vector<const void*> heads_;
    std::uint64_t hops_done_ = 0;  ///< of each chain
    bool ended_well_ = false;
};

}  // namespace assay::memory
