#if defined(__x86_64__)

#include <immintrin.h>

#include "probes/cpu/fma_kernel.h"

// 256-bit multiply-adds and additions in turn, for cores with adders beside their FMA units.
// Only these functions may use the instructions, so the target is an attribute of each, and
// nothing inline from the standard library is called: the linker could keep a copy of it that older
// processors cannot run.
#define ASSAY_KERNEL __attribute__((target("avx2,fma"), noinline))

namespace assay::cpu {
namespace {

constexpr int kFusedChains = 8;
constexpr int kAddedChains = 6;
constexpr int kOperations = static_cast<int>(kFusedPerIteration);  // of each kind

}  // namespace

ASSAY_KERNEL void double_add_avx2(const ChainValues& start, std::uint64_t iterations,
                                  FoldedBits& folded) {
    constexpr std::size_t kLanes = sizeof(__m256d) / sizeof(double);
    const auto* from = reinterpret_cast<const double*>(&start);
    const __m256d factor = _mm256_set1_pd(start.constants[kFactor]);
    const __m256d addend = _mm256_set1_pd(start.constants[kAddend]);
    __m256d fused[kFusedChains];
    __m256d added[kAddedChains];
#pragma GCC unroll 8
    for (int i = 0; i < kFusedChains; ++i)
        fused[i] = _mm256_load_pd(from + static_cast<std::size_t>(i) * kLanes);
#pragma GCC unroll 8
    for (int i = 0; i < kAddedChains; ++i)
        added[i] = _mm256_load_pd(from + static_cast<std::size_t>(kFusedChains + i) * kLanes);
    for (; iterations != 0; --iterations) {
#pragma GCC unroll 48
        for (int i = 0; i < kOperations; ++i) {
            __m256d& left = fused[i % kFusedChains];
            __m256d& right = added[i % kAddedChains];
            left = _mm256_fmadd_pd(left, factor, addend);
            right = _mm256_add_pd(right, i / kAddedChains % 2 == 0 ? addend : factor);
            // In this order: one of each kind in turn.
            asm volatile("" : "+x"(left), "+x"(right));
        }
    }
    __m256d bits = _mm256_setzero_pd();
#pragma GCC unroll 8
    for (int i = 0; i < kFusedChains; ++i)
        bits = _mm256_xor_pd(bits, fused[i]);
#pragma GCC unroll 8
    for (int i = 0; i < kAddedChains; ++i)
        bits = _mm256_xor_pd(bits, added[i]);
    _mm256_store_pd(reinterpret_cast<double*>(folded.words.data()), bits);
}

ASSAY_KERNEL void single_add_avx2(const ChainValues& start, std::uint64_t iterations,
                                  FoldedBits& folded) {
    constexpr std::size_t kLanes = sizeof(__m256) / sizeof(float);
    const auto* from = reinterpret_cast<const float*>(&start);
    const __m256 factor = _mm256_set1_ps(static_cast<float>(start.constants[kFactor]));
    const __m256 addend = _mm256_set1_ps(static_cast<float>(start.constants[kAddend]));
    __m256 fused[kFusedChains];
    __m256 added[kAddedChains];
#pragma GCC unroll 8
    for (int i = 0; i < kFusedChains; ++i)
        fused[i] = _mm256_load_ps(from + static_cast<std::size_t>(i) * kLanes);
#pragma GCC unroll 8
    for (int i = 0; i < kAddedChains; ++i)
        added[i] = _mm256_load_ps(from + static_cast<std::size_t>(kFusedChains + i) * kLanes);
    for (; iterations != 0; --iterations) {
#pragma GCC unroll 48
        for (int i = 0; i < kOperations; ++i) {
            __m256& left = fused[i % kFusedChains];
            __m256& right = added[i % kAddedChains];
            left = _mm256_fmadd_ps(left, factor, addend);
            right = _mm256_add_ps(right, i / kAddedChains % 2 == 0 ? addend : factor);
            // In this order: one of each kind in turn.
            asm volatile("" : "+x"(left), "+x"(right));
        }
    }
    __m256 bits = _mm256_setzero_ps();
#pragma GCC unroll 8
    for (int i = 0; i < kFusedChains; ++i)
        bits = _mm256_xor_ps(bits, fused[i]);
#pragma GCC unroll 8
    for (int i = 0; i < kAddedChains; ++i)
        bits = _mm256_xor_ps(bits, added[i]);
    _mm256_store_ps(reinterpret_cast<float*>(folded.words.data()), bits);
}

}  // namespace assay::cpu

#endif
