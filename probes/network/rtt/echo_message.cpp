#include "probes/network/rtt/echo_message.h"

#include <bit>
#include <cstring>

#include "engine/core/random.h"

namespace assay::network::rtt {
namespace {

static_assert(std::endian::native == std::endian::little);

struct Layout {
    std::uint64_t tag, sequence;
    std::uint32_t answer_bytes, zero;
};
static_assert(sizeof(Layout) == EchoMessage::kBytes);

std::uint64_t tag_of(std::uint64_t key, std::uint64_t sequence, std::uint32_t answer_bytes,
                     EchoMessage::Direction direction) {
    const std::uint64_t side = direction == EchoMessage::Direction::request ? 1 : 2;
    const std::uint64_t first = SplitMix64(key ^ sequence).next();
    return SplitMix64(first ^ std::rotl(key, 32) ^ (side << 56) ^ answer_bytes).next();
}

}  // namespace

void EchoMessage::encode(std::span<std::byte> buffer, std::uint64_t key,
                         Direction direction) const {
    const Layout layout{.tag = tag_of(key, sequence, answer_bytes, direction),
                        .sequence = sequence,
                        .answer_bytes = answer_bytes,
                        .zero = 0};
    std::memcpy(buffer.data(), &layout, sizeof(layout));
}

std::optional<EchoMessage> EchoMessage::decode(std::span<const std::byte> bytes, std::uint64_t key,
                                               Direction direction) {
    Layout layout{};
    if (bytes.size() < sizeof(layout))
        return std::nullopt;
    std::memcpy(&layout, bytes.data(), sizeof(layout));
    if (layout.tag != tag_of(key, layout.sequence, layout.answer_bytes, direction) ||
        layout.zero != 0 || layout.answer_bytes < kBytes || layout.answer_bytes > bytes.size())
        return std::nullopt;
    return EchoMessage{.sequence = layout.sequence, .answer_bytes = layout.answer_bytes};
}

}  // namespace assay::network::rtt
