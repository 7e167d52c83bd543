#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/host/libcrypto.h"

/// Kernels that do nothing but the rounds of AES-256, out of registers: what the silicon can do,
/// and so a ceiling for every library. One row an instruction set.
namespace assay::cpu {

inline constexpr int kAesRounds = 14;
/// More than latency (3 to 7 cycles) times instructions a cycle (at most 2).
inline constexpr int kAesStates = 12;
inline constexpr std::size_t kMostAesVectorBytes = 64;

/// Round keys 0 to 14, in the order of use, each repeated to fill the widest vector.
struct alignas(kMostAesVectorBytes) AesRoundKeys {
    std::array<std::byte, (kAesRounds + 1) * kMostAesVectorBytes> bytes;
};
/// [state][vector bytes], state-major; a kernel of narrow vectors uses the front only.
struct alignas(kMostAesVectorBytes) AesStates {
    std::array<std::byte, kAesStates * kMostAesVectorBytes> bytes;
    bool operator==(const AesStates&) const = default;
};

/// Encrypts every 16-byte block of all states `iterations` times over, in place.
using AesFunction = void (*)(const AesRoundKeys& keys, std::uint64_t iterations, AesStates& states);

struct AesKernel {
    std::string_view isa;  ///< "aes_ni", "vaes256", "vaes512"
    std::size_t vector_bytes;
    std::uint64_t iterations_per_block;  ///< some 50 to 150 us
    AesFunction run;

    constexpr std::size_t bytes_per_iteration() const { return kAesStates * vector_bytes; }
    bool operator==(const AesKernel&) const = default;
};

/// The kernels that this processor and its operating system can run, narrowest first.
std::span<const AesKernel> aes_kernels();
/// Whether the processor has AES instructions; without them OpenSSL computes AES in software.
bool has_aes_instructions();

/// FIPS 197, 5.2. `key`: 32 bytes.
AesRoundKeys expand_key(std::span<const std::byte, 32> key);

/// Start values for a kernel: every block another one.
AesStates start_states();
/// What the kernel must leave after `iterations` of start_states() under `key`, computed by
/// OpenSSL block by block. Errors: as host::Cipher::make; internal (the library refused a block).
Expected<AesStates> known_states(const AesKernel& kernel, std::span<const std::byte, 32> key,
                                 std::uint64_t iterations);

/// Encrypts the example of FIPS 197, C.3 in every block of every state.
/// Errors: internal, another ciphertext than the published one.
Expected<void> self_test(const AesKernel& kernel);

#if defined(__x86_64__)
void aes_ni(const AesRoundKeys& keys, std::uint64_t iterations, AesStates& states);
void aes_vaes256(const AesRoundKeys& keys, std::uint64_t iterations, AesStates& states);
void aes_vaes512(const AesRoundKeys& keys, std::uint64_t iterations, AesStates& states);
#endif

}  // namespace assay::cpu
