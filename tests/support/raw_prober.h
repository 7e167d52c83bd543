#pragma once

#include <optional>
#include <string>

#include "probes/network/control/hello.h"
#include "probes/network/control/line.h"
#include "probes/network/control/peer.h"

namespace assay::test {

/// A prober that says exactly what a test tells it to and nothing else: no signs of life, no
/// manners.
class RawProber {
  public:
    /// TCP, TLS; no hello yet.
    static Expected<RawProber> connect(const network::control::PeerAddress& address);

    Expected<void> say(const network::control::Frame& frame);
    /// The next frame but signs of life, or nullopt when the agent closed. Waits 3 s.
    Expected<std::optional<network::control::Frame>> hear();
    /// Hello and welcome; the session's number.
    Expected<std::uint32_t> greet();
    /// Asks for test.echo with these wishes until it is admitted; the key of that test.
    Expected<network::control::SharedKey> begin_echo(std::uint32_t test, bool tcp, bool udp);
    network::control::Line& line() { return line_; }
    const network::Endpoint& agent() const { return agent_; }

  private:
    RawProber(network::control::TlsContext context, network::control::Line line,
              network::Endpoint agent)
        : context_(std::move(context)), line_(std::move(line)), agent_(agent) {}
    network::control::TlsContext context_;
    network::control::Line line_;
    network::Endpoint agent_;
};

/// A TCP connection to the agent, without TLS.
Expected<network::Socket> bare_connection(const network::Endpoint& agent);
/// Does the other side close it, or reset it, within `limit`? Bytes that come are counted.
struct Ending {
    bool closed = false;
    std::size_t bytes = 0;
};
Ending ending_of(const network::Socket& socket, std::chrono::milliseconds limit);

}  // namespace assay::test
