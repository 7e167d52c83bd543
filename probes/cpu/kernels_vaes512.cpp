#if defined(__x86_64__)

#include <immintrin.h>

#include "probes/cpu/aes_kernel.h"

// Four blocks an instruction: VAES on 512-bit vectors.
// Only this function may use the instructions, so the target is an attribute of it, and nothing
// inline from the standard library is called: the linker could keep a copy of it that older
// processors cannot run.
#define ASSAY_KERNEL __attribute__((target("vaes,avx512f"), noinline))
#define ASSAY_KEY __attribute__((target("vaes,avx512f"), always_inline)) inline

namespace assay::cpu {
namespace {

ASSAY_KEY __m512i key_at(const std::byte*& keys, int round) {
    // Loaded anew for each round: kept over the loop, the keys would push states out of registers.
    asm volatile("" : "+r"(keys));
    return _mm512_load_si512(
        reinterpret_cast<const __m512i*>(keys + round * static_cast<int>(kMostAesVectorBytes)));
}

}  // namespace

ASSAY_KERNEL void aes_vaes512(const AesRoundKeys& keys, std::uint64_t iterations,
                              AesStates& states) {
    constexpr int kChains = 12;
    static_assert(kChains == kAesStates);
    auto* const lanes = reinterpret_cast<__m512i*>(&states);
    const auto* round = reinterpret_cast<const std::byte*>(&keys);
    __m512i state[kChains];
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i)
        state[i] = _mm512_load_si512(lanes + i);
    for (; iterations != 0; --iterations) {
        __m512i key = key_at(round, 0);
#pragma GCC unroll 12
        for (int i = 0; i < kChains; ++i)
            state[i] = _mm512_xor_si512(state[i], key);
#pragma GCC unroll 14
        for (int step = 1; step < kAesRounds; ++step) {
            key = key_at(round, step);
#pragma GCC unroll 12
            for (int i = 0; i < kChains; ++i)
                state[i] = _mm512_aesenc_epi128(state[i], key);
        }
        key = key_at(round, kAesRounds);
#pragma GCC unroll 12
        for (int i = 0; i < kChains; ++i)
            state[i] = _mm512_aesenclast_epi128(state[i], key);
            // Every state lives in a register here, whatever the compiler would rather do.
#pragma GCC unroll 12
        for (int i = 0; i < kChains; ++i)
            asm volatile("" : "+v"(state[i]));
    }
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i)
        _mm512_store_si512(lanes + i, state[i]);
}

}  // namespace assay::cpu

#endif
