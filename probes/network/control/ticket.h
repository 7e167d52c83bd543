#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "probes/network/control/credentials.h"

/// What shows that a data connection belongs to a test: proofs from the key of that test, which
/// both ends derive from their control connection (the TLS exporter) and nobody else can.
namespace assay::network::control {

inline constexpr std::size_t kProofBytes = 16;
using Proof = std::array<std::byte, kProofBytes>;

/// The first bytes of a TCP data connection. Its first byte differs from that of a TLS record
/// (0x16), which is how one port tells the two apart.
/// Layout: 4 bytes magic, u32 stream index (little-endian), 8 bytes zero, 16 bytes proof.
struct StreamTicket {
    static constexpr std::size_t kBytes = 32;
    static constexpr std::byte kFirstByte{'a'};

    std::uint32_t index = 0;
    Proof proof{};

    static StreamTicket of(const SharedKey& test_key, std::uint32_t index);
    std::array<std::byte, kBytes> encode() const;
    /// nullopt if the bytes are no ticket at all. Says nothing about the proof.
    static std::optional<StreamTicket> decode(std::span<const std::byte, kBytes> bytes);
    bool is_genuine(const SharedKey& test_key) const;
};
/// What the agent answers to a ticket that it took.
Proof stream_receipt(const SharedKey& test_key, std::uint32_t index);

/// The datagrams before the data of a UDP flow. INIT (padded) asks; CHALLENGE, much shorter, sends
/// a cookie to where INIT said that it came from; RESPONSE brings it back from there: only then is
/// anything else sent to that address. LIFE is a sign of life of a session, and has no answer.
/// Layout: 4 bytes magic, u8 type, 3 bytes zero, u32 index, u64 nonce, 16 bytes cookie, 16 bytes
/// proof, then zeros.
struct PathDatagram {
    enum class Type : std::uint8_t { init = 1, challenge = 2, response = 3, life = 4 };
    static constexpr std::size_t kBytes = 52;
    static constexpr std::size_t kInitBytes = 1200;  ///< of INIT, with its padding

    Type type = Type::init;
    std::uint32_t index = 0;  ///< of the flow; of LIFE, the session
    std::uint64_t nonce = 0;  ///< the prober's choice; of LIFE, a number that only grows
    Proof cookie{};           ///< zero in INIT and LIFE
    Proof proof{};

    /// Fills in the proof.
    PathDatagram signed_with(const SharedKey& key) const;
    bool is_genuine(const SharedKey& key) const;
    /// kInitBytes long for INIT and RESPONSE, kBytes for the others.
    std::vector<std::byte> encode() const;
    /// nullopt if the bytes are none of these, or an INIT without its padding.
    static std::optional<PathDatagram> decode(std::span<const std::byte> bytes);
};

/// A number that both ends of a test know: DataDoor::shared_key.
std::uint64_t shared_number(const SharedKey& test_key, std::uint32_t index);

}  // namespace assay::network::control
