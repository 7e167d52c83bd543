#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <string_view>

#include "probes/network/wire/endpoint.h"
#include "probes/network/wire/socket.h"

namespace assay::network::control {

/// An address without a port; IPv4 as IPv4-mapped IPv6, so that one host compares equal to itself.
struct Address {
    std::array<std::uint8_t, 16> bytes{};
    static Address of(const Endpoint& endpoint);
    auto operator<=>(const Address&) const = default;
};

/// "192.0.2.0/24", "2001:db8::/32", or one address.
class Network {
  public:
    /// Errors: usage.
    static Expected<Network> parse(std::string_view text);
    bool contains(const Address& address) const;

  private:
    Address base_;
    unsigned bits_ = 128;  ///< of base_ that must be equal
};

/// How often one address may begin a TLS handshake: a token bucket for each, so that one that
/// hammers does not use up the processor. Of bounded size: what was not seen for longest is
/// forgotten.
class HandshakeBudget {
  public:
    static constexpr double kMost = 20;      ///< at once
    static constexpr double kPerSecond = 5;  ///< refilled
    static constexpr std::size_t kMostAddresses = 1 << 10;

    bool take(const Address& address, SteadyTime now);
    std::size_t size() const { return buckets_.size(); }

  private:
    struct Bucket {
        double left = kMost;
        SteadyTime filled{};
    };
    void forget_one();
    std::map<Address, Bucket> buckets_;
};

}  // namespace assay::network::control
