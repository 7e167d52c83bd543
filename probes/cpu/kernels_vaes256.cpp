#if defined(__x86_64__)

#include <immintrin.h>

#include "probes/cpu/aes_kernel.h"

// Two blocks an instruction: VAES on 256-bit vectors.
// Only this function may use the instructions, so the target is an attribute of it, and nothing
// inline from the standard library is called: the linker could keep a copy of it that older
// processors cannot run.
#define ASSAY_KERNEL __attribute__((target("vaes,avx2"), noinline))
#define ASSAY_KEY __attribute__((target("vaes,avx2"), always_inline)) inline

namespace assay::cpu {
namespace {

ASSAY_KEY __m256i key_at(const std::byte*& keys, int round) {
    // Loaded anew for each round: kept over the loop, the keys would push states out of registers.
    asm volatile("" : "+r"(keys));
    return _mm256_load_si256(
        reinterpret_cast<const __m256i*>(keys + round * static_cast<int>(kMostAesVectorBytes)));
}

}  // namespace

ASSAY_KERNEL void aes_vaes256(const AesRoundKeys& keys, std::uint64_t iterations,
                              AesStates& states) {
    constexpr int kChains = 12;
    static_assert(kChains == kAesStates);
    auto* const lanes = reinterpret_cast<__m256i*>(&states);
    const auto* round = reinterpret_cast<const std::byte*>(&keys);
    __m256i state[kChains];
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i)
        state[i] = _mm256_load_si256(lanes + i);
    for (; iterations != 0; --iterations) {
        __m256i key = key_at(round, 0);
#pragma GCC unroll 12
        for (int i = 0; i < kChains; ++i)
            state[i] = _mm256_xor_si256(state[i], key);
#pragma GCC unroll 14
        for (int step = 1; step < kAesRounds; ++step) {
            key = key_at(round, step);
#pragma GCC unroll 12
            for (int i = 0; i < kChains; ++i)
                state[i] = _mm256_aesenc_epi128(state[i], key);
        }
        key = key_at(round, kAesRounds);
#pragma GCC unroll 12
        for (int i = 0; i < kChains; ++i)
            state[i] = _mm256_aesenclast_epi128(state[i], key);
            // Every state lives in a register here, whatever the compiler would rather do.
#pragma GCC unroll 12
        for (int i = 0; i < kChains; ++i)
            asm volatile("" : "+x"(state[i]));
    }
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i)
        _mm256_store_si256(lanes + i, state[i]);
}

}  // namespace assay::cpu

#endif
