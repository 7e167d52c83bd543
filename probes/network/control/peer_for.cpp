#include <algorithm>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "probes/network/control/agent.h"
#include "probes/network/control/peer_options.h"
#include "probes/network/control/session.h"

namespace assay::network::control {
namespace {

/// An agent on a thread of this process, that only this process can reach and knows the key of.
class OwnAgent {
  public:
    static Expected<std::unique_ptr<OwnAgent>> begin(const host::Host& host,
                                                     std::span<const RoleRow> roles) {
        auto own = std::make_unique<OwnAgent>();
        AgentSettings settings;
        ASSAY_TRY(settings.credentials.key, make_key());
        own->key_ = *settings.credentials.key;
        settings.roles = roles;
        for (const char* loopback : {"127.0.0.1/8", "::1"}) {
            ASSAY_TRY(Network network, Network::parse(loopback));
            settings.allowed.push_back(network);
        }
        ASSAY_TRY(own->agent_, open_on_loopback(host, settings));
        try {
            own->thread_ = std::jthread([&agent = *own->agent_](std::stop_token stop) {
                // What it could fail with breaks the connection, and is told there.
                static_cast<void>(agent.serve(std::move(stop)).has_value());
            });
        } catch (const std::system_error& error) {
            return failure(ErrorKind::unavailable, "start a thread for the SELF-TEST's agent",
                           error.code().value());
        }
        return own;
    }

    PeerAddress address() const {
        const Endpoint& endpoint = agent_->endpoints().front();
        return {.where = {.host = endpoint.address_text(), .port = endpoint.port()},
                .credentials = {.key = key_, .certificates = std::nullopt}};
    }

  private:
    /// IPv4, or IPv6 on a host without IPv4.
    static Expected<std::unique_ptr<Agent>> open_on_loopback(const host::Host& host,
                                                             AgentSettings settings) {
        ASSAY_TRY(const Endpoint v4, Endpoint::of_address("127.0.0.1", 0));
        ASSAY_TRY(const Endpoint v6, Endpoint::of_address("::1", 0));
        settings.listen = {v4};
        auto first = Agent::open(host, settings);
        if (first)
            return first;
        settings.listen = {v6};
        auto second = Agent::open(host, settings);
        if (second)
            return second;
        return failure(ErrorKind::unavailable,
                       "no listener on the loopback interface (" + first.error().message + "; " +
                           second.error().message +
                           "); bring it up with 'ip link set lo up', or run outside the sandbox");
    }

    SharedKey key_{};
    std::unique_ptr<Agent> agent_;
    std::jthread thread_;  // last: joined before the agent goes away
};

/// A peer, and the agent of this process that it leads to.
class SelfTestPeer : public LivePeer {
  public:
    SelfTestPeer(std::unique_ptr<OwnAgent> agent, std::shared_ptr<LivePeer> peer)
        : agent_(std::move(agent)), peer_(std::move(peer)), facts_(peer_->facts()) {
        facts_.agent_id = "self-test";
        facts_.same_host = true;
    }
    const PeerFacts& facts() const override { return facts_; }
    std::optional<Error> trouble() const override { return peer_->trouble(); }
    Expected<std::unique_ptr<Test>> begin(std::string_view role, const Fields& wishes,
                                          const Interrupt& interrupt) override {
        return peer_->begin(role, wishes, interrupt);
    }

  private:
    std::unique_ptr<OwnAgent> agent_;
    std::shared_ptr<LivePeer> peer_;  // goes first
    PeerFacts facts_;
};

Expected<std::shared_ptr<LivePeer>> self_test_peer(const RunContext& context,
                                                   std::span<const RoleRow> roles,
                                                   const Interrupt& interrupt) {
    ASSAY_TRY(std::unique_ptr<OwnAgent> agent, OwnAgent::begin(context.host, roles));
    ASSAY_TRY(std::shared_ptr<LivePeer> peer,
              connect_to_peer(context.host, agent->address(), interrupt));
    return std::make_shared<SelfTestPeer>(std::move(agent), std::move(peer));
}

/// Under which name the run's shelf keeps a peer.
std::string shelf_key(const Request& request, std::span<const RoleRow> self_test_roles) {
    std::string key = "network peer";
    for (const Option& option : kPeerOptions)
        key += '\n' + request.text(option.name, "");
    if (request.find("peer") == nullptr)
        for (const RoleRow& row : self_test_roles)
            key += '\n' + std::string(row.name);
    return key;
}

}  // namespace

Expected<std::shared_ptr<Peer>> peer_for(const RunContext& context, const Request& request,
                                         std::span<const RoleRow> self_test_roles) {
    const std::string key = shelf_key(request, self_test_roles);
    if (context.shelf != nullptr)
        if (auto peer = context.shelf->find<LivePeer>(key); peer && !peer->trouble())
            return peer;
    ASSAY_TRY(const std::optional<PeerAddress> address, peer_address_of(request));
    const Interrupt interrupt{.stop = context.stop, .deadline = context.prepare_deadline};
    ASSAY_TRY(const std::shared_ptr<LivePeer> peer,
              address ? connect_to_peer(context.host, *address, interrupt)
                      : self_test_peer(context, self_test_roles, interrupt));
    if (context.shelf != nullptr)
        context.shelf->put(key, peer);
    return peer;
}

std::vector<Condition> peer_conditions(const PeerFacts& facts) {
    const bool is_v6 = facts.address.starts_with('[');
    return {{"peer", facts.agent_id},
            {"peer_address", facts.address},
            {"family", is_v6 ? "ipv6" : "ipv4"}};
}

}  // namespace assay::network::control
