#if defined(__aarch64__)

#include <arm_neon.h>

#include "probes/cpu/fma_kernel.h"

// 128-bit vectors of every 64-bit Arm processor. Their multiply-add overwrites the addend, so a
// chain is the addend: four pipes of latency four need 16 chains, and 24 leave room for constants.

namespace assay::cpu {
namespace {

constexpr int kChains = 24;

}  // namespace

__attribute__((noinline)) void double_neon(const ChainValues& start, std::uint64_t iterations,
                                           FoldedBits& folded) {
    const auto* from = reinterpret_cast<const double*>(&start);
    const float64x2_t first = vdupq_n_f64(start.constants[kFirst]);
    const float64x2_t second = vdupq_n_f64(start.constants[kSecond]);
    const float64x2_t third = vdupq_n_f64(start.constants[kThird]);
    const float64x2_t fourth = vdupq_n_f64(start.constants[kFourth]);
    float64x2_t chain[kChains];
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i)
        chain[i] = vld1q_f64(from + i * 2);
    for (; iterations != 0; --iterations) {
#pragma GCC unroll 4
        for (std::size_t pair = 0; pair < kPairsPerIteration; ++pair) {
#pragma GCC unroll 24
            for (int i = 0; i < kChains; ++i)
                chain[i] = vfmaq_f64(chain[i], first, second);
#pragma GCC unroll 24
            for (int i = 0; i < kChains; ++i)
                chain[i] = vfmsq_f64(chain[i], third, fourth);
        }
        // Every chain lives in a register here, whatever the compiler would rather do.
#pragma GCC unroll 24
        for (int i = 0; i < kChains; ++i)
            asm volatile("" : "+w"(chain[i]));
    }
    uint64x2_t bits = vdupq_n_u64(0);
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i)
        bits = veorq_u64(bits, vreinterpretq_u64_f64(chain[i]));
    vst1q_u64(folded.words.data(), bits);
}

__attribute__((noinline)) void single_neon(const ChainValues& start, std::uint64_t iterations,
                                           FoldedBits& folded) {
    const auto* from = reinterpret_cast<const float*>(&start);
    const float32x4_t first = vdupq_n_f32(static_cast<float>(start.constants[kFirst]));
    const float32x4_t second = vdupq_n_f32(static_cast<float>(start.constants[kSecond]));
    const float32x4_t third = vdupq_n_f32(static_cast<float>(start.constants[kThird]));
    const float32x4_t fourth = vdupq_n_f32(static_cast<float>(start.constants[kFourth]));
    float32x4_t chain[kChains];
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i)
        chain[i] = vld1q_f32(from + i * 4);
    for (; iterations != 0; --iterations) {
#pragma GCC unroll 4
        for (std::size_t pair = 0; pair < kPairsPerIteration; ++pair) {
#pragma GCC unroll 24
            for (int i = 0; i < kChains; ++i)
                chain[i] = vfmaq_f32(chain[i], first, second);
#pragma GCC unroll 24
            for (int i = 0; i < kChains; ++i)
                chain[i] = vfmsq_f32(chain[i], third, fourth);
        }
        // Every chain lives in a register here, whatever the compiler would rather do.
#pragma GCC unroll 24
        for (int i = 0; i < kChains; ++i)
            asm volatile("" : "+w"(chain[i]));
    }
    uint32x4_t bits = vdupq_n_u32(0);
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i)
        bits = veorq_u32(bits, vreinterpretq_u32_f32(chain[i]));
    vst1q_u64(folded.words.data(), vreinterpretq_u64_u32(bits));
}

}  // namespace assay::cpu

#endif
