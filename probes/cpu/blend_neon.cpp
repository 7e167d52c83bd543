#if defined(__aarch64__)

#include <arm_neon.h>

#include "probes/cpu/blend_kernel.h"

// 128-bit multiply-adds in the shadow of a chain of additions.
#define ASSAY_KERNEL __attribute__((noinline))
#define ASSAY_KERNEL_BODY __attribute__((always_inline)) inline

namespace assay::cpu {
namespace {

/// Each vector takes `kPasses` steps in an iteration; after every fourth come `kCycles` of the
/// chain.
template <int kPasses, int kCycles>
ASSAY_KERNEL_BODY std::uint64_t blend(const ChainValues& start, std::uint64_t iterations,
                                      FoldedBits& folded) {
    constexpr std::size_t kLanes = 2;
    constexpr int kOperations = kCycles / kBlendLatency;
    const auto* from = reinterpret_cast<const double*>(&start);
    const float64x2_t first = vdupq_n_f64(start.constants[kFirst]);
    const float64x2_t second = vdupq_n_f64(start.constants[kSecond]);
    const float64x2_t third = vdupq_n_f64(start.constants[kThird]);
    const float64x2_t fourth = vdupq_n_f64(start.constants[kFourth]);
    float64x2_t chain[kBlendChains];
#pragma GCC unroll 12
    for (int i = 0; i < kBlendChains; ++i)
        chain[i] = vld1q_f64(from + static_cast<std::size_t>(i) * kLanes);
    std::uint64_t sum = iterations;
    const std::uint64_t addend = kBlendAddend;
    for (; iterations != 0; --iterations) {
#pragma GCC unroll 4
        for (int pass = 0; pass < kPasses; ++pass) {
#pragma GCC unroll 12
            for (int i = 0; i < kBlendChains; ++i) {
                chain[i] = pass % 2 == 0 ? vfmaq_f64(chain[i], first, second)
                                         : vfmsq_f64(chain[i], third, fourth);
                asm volatile("" : "+w"(chain[i]));
                if (i % 4 != 3)
                    continue;
                asm volatile(
                    ".rept %c[count]\n\t"
                    "add %[sum], %[sum], %[addend]\n\t"
                    ".endr"
                    : [sum] "+r"(sum)
                    : [addend] "r"(addend), [count] "i"(kOperations));
            }
        }
    }
    uint64x2_t bits = vdupq_n_u64(0);
#pragma GCC unroll 12
    for (int i = 0; i < kBlendChains; ++i)
        bits = veorq_u64(bits, vreinterpretq_u64_f64(chain[i]));
    vst1q_u64(folded.words.data(), bits);
    return sum;
}

}  // namespace

ASSAY_KERNEL std::uint64_t dense_neon(const ChainValues& start, std::uint64_t iterations,
                                      FoldedBits& folded) {
    return blend<4, kDenseCycles>(start, iterations, folded);
}
ASSAY_KERNEL std::uint64_t medium_neon(const ChainValues& start, std::uint64_t iterations,
                                       FoldedBits& folded) {
    return blend<2, kMediumCycles>(start, iterations, folded);
}
ASSAY_KERNEL std::uint64_t sparse_neon(const ChainValues& start, std::uint64_t iterations,
                                       FoldedBits& folded) {
    return blend<2, kSparseCycles>(start, iterations, folded);
}

}  // namespace assay::cpu

#endif
