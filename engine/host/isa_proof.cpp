#include "engine/host/isa_proof.h"

#include <setjmp.h>
#include <signal.h>

#include <array>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace assay::host {
namespace {

thread_local sigjmp_buf* way_out = nullptr;

void on_illegal_instruction(int) {
    if (way_out != nullptr)
        siglongjmp(*way_out, 1);
    // Not ours: by default the instruction, tried again on return, ends the process.
    signal(SIGILL, SIG_DFL);
}

#if defined(__x86_64__)

// Each test makes its operands where the compiler cannot see through them, runs one instruction of
// the set, and compares with an answer that is known by hand. Only these functions may use the
// instructions.
#define ASSAY_ISA(features) __attribute__((target(features), noinline))

template <class Vector>
void hide(Vector& value) {
    asm volatile("" : "+m"(value));
}

struct alignas(64) Words {
    std::array<std::uint32_t, 16> of{};
    bool all(std::size_t first, std::size_t count, std::uint32_t value) const {
        for (std::size_t word = first; word < first + count; ++word)
            if (of[word] != value)
                return false;
        return true;
    }
};

ASSAY_ISA("sse2") bool test_sse2() {
    __m128i three = _mm_set1_epi32(3);
    hide(three);
    Words sum;
    _mm_store_si128(reinterpret_cast<__m128i*>(&sum), _mm_add_epi32(three, three));
    return sum.all(0, 4, 6);
}

ASSAY_ISA("avx") bool test_avx() {
    __m256 half = _mm256_set1_ps(0.5f);
    hide(half);
    Words one;
    _mm256_store_ps(reinterpret_cast<float*>(&one), _mm256_add_ps(half, half));
    return one.all(0, 8, 0x3f800000);
}

ASSAY_ISA("avx2") bool test_avx2() {
    __m256i three = _mm256_set1_epi32(3);
    hide(three);
    Words sum;
    _mm256_store_si256(reinterpret_cast<__m256i*>(&sum), _mm256_add_epi32(three, three));
    return sum.all(0, 8, 6);
}

// (1 + 2^-23)^2 - (1 + 2^-22) is 2^-46, which only a fused rounding leaves.
ASSAY_ISA("avx,fma") bool test_fma() {
    __m256 next_to_one = _mm256_castsi256_ps(_mm256_set1_epi32(0x3f800001));
    __m256 second_to_one = _mm256_castsi256_ps(_mm256_set1_epi32(0x3f800002));
    hide(next_to_one);
    hide(second_to_one);
    Words rest;
    _mm256_store_ps(reinterpret_cast<float*>(&rest),
                    _mm256_fmsub_ps(next_to_one, next_to_one, second_to_one));
    return rest.all(0, 8, 0x28800000);
}

ASSAY_ISA("avx512f") bool test_avx512f() {
    __m512i three = _mm512_set1_epi32(3);
    hide(three);
    Words sum;
    _mm512_store_si512(&sum, _mm512_add_epi32(three, three));
    return sum.all(0, 16, 6);
}

ASSAY_ISA("avx512f,avx512dq") bool test_avx512dq() {
    __m512i large = _mm512_set1_epi64(0x100000001);
    hide(large);
    Words product;  // (2^32 + 1)^2 = 2^64 + 2 x 2^32 + 1
    _mm512_store_si512(&product, _mm512_mullo_epi64(large, large));
    for (std::size_t word = 0; word < product.of.size(); word += 2)
        if (product.of[word] != 1 || product.of[word + 1] != 2)
            return false;
    return true;
}

ASSAY_ISA("avx512f,avx512bw") bool test_avx512bw() {
    __m512i bytes = _mm512_set1_epi32(0x01ff7f80);
    hide(bytes);
    Words sum;  // byte by byte, without a carry between them
    _mm512_store_si512(&sum, _mm512_add_epi8(bytes, bytes));
    return sum.all(0, 16, 0x02fefe00);
}

ASSAY_ISA("avx512f,avx512vl") bool test_avx512vl() {
    __m256i three = _mm256_set1_epi32(3);
    hide(three);
    Words sum;
    _mm256_store_si256(reinterpret_cast<__m256i*>(&sum),
                       _mm256_maskz_add_epi32(0x0f, three, three));
    return sum.all(0, 4, 6) && sum.all(4, 4, 0);
}

// SubBytes makes 0x63 of every 0, and MixColumns leaves a column of equal bytes as it is.
ASSAY_ISA("aes,sse2") bool test_aes() {
    __m128i zero = _mm_setzero_si128();
    hide(zero);
    Words state;
    _mm_store_si128(reinterpret_cast<__m128i*>(&state), _mm_aesenc_si128(zero, zero));
    return state.all(0, 4, 0x63636363);
}

ASSAY_ISA("avx2,vaes") bool test_vaes() {
    __m256i zero = _mm256_setzero_si256();
    hide(zero);
    Words state;
    _mm256_store_si256(reinterpret_cast<__m256i*>(&state), _mm256_aesenc_epi128(zero, zero));
    return state.all(0, 8, 0x63636363);
}

// Without carries 3 x 3 is (x + 1)^2 = x^2 + 1 = 5.
ASSAY_ISA("pclmul,sse2") bool test_pclmulqdq() {
    __m128i three = _mm_set_epi64x(0, 3);
    hide(three);
    Words product;
    _mm_store_si128(reinterpret_cast<__m128i*>(&product), _mm_clmulepi64_si128(three, three, 0));
    return product.of[0] == 5 && product.all(1, 3, 0);
}

ASSAY_ISA("avx2,vpclmulqdq") bool test_vpclmulqdq() {
    __m256i three = _mm256_set_epi64x(0, 3, 0, 3);
    hide(three);
    Words product;
    _mm256_store_si256(reinterpret_cast<__m256i*>(&product),
                       _mm256_clmulepi64_epi128(three, three, 0));
    return product.of[0] == 5 && product.of[4] == 5 && product.all(1, 3, 0) && product.all(5, 3, 0);
}

// The last word is W3 + sigma0(W4): of 0 and 1 that is 1 rotated right by 7, and by 18; the shift
// by 3 leaves nothing (FIPS 180-4, 4.1.2).
ASSAY_ISA("sha,sse2") bool test_sha_ni() {
    __m128i zero = _mm_setzero_si128(), one = _mm_set_epi32(0, 0, 0, 1);
    hide(zero);
    hide(one);
    Words schedule;
    _mm_store_si128(reinterpret_cast<__m128i*>(&schedule), _mm_sha256msg1_epu32(zero, one));
    return schedule.all(0, 3, 0) && schedule.of[3] == ((1u << 25) ^ (1u << 14));
}

// x times x^7 in the field of AES: x^8 = x^4 + x^3 + x + 1.
ASSAY_ISA("gfni,sse2") bool test_gfni() {
    __m128i two = _mm_set1_epi8(2), high = _mm_set1_epi8(static_cast<char>(0x80));
    hide(two);
    hide(high);
    Words product;
    _mm_store_si128(reinterpret_cast<__m128i*>(&product), _mm_gf2p8mul_epi8(two, high));
    return product.all(0, 4, 0x1b1b1b1b);
}

struct SelfTest {
    std::string_view name;
    bool (*instruction)();
};
constexpr std::array kSelfTests{
    SelfTest{"sse2", &test_sse2},
    SelfTest{"avx", &test_avx},
    SelfTest{"avx2", &test_avx2},
    SelfTest{"fma", &test_fma},
    SelfTest{"avx512f", &test_avx512f},
    SelfTest{"avx512dq", &test_avx512dq},
    SelfTest{"avx512bw", &test_avx512bw},
    SelfTest{"avx512vl", &test_avx512vl},
    SelfTest{"aes", &test_aes},
    SelfTest{"vaes", &test_vaes},
    SelfTest{"pclmulqdq", &test_pclmulqdq},
    SelfTest{"vpclmulqdq", &test_vpclmulqdq},
    SelfTest{"sha_ni", &test_sha_ni},
    SelfTest{"gfni", &test_gfni},
};

#endif

}  // namespace

bool runs_without_fault(bool (*instruction)()) {
    struct sigaction ours {
    }, before{};
    ours.sa_handler = &on_illegal_instruction;
    sigemptyset(&ours.sa_mask);
    if (sigaction(SIGILL, &ours, &before) != 0)
        return false;  // without a net nothing is tried
    sigjmp_buf back;
    volatile bool passed = false;
    if (sigsetjmp(back, 1) == 0) {
        way_out = &back;
        passed = instruction();
    }
    way_out = nullptr;
    sigaction(SIGILL, &before, nullptr);
    return passed;
}

void run_self_tests(std::span<CpuFeature> features) {
#if defined(__x86_64__)
    for (CpuFeature& feature : features) {
        if (feature.in_cpuid != true || feature.os_enabled != true)
            continue;
        for (const SelfTest& test : kSelfTests)
            if (test.name == feature.name)
                feature.self_test = runs_without_fault(test.instruction);
    }
#else
    static_cast<void>(features);
#endif
}

}  // namespace assay::host
