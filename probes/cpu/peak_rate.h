#pragma once

#include <optional>
#include <vector>

#include "engine/core/finding.h"
#include "probes/cpu/fma_kernel.h"

/// How many vector operations a cycle a core can do, from what it was seen to do. Pure.
namespace assay::cpu {

/// The whole rate (1/2, 1, 2, 3 or 4 vector operations a cycle) that `per_cycle` is near: 1.5 %
/// below to 2 % above. Inferred, never looked up: names of models are rewritten by hypervisors.
/// nullopt where none is near.
std::optional<double> whole_rate(double per_cycle);

/// What is known of the peak of a kernel of one kind of operation, from what was seen of it: the
/// whole rate near the upper quartile (by nearest rank). A neighbour on the core's second thread
/// lowers many, a step of the clock between a block and its sample raises a few. Operations of two
/// kinds in turn may share ports in ways that no whole rate describes (Zen 4: 3.1 to 3.5 additions
/// and multiplications of 256 bits a cycle).
class PeakRate {
  public:
    void saw(double per_cycle);
    std::optional<double> per_cycle() const;

  private:
    std::vector<double> seen_;
};

/// Vector operations a cycle of one thread: `iterations_per_s` of the kernel's loop at a clock.
double operations_per_cycle(const FmaKernel& kernel, double iterations_per_s, double clock_hz);

/// What no core that is known can do in a cycle: on x86-64 two multiply-adds, or two of them and
/// two additions; on Arm four.
double most_operations_per_cycle(const FmaKernel& kernel);

/// `impossible` where a thread did over 3 % more than that; the allowance is for the clock's rise
/// between its samples and the window.
std::optional<Finding> impossible_rate(const FmaKernel& kernel, double iterations_per_s,
                                       double clock_hz);

}  // namespace assay::cpu
