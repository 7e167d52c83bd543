#pragma once

#include <memory>
#include <optional>

#include "probes/network/control/hello.h"
#include "probes/network/control/libssl.h"
#include "probes/network/control/reach.h"
#include "probes/network/control/session.h"

namespace assay::network::control {

/// How to get to an agent.
struct PeerAddress {
    HostPort where;
    Credentials credentials;
    Versions versions{};  ///< that this end speaks
};

/// A peer that can tell whether it is still there.
class LivePeer : public Peer {
  public:
    /// Why nothing more can be measured with it; nullopt while it lives.
    virtual std::optional<Error> trouble() const = 0;
};

/// Resolves, connects, proves itself and says hello. Each step has a deadline of its own, together
/// some 15 s. Errors: those of resolve, reach and Connection::open, each its own sentence.
Expected<std::shared_ptr<LivePeer>> connect_to_peer(const host::Host& host,
                                                    const PeerAddress& address,
                                                    const Interrupt& interrupt);

}  // namespace assay::network::control
