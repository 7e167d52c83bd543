#if defined(__x86_64__)

#include <immintrin.h>

#include "probes/cpu/blend_kernel.h"

// 512-bit multiply-adds in the shadow of a chain of multiplications.
// Only these functions may use the instructions: see kernels_avx512.cpp.
#define ASSAY_KERNEL __attribute__((target("avx512f"), noinline))
#define ASSAY_KERNEL_BODY __attribute__((target("avx512f"), always_inline)) inline

namespace assay::cpu {
namespace {

/// Each vector takes `kPasses` steps in an iteration; after every fourth come `kCycles` of the
/// chain.
template <int kPasses, int kCycles>
ASSAY_KERNEL_BODY std::uint64_t blend(const ChainValues& start, std::uint64_t iterations,
                                      FoldedBits& folded) {
    constexpr std::size_t kLanes = sizeof(__m512d) / sizeof(double);
    constexpr int kOperations = kCycles / kBlendLatency;
    const auto* from = reinterpret_cast<const double*>(&start);
    const __m512d grow = _mm512_set1_pd(start.constants[kGrow]);
    const __m512d shrink = _mm512_set1_pd(start.constants[kShrink]);
    const __m512d step = _mm512_set1_pd(start.constants[kStep]);
    __m512d chain[kBlendChains];
#pragma GCC unroll 12
    for (int i = 0; i < kBlendChains; ++i)
        chain[i] = _mm512_load_pd(from + static_cast<std::size_t>(i) * kLanes);
    std::uint32_t product = static_cast<std::uint32_t>(iterations) | 1;
    const std::uint32_t factor = kBlendFactor;
    for (; iterations != 0; --iterations) {
#pragma GCC unroll 4
        for (int pass = 0; pass < kPasses; ++pass) {
#pragma GCC unroll 12
            for (int i = 0; i < kBlendChains; ++i) {
                chain[i] = pass % 2 == 0 ? _mm512_fmadd_pd(chain[i], grow, step)
                                         : _mm512_fmsub_pd(chain[i], shrink, step);
                asm volatile("" : "+v"(chain[i]));
                if (i % 4 != 3)
                    continue;
                asm volatile(
                    ".rept %c[count]\n\t"
                    "imul %[factor], %[product]\n\t"
                    ".endr"
                    : [product] "+r"(product)
                    : [factor] "r"(factor), [count] "i"(kOperations)
                    : "cc");
            }
        }
    }
    __m512i bits = _mm512_setzero_si512();
#pragma GCC unroll 12
    for (int i = 0; i < kBlendChains; ++i)
        bits = _mm512_xor_si512(bits, _mm512_castpd_si512(chain[i]));
    _mm512_store_si512(folded.words.data(), bits);
    return product;
}

}  // namespace

ASSAY_KERNEL std::uint64_t dense_avx512(const ChainValues& start, std::uint64_t iterations,
                                        FoldedBits& folded) {
    return blend<4, kDenseCycles>(start, iterations, folded);
}
ASSAY_KERNEL std::uint64_t medium_avx512(const ChainValues& start, std::uint64_t iterations,
                                         FoldedBits& folded) {
    return blend<2, kMediumCycles>(start, iterations, folded);
}
ASSAY_KERNEL std::uint64_t sparse_avx512(const ChainValues& start, std::uint64_t iterations,
                                         FoldedBits& folded) {
    return blend<2, kSparseCycles>(start, iterations, folded);
}

}  // namespace assay::cpu

#endif
