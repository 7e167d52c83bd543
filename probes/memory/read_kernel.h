#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/host/isa.h"

/// Kernels that read memory as fast as one core can ask for it.
namespace assay::memory {

/// A kernel walks four streams at once. Interleaved rounds on a Sapphire Rapids guest (1 GiB,
/// 25 rounds each, 2026): one stream 15.0 GB/s a thread, four 15.2, four with a prefetch 1 KiB
/// ahead 16.0; eight gain nothing more.
inline constexpr std::size_t kStreams = 4;
inline constexpr std::size_t kPrefetchBytes = 1024;
/// What a kernel reads of each stream in one pass of its loop, at most; `bytes` is a multiple.
inline constexpr std::size_t kReadUnitBytes = 128;

/// Reads `bytes` from each of kStreams places, `stride_bytes` apart, and returns the sum of all
/// their 64-bit words, modulo 2^64. first: 64-byte aligned; bytes, stride_bytes: multiples of
/// kReadUnitBytes.
using ReadFunction = std::uint64_t (*)(const std::byte* first, std::size_t stride_bytes,
                                       std::size_t bytes);

struct ReadKernel {
    host::Isa isa;
    std::string_view name;
    ReadFunction read;
};

/// Every kernel of this build, narrowest first; empty on a processor that is no x86-64. Whether
/// the host can run a row: host::supports(row.isa).
std::span<const ReadKernel> read_kernels();

#if defined(__x86_64__)
std::uint64_t read_sse2(const std::byte* first, std::size_t stride_bytes, std::size_t bytes);
std::uint64_t read_avx2(const std::byte* first, std::size_t stride_bytes, std::size_t bytes);
std::uint64_t read_avx512(const std::byte* first, std::size_t stride_bytes, std::size_t bytes);
#endif

}  // namespace assay::memory
