#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace assay::network::rtt {

/// The head of each request and each answer; the rest of the message is filler.
///
/// Layout, little-endian: u64 tag, u64 sequence, u32 bytes wanted in the answer, u32 zero. The tag
/// follows from the session's key, the sequence and the direction, so that a datagram of anybody
/// else is told apart, and an answer can never be taken for a request.
struct EchoMessage {
    static constexpr std::size_t kBytes = 24;

    std::uint64_t sequence = 0;
    std::uint32_t answer_bytes = 0;  ///< at least kBytes, at most the request's own length

    enum class Direction { request, answer };
    /// Writes the head to the front of `buffer`, which holds at least kBytes.
    void encode(std::span<std::byte> buffer, std::uint64_t key, Direction direction) const;
    /// nullopt unless the bytes begin with a head of this key and direction, whose answer is not
    /// larger than the message itself.
    static std::optional<EchoMessage> decode(std::span<const std::byte> bytes, std::uint64_t key,
                                             Direction direction);
    bool operator==(const EchoMessage&) const = default;
};

}  // namespace assay::network::rtt
