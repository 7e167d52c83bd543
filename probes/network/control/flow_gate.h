#pragma once

#include <poll.h>
#include <sys/types.h>

#include <functional>
#include <optional>
#include <vector>

#include "probes/network/control/gate.h"

namespace assay::network::control {

/// The agent's UDP door: validates the path to the prober by a cookie before anything but one
/// short CHALLENGE is sent, and that only in answer to a longer INIT with a genuine proof. Keeps no
/// memory of an address until its RESPONSE comes.
class FlowGate {
  public:
    /// Errors: internal (no random bits).
    static Expected<FlowGate> make(std::vector<Socket> sockets);

    /// Lets sockets of that user share our port (SO_REUSEPORT goes by owner). Errors: by errno.
    Expected<void> give_sockets_to(uid_t user) const;
    void add_to(std::vector<pollfd>& wanted);
    struct News {
        std::vector<std::uint32_t> open_flows;    ///< were put into the arrivals
        std::vector<PathDatagram> signs_of_life;  ///< not checked yet: the session knows its key
    };
    News work(const std::vector<pollfd>& ready, const std::optional<ExpectedData>& data);

  private:
    FlowGate(std::vector<Socket> sockets, const SharedKey& secret)
        : sockets_(std::move(sockets)), secret_(secret) {}
    struct Received;
    void answer(const Socket& socket, const Received& received, const ExpectedData& data);
    bool open_flow(const Received& received, const ExpectedData& data) const;
    Proof cookie_of(const Received& received, std::uint64_t slot) const;

    std::vector<Socket> sockets_;
    SharedKey secret_;  // of the cookies; never leaves this object
    std::size_t first_ = 0;
};

}  // namespace assay::network::control
