#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "probes/network/rtt/echo_path.h"
#include "probes/network/wire/endpoint.h"

namespace assay::network::rtt {

/// TCP connections to a listener of the peer, each closed at once: the time until connect is done.
class ConnectPath : public EchoPath {
  public:
    /// Errors: by errno.
    static Expected<std::unique_ptr<ConnectPath>> to(const Endpoint& listener);
    int descriptor() const override { return events_.descriptor(); }
    Expected<bool> send(std::uint64_t sequence) override;
    Expected<std::optional<EchoAnswer>> receive() override;

  private:
    ConnectPath(Socket events, const Endpoint& listener)
        : events_(std::move(events)), listener_(listener) {}
    Socket events_;  ///< epoll over the connections that are being made
    Endpoint listener_;
    std::map<std::uint64_t, Socket> pending_;
};

/// SYNs by a raw socket and the SYN/ACKs that they bring: the peer's kernel answers alone, no
/// program of it takes part. Our kernel knows nothing of the connection and resets it at once.
class SynPath : public EchoPath {
  public:
    /// `source` is this host's address on the way to the peer; its port is not used. Errors:
    /// permission (CAP_NET_RAW), by errno.
    static Expected<std::unique_ptr<SynPath>> to(const Endpoint& listener, const Endpoint& source);
    int descriptor() const override { return socket_.descriptor(); }
    Expected<bool> send(std::uint64_t sequence) override;
    Expected<std::optional<EchoAnswer>> receive() override;

  private:
    SynPath(Socket socket, std::vector<Socket> reserved, std::vector<std::uint16_t> ports,
            const Endpoint& listener, const Endpoint& source);
    Socket socket_;
    std::vector<Socket> reserved_;      ///< bound, so that nobody else uses our ports
    std::vector<std::uint16_t> ports_;  ///< of `reserved_`
    Endpoint listener_, source_;
    std::vector<std::byte> answer_;
};

/// What a SYN/ACK or RST from `listener_port` says. Pure; bytes from outside.
struct SynAnswer {
    std::uint16_t to_port = 0;
    std::uint32_t acknowledged = 0;  ///< our sequence number plus one
    bool refused = false;            ///< RST: nobody listens
};
std::optional<SynAnswer> syn_answer(std::span<const std::byte> packet, int family,
                                    std::uint16_t listener_port);

}  // namespace assay::network::rtt
