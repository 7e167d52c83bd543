#if defined(__x86_64__)

#include <immintrin.h>

#include "probes/memory/store_kernel.h"
#include "probes/memory/word_pattern.h"

// Only these functions may use the instructions, so the target is their attribute.
#define ASSAY_KERNEL __attribute__((target("avx2,fma"), noinline))

namespace assay::memory {
namespace {

constexpr std::size_t kVectorBytes = sizeof(__m256i);
constexpr std::size_t kVectors = kStoreUnitBytes / kVectorBytes;
// Non-temporal stores leave the caches to the loads alone, which the hardware prefetchers of some
// cores then follow too slowly.
constexpr std::size_t kAheadBytes = 1024;
constexpr std::size_t kLineBytes = 64;

inline void prefetch_unit(const std::byte* from) {
#pragma GCC unroll 4
    for (std::size_t line = 0; line < kStoreUnitBytes; line += kLineBytes)
        _mm_prefetch(reinterpret_cast<const char*>(from) + kAheadBytes + line, _MM_HINT_T0);
}

}  // namespace

ASSAY_KERNEL void write_avx2(const StoreBlock& block) {
    const __m256i value = _mm256_set1_epi64x(static_cast<long long>(block.word));
    for (std::size_t at = 0; at < block.bytes; at += kStoreUnitBytes)
#pragma GCC unroll 16
        for (std::size_t i = 0; i < kVectors; ++i)
            _mm256_store_si256(reinterpret_cast<__m256i*>(block.to + at + i * kVectorBytes), value);
    _mm_sfence();
}

ASSAY_KERNEL void write_avx2_nt(const StoreBlock& block) {
    const __m256i value = _mm256_set1_epi64x(static_cast<long long>(block.word));
    for (std::size_t at = 0; at < block.bytes; at += kStoreUnitBytes)
#pragma GCC unroll 16
        for (std::size_t i = 0; i < kVectors; ++i)
            _mm256_stream_si256(reinterpret_cast<__m256i*>(block.to + at + i * kVectorBytes),
                                value);
    _mm_sfence();
}

ASSAY_KERNEL void copy_avx2(const StoreBlock& block) {
    for (std::size_t at = 0; at < block.bytes; at += kStoreUnitBytes)
#pragma GCC unroll 16
        for (std::size_t i = at; i < at + kStoreUnitBytes; i += kVectorBytes)
            _mm256_store_si256(reinterpret_cast<__m256i*>(block.to + i),
                               _mm256_load_si256(reinterpret_cast<const __m256i*>(block.from + i)));
    _mm_sfence();
}

ASSAY_KERNEL void copy_avx2_nt(const StoreBlock& block) {
    for (std::size_t at = 0; at < block.bytes; at += kStoreUnitBytes) {
        prefetch_unit(block.from + at);
#pragma GCC unroll 16
        for (std::size_t i = at; i < at + kStoreUnitBytes; i += kVectorBytes)
            _mm256_stream_si256(
                reinterpret_cast<__m256i*>(block.to + i),
                _mm256_load_si256(reinterpret_cast<const __m256i*>(block.from + i)));
    }
    _mm_sfence();
}

ASSAY_KERNEL void triad_avx2(const StoreBlock& block) {
    const __m256d factor = _mm256_set1_pd(kTriadFactor);
    for (std::size_t at = 0; at < block.bytes; at += kStoreUnitBytes)
#pragma GCC unroll 16
        for (std::size_t i = at; i < at + kStoreUnitBytes; i += kVectorBytes)
            _mm256_store_pd(
                reinterpret_cast<double*>(block.to + i),
                _mm256_fmadd_pd(_mm256_load_pd(reinterpret_cast<const double*>(block.with + i)),
                                factor,
                                _mm256_load_pd(reinterpret_cast<const double*>(block.from + i))));
    _mm_sfence();
}

ASSAY_KERNEL void triad_avx2_nt(const StoreBlock& block) {
    const __m256d factor = _mm256_set1_pd(kTriadFactor);
    for (std::size_t at = 0; at < block.bytes; at += kStoreUnitBytes) {
        prefetch_unit(block.from + at);
        prefetch_unit(block.with + at);
#pragma GCC unroll 16
        for (std::size_t i = at; i < at + kStoreUnitBytes; i += kVectorBytes)
            _mm256_stream_pd(
                reinterpret_cast<double*>(block.to + i),
                _mm256_fmadd_pd(_mm256_load_pd(reinterpret_cast<const double*>(block.with + i)),
                                factor,
                                _mm256_load_pd(reinterpret_cast<const double*>(block.from + i))));
    }
    _mm_sfence();
}

}  // namespace assay::memory

#endif
