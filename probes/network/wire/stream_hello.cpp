#include "probes/network/wire/stream_hello.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace assay::network {
namespace {

constexpr std::string_view kMagic = "assaytcp";
constexpr std::size_t kTokenAt = 8;
constexpr std::size_t kIndexAt = 24;
constexpr std::size_t kReservedAt = 28;

}  // namespace

std::array<std::byte, StreamHello::kBytes> StreamHello::encode() const {
    std::array<std::byte, kBytes> bytes{};
    static_assert(kMagic.size() == kTokenAt);
    std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
    std::copy(token.begin(), token.end(), &bytes[kTokenAt]);
    for (std::size_t at = 0; at < sizeof(index); ++at)
        bytes[kIndexAt + at] = static_cast<std::byte>((index >> (8 * at)) & 0xff);
    return bytes;
}

std::optional<StreamHello> StreamHello::decode(std::span<const std::byte, kBytes> bytes) {
    if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0)
        return std::nullopt;
    if (std::any_of(bytes.begin() + kReservedAt, bytes.end(),
                    [](std::byte byte) { return byte != std::byte{0}; }))
        return std::nullopt;
    StreamHello hello;
    std::copy_n(&bytes[kTokenAt], hello.token.size(), hello.token.begin());
    for (std::size_t at = 0; at < sizeof(hello.index); ++at)
        hello.index |= std::to_integer<std::uint32_t>(bytes[kIndexAt + at]) << (8 * at);
    return hello;
}

std::uint64_t payload_key(const StreamHello& hello) {
    std::uint64_t key = 0;
    for (std::size_t at = 0; at < sizeof(key); ++at)
        key |= std::to_integer<std::uint64_t>(hello.token[at] ^ hello.token[at + sizeof(key)])
               << (8 * at);
    // Streams of one session differ in the key, so a byte that ends up in the wrong stream shows.
    return key ^ (std::uint64_t{hello.index} << 32);
}

}  // namespace assay::network
