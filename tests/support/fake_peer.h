#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "engine/host/host.h"
#include "probes/network/control/session.h"
#include "tests/support/network_namespace.h"
#include "tests/support/this_host.h"

namespace assay::test {

/// A peer without the protocol: it plays the agent's role on a thread of its own, over PairedDoors.
/// What the two ends say to each other is encoded and decoded on the way, so that the limits of
/// messages hold here too.
class FakePeer : public network::control::Peer {
  public:
    /// Over loopback. `roles` outlive the peer.
    explicit FakePeer(std::span<const network::control::RoleRow> roles);
    /// The prober's sockets lie in `left`; the agent's sockets and its role's threads in `right`.
    FakePeer(std::span<const network::control::RoleRow> roles, const NetworkNamespace& left,
             const NetworkNamespace& right);

    const network::control::PeerFacts& facts() const override { return facts_; }
    /// May be changed before `begin`: what the operator of the agent allows, same_host, ...
    network::control::PeerFacts& facts() { return facts_; }
    Expected<std::unique_ptr<network::control::Test>> begin(
        std::string_view role, const network::Fields& wishes,
        const network::Interrupt& interrupt) override;

  private:
    std::span<const network::control::RoleRow> roles_;
    const NetworkNamespace* left_ = nullptr;
    const NetworkNamespace* right_ = nullptr;
    host::Host host_;
    network::control::PeerFacts facts_;
};

}  // namespace assay::test
