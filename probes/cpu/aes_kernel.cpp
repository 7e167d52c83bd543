#include "probes/cpu/aes_kernel.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "engine/host/isa.h"
#include "probes/cpu/hex_bytes.h"

namespace assay::cpu {
namespace {

constexpr std::size_t kWordBytes = 4;
constexpr std::size_t kKeyWords = 8;

/// Multiplies by x in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197, 4.2.1).
constexpr std::uint8_t times_x(std::uint8_t value) {
    return static_cast<std::uint8_t>(value << 1 ^ ((value & 0x80) != 0 ? 0x1b : 0));
}

constexpr std::uint8_t product(std::uint8_t left, std::uint8_t right) {
    std::uint8_t sum = 0;
    for (; right != 0; right = static_cast<std::uint8_t>(right >> 1)) {
        if ((right & 1) != 0)
            sum = static_cast<std::uint8_t>(sum ^ left);
        left = times_x(left);
    }
    return sum;
}

/// SubBytes by its definition (FIPS 197, 5.1.1): the inverse, then an affine map. Keys are expanded
/// once, so no table is kept.
constexpr std::uint8_t substituted(std::uint8_t value) {
    std::uint8_t inverse = 0;
    for (unsigned candidate = 1; candidate < 256; ++candidate)
        if (product(value, static_cast<std::uint8_t>(candidate)) == 1)
            inverse = static_cast<std::uint8_t>(candidate);
    std::uint8_t mapped = 0x63;
    for (int turn = 0; turn < 5; ++turn)
        mapped = static_cast<std::uint8_t>(mapped ^ std::rotl(inverse, turn));
    return mapped;
}

bool has_feature(std::string_view name) {
    for (const host::CpuFeature& feature : host::live_cpu_features())
        if (feature.name == name)
            return feature.in_cpuid.value_or(false) && feature.os_enabled.value_or(false) &&
                   feature.self_test.value_or(false);
    return false;
}

std::vector<AesKernel> runnable_kernels() {
    std::vector<AesKernel> kernels;
#if defined(__x86_64__)
    // An iteration is 12 x 14 instructions; at two a cycle and 2.7 GHz 2000 take some 62 us.
    constexpr std::uint64_t kIterations = 2000;
    if (has_feature("aes"))
        kernels.push_back({"aes_ni", 16, kIterations, &aes_ni});
    if (has_feature("vaes") && host::supports(host::Isa::avx2))
        kernels.push_back({"vaes256", 32, kIterations, &aes_vaes256});
    if (has_feature("vaes") && host::supports(host::Isa::avx512))
        kernels.push_back({"vaes512", 64, kIterations, &aes_vaes512});
#endif
    return kernels;
}

}  // namespace

std::span<const AesKernel> aes_kernels() {
    static const std::vector<AesKernel> kernels = runnable_kernels();
    return kernels;
}

bool has_aes_instructions() {
    return has_feature("aes");
}

AesRoundKeys expand_key(std::span<const std::byte, 32> key) {
    std::array<std::uint8_t, (kAesRounds + 1) * host::kAesBlockBytes> octets{};
    std::memcpy(octets.data(), key.data(), key.size());
    std::uint8_t round_constant = 1;
    for (std::size_t word = kKeyWords; word < octets.size() / kWordBytes; ++word) {
        std::array<std::uint8_t, kWordBytes> last{};
        std::memcpy(last.data(), octets.data() + (word - 1) * kWordBytes, kWordBytes);
        if (word % kKeyWords == 0)
            std::ranges::rotate(last, last.begin() + 1);
        if (word % (kKeyWords / 2) == 0)
            for (std::uint8_t& octet : last)
                octet = substituted(octet);
        if (word % kKeyWords == 0) {
            last[0] = static_cast<std::uint8_t>(last[0] ^ round_constant);
            round_constant = times_x(round_constant);
        }
        for (std::size_t at = 0; at < kWordBytes; ++at)
            octets[word * kWordBytes + at] =
                static_cast<std::uint8_t>(octets[(word - kKeyWords) * kWordBytes + at] ^ last[at]);
    }
    AesRoundKeys expanded{};
    for (std::size_t at = 0; at < expanded.bytes.size(); at += host::kAesBlockBytes)
        std::memcpy(expanded.bytes.data() + at,
                    octets.data() + at / kMostAesVectorBytes * host::kAesBlockBytes,
                    host::kAesBlockBytes);
    return expanded;
}

AesStates start_states() {
    AesStates states{};
    for (std::size_t at = 0; at < states.bytes.size(); ++at)
        states.bytes[at] = static_cast<std::byte>(at * 31 + at / host::kAesBlockBytes);
    return states;
}

// A block of AES is what CTR adds to zeros where the counter is that block.
Expected<AesStates> known_states(const AesKernel& kernel, std::span<const std::byte, 32> key,
                                 std::uint64_t iterations) {
    ASSAY_TRY(host::Cipher cipher,
              host::Cipher::make(host::CipherMode::ctr, host::CipherDirection::encrypt, key));
    AesStates states = start_states();
    constexpr std::array<std::byte, host::kAesBlockBytes> kZeros{};
    std::array<std::byte, host::kAesBlockBytes> block{};
    for (std::size_t at = 0; at < kernel.bytes_per_iteration(); at += block.size()) {
        for (std::uint64_t turn = 0; turn < iterations; ++turn) {
            if (!cipher.run({.source = kZeros.data(),
                             .destination = block.data(),
                             .bytes = block.size(),
                             .iv = states.bytes.data() + at}))
                return failure(ErrorKind::internal,
                               host::libcrypto_version() + " refused to encrypt a block of AES");
            std::memcpy(states.bytes.data() + at, block.data(), block.size());
        }
    }
    return states;
}

Expected<void> self_test(const AesKernel& kernel) {
    const auto key =
        bytes_of_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    const auto plaintext = bytes_of_hex("00112233445566778899aabbccddeeff");
    const auto ciphertext = bytes_of_hex("8ea2b7ca516745bfeafc49904b496089");
    AesStates states{};
    for (std::size_t at = 0; at < states.bytes.size(); at += plaintext.size())
        std::ranges::copy(plaintext, states.bytes.begin() + static_cast<std::ptrdiff_t>(at));
    kernel.run(expand_key(std::span<const std::byte, 32>(key.data(), 32)), 1, states);
    for (std::size_t at = 0; at < kernel.bytes_per_iteration(); at += ciphertext.size())
        if (std::memcmp(states.bytes.data() + at, ciphertext.data(), ciphertext.size()) != 0)
            return failure(ErrorKind::internal,
                           "self-test of AES-256 in registers, " + std::string(kernel.isa) +
                               ": another ciphertext than that of FIPS 197, C.3. This processor "
                               "computes wrongly: do not trust it until a CPU test says more");
    return {};
}

}  // namespace assay::cpu
