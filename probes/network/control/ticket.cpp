#include "probes/network/control/ticket.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "probes/network/control/libssl.h"

namespace assay::network::control {
namespace {

constexpr std::string_view kStreamMagic = "adt1";
constexpr std::string_view kPathMagic = "adu1";
constexpr std::size_t kStreamProofAt = 16;
constexpr std::size_t kReservedAt = 5;
constexpr std::size_t kIndexAt = 8;
constexpr std::size_t kNonceAt = 12;
constexpr std::size_t kCookieAt = 20;
constexpr std::size_t kPathProofAt = 36;

template <class T>
void store(std::span<std::byte> at, T number) {
    std::memcpy(at.data(), &number, sizeof(number));
}
template <class T>
T load(std::span<const std::byte> at) {
    T number{};
    std::memcpy(&number, at.data(), sizeof(number));
    return number;
}

bool is_zero(std::span<const std::byte> bytes) {
    return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

/// HMAC of a purpose and of bytes, cut to a proof's length.
Proof proof_of(const SharedKey& key, std::string_view purpose, std::span<const std::byte> bytes) {
    std::vector<std::byte> message(purpose.size() + 1 + bytes.size());
    std::memcpy(message.data(), purpose.data(), purpose.size());
    if (!bytes.empty())
        std::memcpy(&message[purpose.size() + 1], bytes.data(), bytes.size());
    const auto digest = hmac_sha256(key, message);
    Proof proof{};
    std::copy_n(digest.begin(), proof.size(), proof.begin());
    return proof;
}

Proof proof_of_index(const SharedKey& key, std::string_view purpose, std::uint32_t index) {
    return proof_of(key, purpose, std::as_bytes(std::span(&index, 1)));
}

}  // namespace

StreamTicket StreamTicket::of(const SharedKey& test_key, std::uint32_t index) {
    return {.index = index, .proof = proof_of_index(test_key, "tcp ticket", index)};
}

std::array<std::byte, StreamTicket::kBytes> StreamTicket::encode() const {
    std::array<std::byte, kBytes> bytes{};
    std::memcpy(bytes.data(), kStreamMagic.data(), kStreamMagic.size());
    store(std::span(bytes).subspan(kStreamMagic.size()), index);
    std::ranges::copy(proof, &bytes[kStreamProofAt]);
    return bytes;
}

std::optional<StreamTicket> StreamTicket::decode(std::span<const std::byte, kBytes> bytes) {
    if (std::memcmp(bytes.data(), kStreamMagic.data(), kStreamMagic.size()) != 0 ||
        !is_zero(bytes.subspan(kIndexAt, kStreamProofAt - kIndexAt)))
        return std::nullopt;
    StreamTicket ticket;
    ticket.index = load<std::uint32_t>(bytes.subspan(kStreamMagic.size()));
    std::ranges::copy(bytes.subspan(kStreamProofAt), ticket.proof.begin());
    return ticket;
}

bool StreamTicket::is_genuine(const SharedKey& test_key) const {
    return equal_in_constant_time(proof, of(test_key, index).proof);
}

Proof stream_receipt(const SharedKey& test_key, std::uint32_t index) {
    return proof_of_index(test_key, "tcp receipt", index);
}

std::vector<std::byte> PathDatagram::encode() const {
    const bool is_padded = type == Type::init || type == Type::response;
    std::vector<std::byte> bytes(is_padded ? kInitBytes : kBytes);
    const std::span<std::byte> view(bytes);
    std::memcpy(bytes.data(), kPathMagic.data(), kPathMagic.size());
    store(view.subspan(kPathMagic.size()), static_cast<std::uint8_t>(type));
    store(view.subspan(kIndexAt), index);
    store(view.subspan(kNonceAt), nonce);
    std::ranges::copy(cookie, &bytes[kCookieAt]);
    std::ranges::copy(proof, &bytes[kPathProofAt]);
    return bytes;
}

std::optional<PathDatagram> PathDatagram::decode(std::span<const std::byte> bytes) {
    if (bytes.size() < kBytes ||
        std::memcmp(bytes.data(), kPathMagic.data(), kPathMagic.size()) != 0 ||
        !is_zero(bytes.subspan(kReservedAt, kIndexAt - kReservedAt)))
        return std::nullopt;
    PathDatagram datagram;
    const auto type = load<std::uint8_t>(bytes.subspan(kPathMagic.size()));
    if (type < 1 || type > 4)
        return std::nullopt;
    datagram.type = static_cast<Type>(type);
    const bool is_padded = datagram.type == Type::init || datagram.type == Type::response;
    if (bytes.size() != (is_padded ? kInitBytes : kBytes) || !is_zero(bytes.subspan(kBytes)))
        return std::nullopt;
    datagram.index = load<std::uint32_t>(bytes.subspan(kIndexAt));
    datagram.nonce = load<std::uint64_t>(bytes.subspan(kNonceAt));
    std::ranges::copy(bytes.subspan(kCookieAt, kProofBytes), datagram.cookie.begin());
    std::ranges::copy(bytes.subspan(kPathProofAt, kProofBytes), datagram.proof.begin());
    return datagram;
}

PathDatagram PathDatagram::signed_with(const SharedKey& key) const {
    PathDatagram made = *this;
    made.proof = {};
    const std::vector<std::byte> bytes = made.encode();
    made.proof = proof_of(key, "udp path", std::span(bytes).first(kPathProofAt));
    return made;
}

bool PathDatagram::is_genuine(const SharedKey& key) const {
    return equal_in_constant_time(proof, signed_with(key).proof);
}

std::uint64_t shared_number(const SharedKey& test_key, std::uint32_t index) {
    const Proof proof = proof_of_index(test_key, "shared number", index);
    return load<std::uint64_t>(proof);
}

}  // namespace assay::network::control
