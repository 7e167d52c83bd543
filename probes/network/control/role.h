#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string_view>

#include "engine/core/error.h"
#include "engine/host/host.h"
#include "probes/network/wire/endpoint.h"
#include "probes/network/wire/fields.h"
#include "probes/network/wire/socket.h"

/// One end of a test. The prober and the agent each play a role; both are the same kind of object,
/// so an end can be tested in one process, between two namespaces, and between two hosts alike.
namespace assay::network::control {

/// Hands out the data connections of one test: each proven to lead to the other end of this
/// session, and to nobody else. On the prober it connects, on the agent it accepts.
class DataDoor {
  public:
    virtual ~DataDoor() = default;
    /// TCP stream `index`, 0, 1, ...: its token was shown and taken. Errors: timed_out,
    /// interrupted, unavailable, io.
    virtual Expected<Socket> tcp_stream(std::uint32_t index, const Interrupt& interrupt) = 0;
    /// UDP flow `index`: a connected socket whose path was validated in both directions before a
    /// byte of data may be sent. Its send and recv do not block. Errors: as above.
    virtual Expected<Socket> udp_flow(std::uint32_t index, const Interrupt& interrupt) = 0;
    /// A number that both ends of this session know and nobody else; another for each `index`.
    /// Payload and datagram tags are derived from it.
    virtual std::uint64_t shared_key(std::uint32_t index) const = 0;
};

/// What the operator of the agent allows. A role lowers a wish beyond it, so that its answer says
/// so, and ends by itself where it has had it; the agent sees to it that none goes beyond.
struct Caps {
    double most_bytes_per_s = 0;                                   ///< 0 = no limit
    std::uint64_t most_bytes = 0;                                  ///< of one test; 0 = no limit
    std::chrono::nanoseconds longest = std::chrono::seconds(120);  ///< of one test
    std::size_t most_streams = std::size_t{1} << 10;
};

/// What a role may use. Outlives it.
struct RoleContext {
    const host::Host& host;
    DataDoor& door;
    Caps caps;
};

/// Thread rules: `prepare`, then `play`, each called once, from one thread; `progress` may be
/// called from another thread while `play` runs.
class Role {
  public:
    virtual ~Role() = default;
    /// Takes its data connections and buffers; the answer tells the other end what was granted.
    /// Both ends prepare at the same time. Errors end the test, with a sentence for the user.
    virtual Expected<Fields> prepare(RoleContext& context, const Interrupt& interrupt) = 0;
    /// Plays until its own end or until `finish` is asked for, whichever is first, and reports.
    /// `interrupt` means: leave within 100 ms, nobody waits for a report (the other end is gone,
    /// the operator stops, a cap is reached). After 200 ms its data connections are cut.
    virtual Expected<Fields> play(std::stop_token finish, const Interrupt& interrupt) = 0;
    /// What is known so far; goes to the other end about every 20 ms.
    virtual Fields progress() const { return {}; }
    /// Payload that the kernel has taken on UDP flows, for the operator's caps: the kernel itself
    /// counts none. As `progress`, and during `prepare` too.
    virtual std::uint64_t datagram_bytes() const { return 0; }
};

/// A role that the agent can play: "tcp.receive". Rows, so that nothing else lists them.
struct RoleRow {
    std::string_view name;
    /// From the other end's wishes, which are bytes from outside: checked here, against caps too.
    /// Errors: bad_input, usage, unsupported.
    Expected<std::unique_ptr<Role>> (*make)(const Fields& wishes, const Caps& caps);
    /// It sends next to nothing, so it harms nobody when its prober is gone. A role that sends is
    /// stopped after 1 s without a sign of life; this one after 5 s, since what it measures may be
    /// a path so loaded that signs of life are lost too.
    bool only_receives = false;
};

}  // namespace assay::network::control
