#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "engine/host/host.h"
#include "probes/network/control/session.h"
#include "probes/network/udp/account.h"

namespace assay::network::udp {

enum class Direction { up, down };              ///< up: this host sends
std::string_view name_of(Direction direction);  ///< "up", "down"

/// One flow for a set time at a set rate.
struct TrialPlan {
    Direction direction = Direction::up;
    std::size_t payload_bytes = 0;
    double datagrams_per_s = 0;        ///< 0 = as fast as the sender can
    std::uint64_t most_datagrams = 0;  ///< 0 = until the time is over
    std::chrono::nanoseconds duration{};
    std::chrono::nanoseconds ramp{};  ///< of the duration; the receiver's rate counts after it
    /// How long to wait for the last datagrams at least; twice the round trip where that is longer.
    std::chrono::nanoseconds drain = std::chrono::milliseconds(500);
    /// Nor longer than until nothing came for this time and twice the round trip, where the other
    /// end says when something came last. 0 = the drain counts alone.
    std::chrono::nanoseconds quiet{};
    std::size_t send_buffer_bytes = 0;  ///< 0 = the system's default
    bool time_stamps = false;
    std::string send_engine = "auto", receive_engine = "auto";
};

struct Trial {
    SenderReport sender;
    ReceiverReport receiver;
    Account account;

    /// What the sender offered, as its own clock saw it. nullopt where it sent too little to tell.
    std::optional<double> sent_per_s() const;
    /// What came after the ramp, in the receiver's time. nullopt where too little came.
    std::optional<double> delivered_per_s() const;
};

/// Plays one trial with the peer, both ends, from a fresh flow to the sum of the books. Both books
/// are closed when everything has come that was sent, or after the drain. Takes the plan's duration
/// and drain, and what the control connection needs. Errors: those of the roles and of the session.
Expected<Trial> play_trial(control::Peer& peer, const host::Host& host, const TrialPlan& plan,
                           std::uint64_t round, const Interrupt& interrupt);

}  // namespace assay::network::udp
