#pragma once

#include <optional>
#include <vector>

#include "engine/core/finding.h"
#include "engine/host/counters.h"
#include "engine/host/host.h"

/// Memory is shared with CPUs that are not measured: were they busy meanwhile, and did it matter?
namespace assay::memory {

/// Looks at the CPUs of the host that a round leaves idle, from its construction on.
class Neighbours {
  public:
    /// The first `used` of `cpus` are measured; all others that the kernel shows are neighbours.
    Neighbours(const host::Host& host, const std::vector<int>& cpus, std::size_t used);
    /// How many of them were busy on average, of one CPU (so two full ones are 2). nullopt without
    /// neighbours, where the kernel does not tell, and in less than two of its clock ticks.
    std::optional<double> busy_ratio() const;

  private:
    const host::Files& files_;
    std::vector<int> others_;
    std::optional<host::CpuTimes> before_;
};

/// What rounds of one case showed while the neighbours were idle and while they were busy.
class ContentionHistory {
  public:
    /// Takes in a round and says memory_contention where the neighbours kept over a fifth of a CPU
    /// busy: with both medians where some rounds were quiet and the others at least 5 % slower, not
    /// at all where they were not slower, and as a possibility where no round was quiet.
    /// `rate`: more is better.
    std::optional<Finding> judge(std::optional<double> busy_ratio, double rate);

  private:
    std::vector<double> quiet_, busy_;
};

}  // namespace assay::memory
