#if defined(__x86_64__)

#include <immintrin.h>

#include "probes/memory/read_kernel.h"

namespace assay::memory {
namespace {

constexpr std::size_t kVectorBytes = sizeof(__m128i);
constexpr std::size_t kLineBytes = 64;
constexpr std::size_t kVectorsPerUnit = kReadUnitBytes / kVectorBytes;
constexpr std::size_t kVectorsPerLine = kLineBytes / kVectorBytes;
// One sum for each of a line's vectors in each stream keeps the additions apart; the loads wait
// for nothing.
constexpr std::size_t kSums = kStreams * (kVectorsPerLine > 2 ? 2 : kVectorsPerLine);

}  // namespace

// Only this function may use the instructions, so the target is its attribute.
__attribute__((target("sse2"), noinline)) std::uint64_t read_sse2(const std::byte* first,
                                                                  std::size_t stride_bytes,
                                                                  std::size_t bytes) {
    __m128i sums[kSums];
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kSums; ++i)
        sums[i] = _mm_setzero_si128();
    for (const std::byte* end = first + bytes; first != end; first += kReadUnitBytes) {
#pragma GCC unroll 4
        for (std::size_t stream = 0; stream < kStreams; ++stream) {
            const std::byte* line = first + stream * stride_bytes;
#pragma GCC unroll 2
            for (std::size_t ahead = 0; ahead < kReadUnitBytes; ahead += kLineBytes)
                _mm_prefetch(reinterpret_cast<const char*>(line) + kPrefetchBytes + ahead,
                             _MM_HINT_T0);
#pragma GCC unroll 8
            for (std::size_t part = 0; part < kVectorsPerUnit; ++part) {
                __m128i& sum = sums[(stream + part * kStreams) % kSums];
                sum = _mm_add_epi64(
                    sum,
                    _mm_load_si128(reinterpret_cast<const __m128i*>(line + part * kVectorBytes)));
            }
        }
    }
#pragma GCC unroll 16
    for (std::size_t i = 1; i < kSums; ++i)
        sums[0] = _mm_add_epi64(sums[0], sums[i]);
    alignas(kVectorBytes) std::uint64_t words[kVectorBytes / sizeof(std::uint64_t)];
    _mm_store_si128(reinterpret_cast<__m128i*>(words), sums[0]);
    std::uint64_t total = 0;
    for (const std::uint64_t word : words)
        total += word;
    return total;
}

}  // namespace assay::memory

#endif
