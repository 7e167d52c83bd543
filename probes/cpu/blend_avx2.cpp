#if defined(__x86_64__)

#include <immintrin.h>

#include "probes/cpu/blend_kernel.h"

// 256-bit multiply-adds in the shadow of a chain of multiplications.
// Only these functions may use the instructions: see kernels_avx2.cpp.
#define ASSAY_KERNEL __attribute__((target("avx2,fma"), noinline))
#define ASSAY_KERNEL_BODY __attribute__((target("avx2,fma"), always_inline)) inline

namespace assay::cpu {
namespace {

/// Each vector takes `kPasses` steps in an iteration; after every fourth come `kCycles` of the
/// chain.
template <int kPasses, int kCycles>
ASSAY_KERNEL_BODY std::uint64_t blend(const ChainValues& start, std::uint64_t iterations,
                                      FoldedBits& folded) {
    constexpr std::size_t kLanes = sizeof(__m256d) / sizeof(double);
    constexpr int kOperations = kCycles / kBlendLatency;
    const auto* from = reinterpret_cast<const double*>(&start);
    const __m256d grow = _mm256_set1_pd(start.constants[kGrow]);
    const __m256d shrink = _mm256_set1_pd(start.constants[kShrink]);
    const __m256d step = _mm256_set1_pd(start.constants[kStep]);
    __m256d chain[kBlendChains];
#pragma GCC unroll 12
    for (int i = 0; i < kBlendChains; ++i)
        chain[i] = _mm256_load_pd(from + static_cast<std::size_t>(i) * kLanes);
    std::uint32_t product = static_cast<std::uint32_t>(iterations) | 1;
    const std::uint32_t factor = kBlendFactor;
    for (; iterations != 0; --iterations) {
#pragma GCC unroll 4
        for (int pass = 0; pass < kPasses; ++pass) {
#pragma GCC unroll 12
            for (int i = 0; i < kBlendChains; ++i) {
                chain[i] = pass % 2 == 0 ? _mm256_fmadd_pd(chain[i], grow, step)
                                         : _mm256_fmsub_pd(chain[i], shrink, step);
                asm volatile("" : "+x"(chain[i]));
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
    __m256d bits = _mm256_setzero_pd();
#pragma GCC unroll 12
    for (int i = 0; i < kBlendChains; ++i)
        bits = _mm256_xor_pd(bits, chain[i]);
    _mm256_store_pd(reinterpret_cast<double*>(folded.words.data()), bits);
    return product;
}

}  // namespace

ASSAY_KERNEL std::uint64_t dense_avx2(const ChainValues& start, std::uint64_t iterations,
                                      FoldedBits& folded) {
    return blend<4, kDenseCycles>(start, iterations, folded);
}
ASSAY_KERNEL std::uint64_t medium_avx2(const ChainValues& start, std::uint64_t iterations,
                                       FoldedBits& folded) {
    return blend<2, kMediumCycles>(start, iterations, folded);
}
ASSAY_KERNEL std::uint64_t sparse_avx2(const ChainValues& start, std::uint64_t iterations,
                                       FoldedBits& folded) {
    return blend<2, kSparseCycles>(start, iterations, folded);
}

}  // namespace assay::cpu

#endif
