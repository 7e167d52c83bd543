#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/host/clock.h"
#include "engine/host/worker_team.h"
#include "probes/cpu/fma_kernel.h"

namespace assay::cpu {

/// Blocks of one kernel, each timed: the typical one is that of a thread that kept its CPU.
class PairWork final : public host::TeamWork {
  public:
    PairWork(const host::Clock& clock, const FmaKernel& kernel, const FoldedBits& known_answer,
             std::size_t workers);
    void enter(std::size_t worker) override;
    std::uint64_t block(std::size_t worker) override;

    /// Of that worker's blocks since it entered, in ticks: the median, which neither a few
    /// interrupted blocks move nor a few during which the other thread was away. nullopt without
    /// blocks.
    std::optional<double> typical_ticks(std::size_t worker) const;
    std::uint64_t wrong_blocks() const;

  private:
    struct alignas(128) Seen {
        std::vector<std::uint64_t> ticks;
        std::uint64_t wrong_blocks = 0;
    };
    const host::Clock& clock_;
    const FmaKernel& kernel_;
    const FoldedBits known_answer_;
    const ChainValues start_;
    std::vector<Seen> seen_;
};

}  // namespace assay::cpu
