#include "probes/network/udp/datagram.h"

#include <bit>
#include <cstring>

#include "engine/core/random.h"

namespace assay::network::udp {
namespace {

std::uint64_t little_endian(std::uint64_t word) {
    if constexpr (std::endian::native == std::endian::big)
        return __builtin_bswap64(word);
    return word;
}

constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
constexpr std::size_t kSequenceAt = kWordBytes, kTimeAt = 2 * kWordBytes, kTagAt = 3 * kWordBytes;

void store(std::span<std::byte> bytes, std::size_t at, std::uint64_t word) {
    const std::uint64_t stored = little_endian(word);
    std::memcpy(bytes.data() + at, &stored, kWordBytes);
}

std::uint64_t load(std::span<const std::byte> bytes, std::size_t at) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, kWordBytes);
    return little_endian(word);
}

}  // namespace

Stamp::Stamp(std::uint64_t shared_key, std::uint64_t round)
    : key_{.low = shared_key, .high = SplitMix64(shared_key).next()}, round_(round) {}

void Stamp::write(std::span<std::byte> header, const Datagram& datagram) const {
    store(header, 0, round_);
    store(header, kSequenceAt, datagram.sequence);
    store(header, kTimeAt, datagram.sent_ns);
    store(header, kTagAt, siphash(key_, round_, datagram.sequence, datagram.sent_ns));
}

std::optional<Datagram> Stamp::read(std::span<const std::byte> bytes) const {
    if (bytes.size() < Datagram::kHeaderBytes || load(bytes, 0) != round_)
        return std::nullopt;
    const Datagram datagram{.sequence = load(bytes, kSequenceAt), .sent_ns = load(bytes, kTimeAt)};
    if (load(bytes, kTagAt) != siphash(key_, round_, datagram.sequence, datagram.sent_ns))
        return std::nullopt;
    return datagram;
}

std::vector<std::byte> Stamp::filler(std::size_t payload_bytes) const {
    std::vector<std::byte> bytes(
        payload_bytes > Datagram::kHeaderBytes ? payload_bytes - Datagram::kHeaderBytes : 0);
    // From the tag's key through the hash, so that the filler tells nobody the key.
    Xoshiro256 random(siphash(key_, ~std::uint64_t{0}, ~std::uint64_t{0}, round_));
    for (std::byte& byte : bytes)
        byte = static_cast<std::byte>(random.next() & 0xff);
    return bytes;
}

}  // namespace assay::network::udp
