#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace assay::network {

/// The first 32 bytes of each data stream: who sends, and which stream it is. They are not part of
/// the payload and never counted.
///
/// Layout, little-endian: 8 bytes magic, 16 bytes session token, 4 bytes stream index, 4 bytes
/// zero.
struct StreamHello {
    static constexpr std::size_t kBytes = 32;
    /// Known to both ends of one session only, so that a stranger who finds the port is turned away
    /// instead of being measured.
    using Token = std::array<std::byte, 16>;

    Token token{};
    std::uint32_t index = 0;

    std::array<std::byte, kBytes> encode() const;
    /// nullopt if the bytes are no hello at all. Says nothing about the token.
    static std::optional<StreamHello> decode(std::span<const std::byte, kBytes> bytes);

    bool operator==(const StreamHello&) const = default;
};

/// The payload key of a stream, from the session's token: both ends compute it.
std::uint64_t payload_key(const StreamHello& hello);

}  // namespace assay::network
