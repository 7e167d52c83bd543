#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "probes/network/rtt/echo_path.h"

namespace assay::network::rtt {

/// Echoes on a connected UDP flow of a door, which does not block.
class UdpEchoPath : public EchoPath {
  public:
    /// payload_bytes: at least EchoMessage::kBytes. `socket` outlives the path.
    UdpEchoPath(const Socket& socket, std::uint64_t key, std::size_t payload_bytes);
    int descriptor() const override { return socket_.descriptor(); }
    Expected<bool> send(std::uint64_t sequence) override;
    Expected<std::optional<EchoAnswer>> receive() override;
    /// Datagrams that were no answers of this session.
    std::uint64_t foreign() const { return foreign_; }

  private:
    const Socket& socket_;
    std::uint64_t key_;
    std::vector<std::byte> request_, answer_;
    std::uint64_t foreign_ = 0;
};

/// Echoes on a TCP stream of a door: records of a fixed length.
class TcpEchoPath : public EchoPath {
  public:
    /// Sets TCP_NODELAY. Errors: by errno.
    static Expected<TcpEchoPath> on(const Socket& socket, std::uint64_t key,
                                    std::size_t payload_bytes);
    int descriptor() const override { return socket_->descriptor(); }
    Expected<bool> send(std::uint64_t sequence) override;
    Expected<std::optional<EchoAnswer>> receive() override;

  private:
    TcpEchoPath(const Socket& socket, std::uint64_t key, std::size_t payload_bytes);
    const Socket* socket_;
    std::uint64_t key_;
    std::vector<std::byte> request_, answer_;
    std::size_t request_left_ = 0;  ///< of a request that the kernel took in part only
    std::size_t answer_have_ = 0;
};

}  // namespace assay::network::rtt
