#include "probes/cpu/scalar_clock.h"

#include <algorithm>
#include <cstdint>

#include "engine/core/units.h"

namespace assay::cpu {

#if defined(__x86_64__)

namespace {

constexpr std::uint64_t kAdditionsPerPass = 64;  // as written in the assembly below
// 12 800 cycles: the two clock reads, some 40 cycles, are 0.3 % of it.
constexpr std::uint64_t kPasses = 200;

void run_chain(std::uint64_t passes) {
    std::uint64_t sum = passes;
    const std::uint64_t addend = passes | 1;
    for (; passes != 0; --passes)
        asm volatile(
            ".rept 64\n\t"
            "add %[addend], %[sum]\n\t"
            ".endr"
            : [sum] "+r"(sum)
            : [addend] "r"(addend)
            : "cc");
}

}  // namespace

std::optional<double> scalar_clock_hz(const host::Clock& clock, double ns_per_tick) {
    const std::uint64_t before = clock.ticks();
    run_chain(kPasses);
    const std::uint64_t took = std::max<std::uint64_t>(1, clock.ticks() - before);
    const double seconds =
        static_cast<double>(took) * ns_per_tick / static_cast<double>(kNanosecondsPerSecond);
    return static_cast<double>(kAdditionsPerPass * kPasses) / seconds;
}

#else

std::optional<double> scalar_clock_hz(const host::Clock&, double) {
    return std::nullopt;
}

#endif

}  // namespace assay::cpu
