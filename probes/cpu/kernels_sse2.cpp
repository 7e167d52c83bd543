#if defined(__x86_64__)

#include <immintrin.h>

#include "probes/cpu/fma_kernel.h"

// 128-bit vectors: every x86-64 processor. It has no fused multiply-add.
// Only these functions may use the instructions, so the target is an attribute of each, and
// nothing inline from the standard library is called: the linker could keep a copy of it that older
// processors cannot run.
#define ASSAY_KERNEL __attribute__((target("sse2"), noinline))

namespace assay::cpu {
namespace {

constexpr int kChains = 12;

}  // namespace

ASSAY_KERNEL void double_sse2(const ChainValues& start, std::uint64_t iterations,
                              FoldedBits& folded) {
    const auto* from = reinterpret_cast<const double*>(&start);
    const __m128d grow = _mm_set1_pd(start.constants[kGrow]);
    const __m128d shrink = _mm_set1_pd(start.constants[kShrink]);
    const __m128d step = _mm_set1_pd(start.constants[kStep]);
    __m128d chain[kChains];
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i)
        chain[i] =
            _mm_load_pd(from + static_cast<std::size_t>(i) * (sizeof(__m128d) / sizeof(double)));
    for (; iterations != 0; --iterations) {
#pragma GCC unroll 4
        for (std::size_t pair = 0; pair < kPairsPerIteration; ++pair) {
#pragma GCC unroll 12
            for (int i = 0; i < kChains; ++i)
                chain[i] = _mm_add_pd(_mm_mul_pd(chain[i], grow), step);
#pragma GCC unroll 12
            for (int i = 0; i < kChains; ++i)
                chain[i] = _mm_sub_pd(_mm_mul_pd(chain[i], shrink), step);
        }
        // Every chain lives in a register here, whatever the compiler would rather do.
#pragma GCC unroll 12
        for (int i = 0; i < kChains; ++i)
            asm volatile("" : "+x"(chain[i]));
    }
    __m128d bits = _mm_setzero_pd();
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i)
        bits = _mm_xor_pd(bits, chain[i]);
    _mm_store_pd(reinterpret_cast<double*>(folded.words.data()), bits);
}

ASSAY_KERNEL void single_sse2(const ChainValues& start, std::uint64_t iterations,
                              FoldedBits& folded) {
    const auto* from = reinterpret_cast<const float*>(&start);
    const __m128 grow = _mm_set1_ps(static_cast<float>(start.constants[kGrow]));
    const __m128 shrink = _mm_set1_ps(static_cast<float>(start.constants[kShrink]));
    const __m128 step = _mm_set1_ps(static_cast<float>(start.constants[kStep]));
    __m128 chain[kChains];
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i)
        chain[i] =
            _mm_load_ps(from + static_cast<std::size_t>(i) * (sizeof(__m128) / sizeof(float)));
    for (; iterations != 0; --iterations) {
#pragma GCC unroll 4
        for (std::size_t pair = 0; pair < kPairsPerIteration; ++pair) {
#pragma GCC unroll 12
            for (int i = 0; i < kChains; ++i)
                chain[i] = _mm_add_ps(_mm_mul_ps(chain[i], grow), step);
#pragma GCC unroll 12
            for (int i = 0; i < kChains; ++i)
                chain[i] = _mm_sub_ps(_mm_mul_ps(chain[i], shrink), step);
        }
        // Every chain lives in a register here, whatever the compiler would rather do.
#pragma GCC unroll 12
        for (int i = 0; i < kChains; ++i)
            asm volatile("" : "+x"(chain[i]));
    }
    __m128 bits = _mm_setzero_ps();
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i)
        bits = _mm_xor_ps(bits, chain[i]);
    _mm_store_ps(reinterpret_cast<float*>(folded.words.data()), bits);
}

}  // namespace assay::cpu

#endif
