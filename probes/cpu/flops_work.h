#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/host/clock.h"
#include "engine/host/worker_team.h"
#include "probes/cpu/fma_kernel.h"

namespace assay::cpu {

/// What one worker leaves of one case, away from its neighbours' cache lines.
struct alignas(128) FlopsEvidence {
    FoldedBits answer;  ///< of its first block
    std::uint64_t blocks = 0;
    std::uint64_t other_answers = 0;  ///< blocks that left other bits than the first one
    double highest_clock_hz = 0;      ///< that was seen in this round
    std::vector<double> clocks_hz;    ///< seen in this round while the units were at work

    /// The 90th percentile of those, the highest where there are none; nullopt without any.
    std::optional<double> clock_hz() const;
};

/// The blocks of one kernel, in the form that a team runs. A short chain of additions between some
/// of the blocks shows the clock that the vector work leaves the core.
class FlopsWork final : public host::TeamWork {
  public:
    /// Clears what earlier rounds saw of the clock. All outlive the work.
    FlopsWork(const host::Clock& clock, const FmaKernel& kernel,
              std::vector<FlopsEvidence>& evidence);
    void enter(std::size_t worker) override;
    void leave(std::size_t worker) override;
    std::uint64_t block(std::size_t worker) override;

  private:
    std::optional<double> sample_clock(FlopsEvidence& evidence) const;

    const host::Clock& clock_;
    const double ns_per_tick_;
    const FmaKernel& kernel_;
    const ChainValues start_;
    std::vector<FlopsEvidence>& evidence_;
};

/// Vector operations a cycle of the calling thread's core: the middle of pairs of a block and the
/// chain of additions. A millisecond or two. nullopt without a chain.
std::optional<double> measured_operations_per_cycle(const FmaKernel& kernel,
                                                    const host::Clock& clock);

}  // namespace assay::cpu
