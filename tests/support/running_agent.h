#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "probes/network/control/agent.h"
#include "probes/network/control/peer.h"
#include "tests/support/this_host.h"

namespace assay::test {

/// An agent with the role test.echo on a thread of this process, and everything that it tells.
/// Where it is opened (which network namespace) is where it listens.
class RunningAgent {
  public:
    /// What the settings leave open: a fresh key, test.echo, a free port on 127.0.0.1.
    explicit RunningAgent(network::control::AgentSettings settings = {});
    ~RunningAgent();

    /// Why there is none; empty if it runs.
    const std::string& trouble() const { return trouble_; }
    const network::Endpoint& endpoint() const { return agent_->endpoints().front(); }
    const network::control::SharedKey& key() const { return key_; }
    /// How to reach it with its own key.
    network::control::PeerAddress address() const;
    /// Has it told a line with this in it? Waits 2 s for it.
    bool has_told(const std::string& part);
    std::string told();
    /// Has it ended by itself? Waits 2 s for it.
    bool has_ended();

  private:
    std::string trouble_;
    network::control::SharedKey key_{};
    std::mutex mutex_;
    std::string told_;
    bool ended_ = false;
    std::unique_ptr<network::control::Agent> agent_;
    std::jthread thread_;
};

/// A deadline some seconds from now.
network::Interrupt within(std::chrono::nanoseconds limit = std::chrono::seconds(10));

/// Sends a word and reads until it has come back, or 2 s have passed; what came back.
std::string echoed(const network::Socket& socket, const std::string& word);

}  // namespace assay::test
