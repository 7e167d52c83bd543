#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/probe.h"
#include "probes/network/control/role.h"

namespace assay::network::control {

/// Who is on the other side, from its authenticated hello.
struct PeerFacts {
    std::string agent_id;  ///< the same for one agent host whatever address it was reached by; two
                           ///< hosts that name the same one were measured to the same peer
    std::string version;   ///< of its assay
    std::string address;   ///< as reached: "192.0.2.7:4840"
    bool same_host = false;  ///< its boot id is ours: SELF-TEST, never certified
    Caps caps;
    Fields environment;  ///< what the other host says of itself: NIC, driver, offloads, sysctls
};

/// One test between this host and the peer, from `begin` to its report. Destroyed earlier, it is
/// aborted on both sides.
class Test {
  public:
    virtual ~Test() = default;
    /// This host's end of the data connections. The agent prepares its role meanwhile.
    virtual DataDoor& door() = 0;
    /// Waits until the agent's role is prepared; its answer.
    virtual Expected<Fields> prepared(const Interrupt& interrupt) = 0;
    /// Tells the agent's role to play, and returns when it was told.
    virtual Expected<void> start(const Interrupt& interrupt) = 0;
    /// The newest progress that the agent sent, at most about 20 ms old. Errors: when it is gone.
    virtual Expected<Fields> progress() = 0;
    /// Asks the agent's role to end and waits for its report.
    virtual Expected<Fields> finish(const Interrupt& interrupt) = 0;
    /// Why this end came to `own` error: where the agent has ended the test, data connections break
    /// here, and only the agent's sentence says why. It is waited for, some 0.2 s. Else `own`.
    virtual Error cause_of(Error own) { return own; }
};

/// An authenticated control connection to an agent. One test at a time. Thread-safe is only
/// destruction after the last Test; everything else belongs to one thread at a time.
class Peer {
  public:
    virtual ~Peer() = default;
    virtual const PeerFacts& facts() const = 0;
    /// Asks the agent to play `role` with these wishes. While another prober's test runs, waits in
    /// the agent's queue. Errors: unsupported (it knows no such role), unavailable, timed_out, or
    /// the role's own sentence.
    virtual Expected<std::unique_ptr<Test>> begin(std::string_view role, const Fields& wishes,
                                                  const Interrupt& interrupt) = 0;
};

/// The peer of a run: the agent of --peer HOST:PORT with --key FILE, the same connection for all
/// probes of a run (it rests on the run's shelf); without --peer an agent in this process that
/// plays `self_test_roles` over loopback, through the same protocol: the SELF-TEST.
/// Errors: usage (options), not_found and permission (key file), unavailable, timed_out.
Expected<std::shared_ptr<Peer>> peer_for(const RunContext& context, const Request& request,
                                         std::span<const RoleRow> self_test_roles);

/// The conditions that every network measurement carries: `peer` ("self-test" or the agent's id),
/// `peer_address`, `family` ("ipv4").
std::vector<Condition> peer_conditions(const PeerFacts& facts);

/// `self_test` where the peer is this host; every network workload reports it.
std::vector<Finding> self_test_finding(const PeerFacts& facts);

}  // namespace assay::network::control
