#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "probes/network/rtt/echo_path.h"
#include "probes/network/wire/endpoint.h"

namespace assay::network::rtt {

/// Which socket ICMP goes through.
enum class IcmpSocket { ping, raw };
std::string_view name_of(IcmpSocket kind);  ///< "ping", "raw"

/// ICMP echoes to one address, IPv4 or IPv6, with the kernel's receive stamps.
class IcmpEchoPath : public EchoPath {
  public:
    /// Tries a ping socket first, which needs no right but the sysctl's word, then a raw one. The
    /// data part is `payload_bytes` long (at least EchoMessage::kBytes). Errors: permission, naming
    /// the sysctl and the capability of which one is missing; by errno.
    static Expected<std::unique_ptr<IcmpEchoPath>> open(const Endpoint& peer, std::uint64_t key,
                                                        std::size_t payload_bytes);
    int descriptor() const override { return socket_.descriptor(); }
    Expected<bool> send(std::uint64_t sequence) override;
    Expected<std::optional<EchoAnswer>> receive() override;
    IcmpSocket kind() const { return kind_; }

  private:
    IcmpEchoPath(Socket socket, IcmpSocket kind, const Endpoint& peer, std::uint64_t key,
                 std::size_t payload_bytes);
    Socket socket_;
    IcmpSocket kind_;
    int family_;
    std::uint64_t key_;
    std::vector<std::byte> request_, answer_;
};

/// The echo's data in a received ICMP message, which over a raw IPv4 socket begins with the IP
/// header; empty if it is no echo reply. Pure; bytes from outside.
std::span<const std::byte> echo_data(std::span<const std::byte> packet, int family,
                                     IcmpSocket kind);

/// The ones' complement sum of RFC 1071, ready for a header's checksum field.
std::uint16_t internet_checksum(std::span<const std::byte> bytes, std::uint32_t start = 0);

}  // namespace assay::network::rtt
