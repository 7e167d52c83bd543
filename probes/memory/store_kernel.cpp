#include "probes/memory/store_kernel.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace assay::memory {

std::string_view name_of(Operation operation) {
    switch (operation) {
        case Operation::read:
            return "read";
        case Operation::write:
            return "write";
        case Operation::copy:
            return "copy";
        case Operation::triad:
            return "triad";
    }
    return "read";
}

#if defined(__x86_64__)

void write_stosb(const StoreBlock& block) {
    std::byte* to = block.to;
    std::size_t bytes = block.bytes;
    asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(block.word) : "memory");
    _mm_sfence();
}

void copy_movsb(const StoreBlock& block) {
    std::byte* to = block.to;
    const std::byte* from = block.from;
    std::size_t bytes = block.bytes;
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
    _mm_sfence();
}

void write_memset(const StoreBlock& block) {
    std::memset(block.to, static_cast<int>(block.word & 0xff), block.bytes);
    _mm_sfence();
}

void copy_memcpy(const StoreBlock& block) {
    std::memcpy(block.to, block.from, block.bytes);
    _mm_sfence();
}

#endif

std::span<const StoreKernel> store_kernels() {
#if defined(__x86_64__)
    using enum Operation;
    using enum host::Isa;
    // clang-format off: one line a kernel.
    static constexpr std::array kKernels{
        StoreKernel{write, sse2, "sse2", "regular", &write_sse2},
        StoreKernel{write, avx2, "avx2", "regular", &write_avx2},
        StoreKernel{write, avx512, "avx512", "regular", &write_avx512},
        StoreKernel{write, sse2, "sse2", "non_temporal", &write_sse2_nt},
        StoreKernel{write, avx2, "avx2", "non_temporal", &write_avx2_nt},
        StoreKernel{write, avx512, "avx512", "non_temporal", &write_avx512_nt},
        StoreKernel{write, sse2, "rep_stosb", "string", &write_stosb},
        StoreKernel{write, sse2, "memset", "library", &write_memset},
        StoreKernel{copy, sse2, "sse2", "regular", &copy_sse2},
        StoreKernel{copy, avx2, "avx2", "regular", &copy_avx2},
        StoreKernel{copy, avx512, "avx512", "regular", &copy_avx512},
        StoreKernel{copy, sse2, "sse2", "non_temporal", &copy_sse2_nt},
        StoreKernel{copy, avx2, "avx2", "non_temporal", &copy_avx2_nt},
        StoreKernel{copy, avx512, "avx512", "non_temporal", &copy_avx512_nt},
        StoreKernel{copy, sse2, "rep_movsb", "string", &copy_movsb},
        StoreKernel{copy, sse2, "memcpy", "library", &copy_memcpy},
        StoreKernel{triad, sse2, "sse2", "regular", &triad_sse2},
        StoreKernel{triad, avx2, "avx2", "regular", &triad_avx2},
        StoreKernel{triad, avx512, "avx512", "regular", &triad_avx512},
        StoreKernel{triad, sse2, "sse2", "non_temporal", &triad_sse2_nt},
        StoreKernel{triad, avx2, "avx2", "non_temporal", &triad_avx2_nt},
        StoreKernel{triad, avx512, "avx512", "non_temporal", &triad_avx512_nt},
    };
    // clang-format on
    return kKernels;
#else
    return {};
#endif
}

}  // namespace assay::memory
