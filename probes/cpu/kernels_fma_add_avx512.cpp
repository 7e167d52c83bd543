#if defined(__x86_64__)

#include <immintrin.h>

#include "probes/cpu/fma_kernel.h"

// 512-bit multiply-adds and additions in turn: twice the registers, hence twice the chains.
// Only these functions may use the instructions, so the target is an attribute of each, and
// nothing inline from the standard library is called: the linker could keep a copy of it that older
// processors cannot run.
#define ASSAY_KERNEL __attribute__((target("avx512f"), noinline))

namespace assay::cpu {
namespace {

constexpr int kFusedChains = 12;
constexpr int kAddedChains = 12;
constexpr int kOperations = static_cast<int>(kFusedPerIteration);  // of each kind

}  // namespace

ASSAY_KERNEL void double_add_avx512(const ChainValues& start, std::uint64_t iterations,
                                    FoldedBits& folded) {
    constexpr std::size_t kLanes = sizeof(__m512d) / sizeof(double);
    const auto* from = reinterpret_cast<const double*>(&start);
    const __m512d factor = _mm512_set1_pd(start.constants[kFactor]);
    const __m512d addend = _mm512_set1_pd(start.constants[kAddend]);
    __m512d fused[kFusedChains];
    __m512d added[kAddedChains];
#pragma GCC unroll 12
    for (int i = 0; i < kFusedChains; ++i)
        fused[i] = _mm512_load_pd(from + static_cast<std::size_t>(i) * kLanes);
#pragma GCC unroll 12
    for (int i = 0; i < kAddedChains; ++i)
        added[i] = _mm512_load_pd(from + static_cast<std::size_t>(kFusedChains + i) * kLanes);
    for (; iterations != 0; --iterations) {
#pragma GCC unroll 48
        for (int i = 0; i < kOperations; ++i) {
            __m512d& left = fused[i % kFusedChains];
            __m512d& right = added[i % kAddedChains];
            left = _mm512_fmadd_pd(left, factor, addend);
            right = _mm512_add_pd(right, i / kAddedChains % 2 == 0 ? addend : factor);
            // In this order: one of each kind in turn.
            asm volatile("" : "+v"(left), "+v"(right));
        }
    }
    __m512i bits = _mm512_setzero_si512();
#pragma GCC unroll 12
    for (int i = 0; i < kFusedChains; ++i)
        bits = _mm512_xor_si512(bits, _mm512_castpd_si512(fused[i]));
#pragma GCC unroll 12
    for (int i = 0; i < kAddedChains; ++i)
        bits = _mm512_xor_si512(bits, _mm512_castpd_si512(added[i]));
    _mm512_store_si512(folded.words.data(), bits);
}

ASSAY_KERNEL void single_add_avx512(const ChainValues& start, std::uint64_t iterations,
                                    FoldedBits& folded) {
    constexpr std::size_t kLanes = sizeof(__m512) / sizeof(float);
    const auto* from = reinterpret_cast<const float*>(&start);
    const __m512 factor = _mm512_set1_ps(static_cast<float>(start.constants[kFactor]));
    const __m512 addend = _mm512_set1_ps(static_cast<float>(start.constants[kAddend]));
    __m512 fused[kFusedChains];
    __m512 added[kAddedChains];
#pragma GCC unroll 12
    for (int i = 0; i < kFusedChains; ++i)
        fused[i] = _mm512_load_ps(from + static_cast<std::size_t>(i) * kLanes);
#pragma GCC unroll 12
    for (int i = 0; i < kAddedChains; ++i)
        added[i] = _mm512_load_ps(from + static_cast<std::size_t>(kFusedChains + i) * kLanes);
    for (; iterations != 0; --iterations) {
#pragma GCC unroll 48
        for (int i = 0; i < kOperations; ++i) {
            __m512& left = fused[i % kFusedChains];
            __m512& right = added[i % kAddedChains];
            left = _mm512_fmadd_ps(left, factor, addend);
            right = _mm512_add_ps(right, i / kAddedChains % 2 == 0 ? addend : factor);
            // In this order: one of each kind in turn.
            asm volatile("" : "+v"(left), "+v"(right));
        }
    }
    __m512i bits = _mm512_setzero_si512();
#pragma GCC unroll 12
    for (int i = 0; i < kFusedChains; ++i)
        bits = _mm512_xor_si512(bits, _mm512_castps_si512(fused[i]));
#pragma GCC unroll 12
    for (int i = 0; i < kAddedChains; ++i)
        bits = _mm512_xor_si512(bits, _mm512_castps_si512(added[i]));
    _mm512_store_si512(folded.words.data(), bits);
}

}  // namespace assay::cpu

#endif
