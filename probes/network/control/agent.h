#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "probes/network/control/address.h"
#include "probes/network/control/credentials.h"
#include "probes/network/control/role.h"

namespace assay::network::control {

struct AgentSettings {
    /// Where to listen, TCP and UDP; port 0 takes a free one, the same for all of them.
    std::vector<Endpoint> listen;
    Credentials credentials;
    Caps caps;
    std::vector<Network> allowed;    ///< empty = everybody who has the credentials
    std::span<const RoleRow> roles;  ///< that it can play; outlive it
    bool once = false;               ///< serve until the first prober that ran a test has left
    /// One line for each event that an operator wants to know.
    std::function<void(const std::string&)> tell = [](const std::string&) {};
};

/// The other end of network tests: plays roles for probers that have its credentials, one test at
/// a time, and nothing for anybody else.
class Agent {
  public:
    /// Binds its sockets. Errors: usage (credentials, nowhere to listen), by errno (address in
    /// use), bad_input (certificates), unavailable (a host without identity).
    static Expected<std::unique_ptr<Agent>> open(const host::Host& host, AgentSettings settings);
    virtual ~Agent() = default;

    virtual const std::vector<Endpoint>& endpoints() const = 0;  ///< with their real ports
    /// Before privileges are dropped: UDP sockets of that user may then share their port.
    virtual Expected<void> give_sockets_to(uid_t user) = 0;
    /// Serves until `stop` is requested (leaving within some 100 ms), or as `once` says.
    /// Errors: by errno, when the kernel gives out.
    virtual Expected<void> serve(std::stop_token stop) = 0;
};

}  // namespace assay::network::control
