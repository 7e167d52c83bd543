#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/host/clock.h"
#include "engine/host/worker_team.h"
#include "probes/cpu/clock_samples.h"
#include "probes/cpu/fma_kernel.h"

namespace assay::cpu {

/// What one worker leaves of one case, away from its neighbours' cache lines.
struct alignas(128) FlopsEvidence {
    FoldedBits answer;  ///< of its first block
    std::uint64_t blocks = 0;
    std::uint64_t other_answers = 0;  ///< blocks that left other bits than the first one
    double highest_clock_hz = 0;      ///< that was seen in this round
    std::uint64_t blocks_of_round = 0;
    std::vector<double> clocks_hz;  ///< seen in this round while the units were at work
    std::vector<ChainPair> paces;   ///< such a clock, and passes a second of the block before it

    /// The 90th percentile of those, the highest where there are none; nullopt without any.
    std::optional<double> clock_hz() const;
    /// Passes of the loop a cycle, in the middle one of the paces; nullopt without any.
    std::optional<double> passes_per_cycle() const { return middle_ratio(paces); }
};

/// The blocks of one kernel, in the form that a team runs. A short scalar chain between some
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
    void sample_pace(FlopsEvidence& evidence, std::uint64_t ticks) const;
    double passes_per_s(std::uint64_t ticks) const;

    const host::Clock& clock_;
    const double ns_per_tick_;
    const FmaKernel& kernel_;
    const ChainValues start_;
    std::vector<FlopsEvidence>& evidence_;
};

/// Vector operations a cycle of the calling thread's core: the middle of pairs of a block and the
/// chain that shows the clock. A millisecond or two. nullopt without a chain.
std::optional<double> measured_operations_per_cycle(const FmaKernel& kernel,
                                                    const host::Clock& clock);

}  // namespace assay::cpu
