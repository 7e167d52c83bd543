#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/host/isa.h"

/// Kernels that store to memory: write, copy and triad (STREAM's a = b + s c), each with stores
/// that go through the caches, with non-temporal ones that go past them, with the processor's
/// string instructions, and as the C library does it.
namespace assay::memory {

enum class Operation { read, write, copy, triad };
std::string_view name_of(Operation operation);  ///< "read", "write", "copy", "triad"

/// Bytes that a kernel names in loads and stores together, for each byte that it stores. What the
/// caches read besides, before a regular store may change a line, is not counted: the convention
/// of STREAM.
constexpr std::uint64_t bytes_per_stored_byte(Operation operation) {
    return operation == Operation::triad ? 3 : operation == Operation::copy ? 2 : 1;
}

/// `bytes`: a multiple of kStoreUnitBytes; all pointers are 64-byte aligned and apart.
struct StoreBlock {
    std::byte* to;
    const std::byte* from;  ///< copy and triad
    const std::byte* with;  ///< triad: multiplied by kTriadFactor
    std::size_t bytes;      ///< stored
    std::uint64_t word;     ///< write; kernels that store bytes use its lowest byte eight times
};
inline constexpr std::size_t kStoreUnitBytes = 256;

/// When it returns, every store is on its way to memory in order (sfence).
using StoreFunction = void (*)(const StoreBlock& block);

struct StoreKernel {
    Operation operation;
    host::Isa isa;
    std::string_view name;    ///< "avx512", "rep_movsb", "memcpy"
    std::string_view stores;  ///< "regular", "non_temporal", "string", "library"
    StoreFunction run;
};

/// Every kernel of this build, of each operation narrowest first; empty on a processor that is no
/// x86-64. Whether the host can run a row: host::supports(row.isa).
std::span<const StoreKernel> store_kernels();

#if defined(__x86_64__)
// clang-format off: one line an instruction set, one a way of storing.
void write_sse2(const StoreBlock& block);
void write_sse2_nt(const StoreBlock& block);
void copy_sse2(const StoreBlock& block);
void copy_sse2_nt(const StoreBlock& block);
void triad_sse2(const StoreBlock& block);
void triad_sse2_nt(const StoreBlock& block);
void write_avx2(const StoreBlock& block);
void write_avx2_nt(const StoreBlock& block);
void copy_avx2(const StoreBlock& block);
void copy_avx2_nt(const StoreBlock& block);
void triad_avx2(const StoreBlock& block);
void triad_avx2_nt(const StoreBlock& block);
void write_avx512(const StoreBlock& block);
void write_avx512_nt(const StoreBlock& block);
void copy_avx512(const StoreBlock& block);
void copy_avx512_nt(const StoreBlock& block);
void triad_avx512(const StoreBlock& block);
void triad_avx512_nt(const StoreBlock& block);
void write_stosb(const StoreBlock& block);
void copy_movsb(const StoreBlock& block);
void write_memset(const StoreBlock& block);
void copy_memcpy(const StoreBlock& block);
// clang-format on
#endif

}  // namespace assay::memory
