#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace assay::network::udp {

struct SipKey {
    std::uint64_t low = 0, high = 0;
    bool operator==(const SipKey&) const = default;
};

/// SipHash-2-4: a keyed hash that nobody without the key can forge, cheap enough for every
/// datagram. Source: Aumasson, Bernstein (2012), "SipHash: a fast short-input PRF".
std::uint64_t siphash(const SipKey& key, std::span<const std::byte> message);

/// The same for a message of exactly three little-endian words: what each datagram's header is.
std::uint64_t siphash(const SipKey& key, std::uint64_t first, std::uint64_t second,
                      std::uint64_t third);

}  // namespace assay::network::udp
