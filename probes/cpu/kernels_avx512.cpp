#if defined(__x86_64__)

#include <immintrin.h>

#include "probes/cpu/fma_kernel.h"

// 512-bit vectors: twice the registers, hence twice the chains.
// Only these functions may use the instructions, so the target is an attribute of each, and
// nothing inline from the standard library is called: the linker could keep a copy of it that older
// processors cannot run.
#define ASSAY_KERNEL __attribute__((target("avx512f"), noinline))

namespace assay::cpu {
namespace {

constexpr int kChains = 24;

}  // namespace

ASSAY_KERNEL void double_avx512(const ChainValues& start, std::uint64_t iterations,
                                FoldedBits& folded) {
    const auto* from = reinterpret_cast<const double*>(&start);
    const __m512d grow = _mm512_set1_pd(start.constants[kGrow]);
    const __m512d shrink = _mm512_set1_pd(start.constants[kShrink]);
    const __m512d step = _mm512_set1_pd(start.constants[kStep]);
    __m512d chain[kChains];
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i)
        chain[i] =
            _mm512_load_pd(from + static_cast<std::size_t>(i) * (sizeof(__m512d) / sizeof(double)));
    for (; iterations != 0; --iterations) {
#pragma GCC unroll 4
        for (std::size_t pair = 0; pair < kPairsPerIteration; ++pair) {
#pragma GCC unroll 24
            for (int i = 0; i < kChains; ++i)
                chain[i] = _mm512_fmadd_pd(chain[i], grow, step);
#pragma GCC unroll 24
            for (int i = 0; i < kChains; ++i)
                chain[i] = _mm512_fmsub_pd(chain[i], shrink, step);
        }
        // Every chain lives in a register here, whatever the compiler would rather do.
#pragma GCC unroll 24
        for (int i = 0; i < kChains; ++i)
            asm volatile("" : "+v"(chain[i]));
    }
    __m512i bits = _mm512_setzero_si512();
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i)
        bits = _mm512_xor_si512(bits, _mm512_castpd_si512(chain[i]));
    _mm512_store_si512(folded.words.data(), bits);
}

ASSAY_KERNEL void single_avx512(const ChainValues& start, std::uint64_t iterations,
                                FoldedBits& folded) {
    const auto* from = reinterpret_cast<const float*>(&start);
    const __m512 grow = _mm512_set1_ps(static_cast<float>(start.constants[kGrow]));
    const __m512 shrink = _mm512_set1_ps(static_cast<float>(start.constants[kShrink]));
    const __m512 step = _mm512_set1_ps(static_cast<float>(start.constants[kStep]));
    __m512 chain[kChains];
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i)
        chain[i] =
            _mm512_load_ps(from + static_cast<std::size_t>(i) * (sizeof(__m512) / sizeof(float)));
    for (; iterations != 0; --iterations) {
#pragma GCC unroll 4
        for (std::size_t pair = 0; pair < kPairsPerIteration; ++pair) {
#pragma GCC unroll 24
            for (int i = 0; i < kChains; ++i)
                chain[i] = _mm512_fmadd_ps(chain[i], grow, step);
#pragma GCC unroll 24
            for (int i = 0; i < kChains; ++i)
                chain[i] = _mm512_fmsub_ps(chain[i], shrink, step);
        }
        // Every chain lives in a register here, whatever the compiler would rather do.
#pragma GCC unroll 24
        for (int i = 0; i < kChains; ++i)
            asm volatile("" : "+v"(chain[i]));
    }
    __m512i bits = _mm512_setzero_si512();
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i)
        bits = _mm512_xor_si512(bits, _mm512_castps_si512(chain[i]));
    _mm512_store_si512(folded.words.data(), bits);
}

}  // namespace assay::cpu

#endif
