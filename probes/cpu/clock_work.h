#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/host/clock.h"
#include "engine/host/cycle_counter.h"
#include "engine/host/worker_team.h"
#include "probes/cpu/blend_kernel.h"
#include "probes/cpu/clock_samples.h"

namespace assay::cpu {

/// What one worker leaves of one round, away from its neighbours' cache lines.
struct alignas(128) ClockEvidence {
    /// The chain's clock, and what the second witness says it is. The oldest give way to new ones.
    std::vector<ChainPair> pairs;
    std::uint64_t blocks = 0;
    std::uint64_t wrong_blocks = 0;  ///< that left another answer than the known one
    std::optional<host::CycleCounter> counter;
    std::uint64_t counted_cycles = 0, chain_cycles = 0;  ///< of the same runs

    void clear();
    void add(const ChainPair& pair);
    /// The processor's own count to the chain's, inverted to a ratio of clocks; nullopt without a
    /// counter.
    std::optional<double> counter_ratio() const;
};

/// Blocks of the two scalar chains in turn.
class ScalarClockWork final : public host::TeamWork {
  public:
    ScalarClockWork(const host::Clock& clock, std::vector<ClockEvidence>& evidence);
    void enter(std::size_t worker) override;
    void leave(std::size_t worker) override;
    std::uint64_t block(std::size_t worker) override;

  private:
    const host::Clock& clock_;
    const double ns_per_tick_;
    std::vector<ClockEvidence>& evidence_;
};

/// A blended kernel, the multiply-add kernel of the same width that tells how busy the units could
/// be, and what both must leave.
struct VectorClockKernels {
    ChainValues blend_start, peak_start;
    FoldedBits known_vectors, known_peak;
    BlendKernel blend;
    FmaKernel peak;
    std::uint64_t known_chain = 0;
};
VectorClockKernels vector_clock_kernels(const BlendKernel& blend, const FmaKernel& peak);

/// Blocks of the blended kernel and of the multiply-adds alone, in turn, so that the units never
/// rest. The second of a pair is the clock at which the multiply-adds alone would have kept the
/// blend's pace: second over first is the inverse of how busy the blend kept the units.
class VectorClockWork final : public host::TeamWork {
  public:
    VectorClockWork(const host::Clock& clock, const VectorClockKernels& kernels,
                    std::vector<ClockEvidence>& evidence);
    void enter(std::size_t worker) override;
    std::uint64_t block(std::size_t worker) override;

  private:
    const host::Clock& clock_;
    const double ns_per_tick_;
    const VectorClockKernels& kernels_;
    std::vector<ClockEvidence>& evidence_;
};

/// The densest blend that leaves the units some rest on the calling thread's core, else the
/// sparsest. A few milliseconds.
BlendKernel chosen_blend(const std::vector<BlendKernel>& densest_first, const FmaKernel& peak,
                         const host::Clock& clock);

}  // namespace assay::cpu
