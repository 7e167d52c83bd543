#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "probes/network/udp/siphash.h"

namespace assay::network::udp {

/// The first bytes of each datagram. The rest is filler, the same in all datagrams of a flow.
///
/// Layout, little-endian: 8 bytes round (a number that the prober draws for each trial, so that a
/// straggler of the last one is foreign in the next), 8 bytes sequence from 0, 8 bytes send time in
/// ns since the sender began, 8 bytes SipHash-2-4 of the three.
struct Datagram {
    static constexpr std::size_t kHeaderBytes = 32;

    std::uint64_t sequence = 0;
    std::uint64_t sent_ns = 0;
    bool operator==(const Datagram&) const = default;
};

inline constexpr std::size_t kLeastPayload = Datagram::kHeaderBytes;
inline constexpr std::size_t kMostPayload = 65507;  ///< of UDP over IPv4: 65535 - 20 - 8

/// Writes and reads the datagrams of one trial.
class Stamp {
  public:
    /// `shared_key`: DataDoor::shared_key of the flow.
    Stamp(std::uint64_t shared_key, std::uint64_t round);

    /// `header`: the first kHeaderBytes of a datagram.
    void write(std::span<std::byte> header, const Datagram& datagram) const;
    /// Bytes from outside. nullopt if they are too short, of another round, or without the right
    /// tag: foreign.
    std::optional<Datagram> read(std::span<const std::byte> bytes) const;

    /// What follows the header in every datagram of `payload_bytes`: random bytes that nothing can
    /// compress. Empty for the smallest datagram.
    std::vector<std::byte> filler(std::size_t payload_bytes) const;

  private:
    SipKey key_;
    std::uint64_t round_;
};

}  // namespace assay::network::udp
