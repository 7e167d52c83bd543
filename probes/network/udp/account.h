#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "probes/network/wire/fields.h"

namespace assay::network::udp {

/// Most stretches in which a trial is accounted for: 120 s of 100 ms.
inline constexpr std::size_t kMostIntervals = 2048;

/// What the sending end says after a trial.
struct SenderReport {
    std::uint64_t sent = 0;     ///< datagrams that the kernel took
    std::uint64_t refused = 0;  ///< that it dropped and said so (ENOBUFS): no sequence number lost
    std::uint64_t unsent_bytes = 0;  ///< still in the host's own queues at the end
    std::uint64_t elapsed_ns = 0;    ///< from its first to its last datagram
    std::uint64_t behind_ns = 0;     ///< by which it fell behind its schedule and gave up
    std::uint64_t waits = 0;         ///< for room in the socket
    std::uint64_t most_burst = 0;    ///< datagrams handed over at once
    std::uint64_t cpu_ns = 0;
    std::string engine;
    /// Datagrams taken, by the stretch of the sender's clock in which each was stamped.
    std::vector<std::uint64_t> sent_by_interval;

    Fields fields() const;
    /// Bytes from outside. Errors: bad_input.
    static Expected<SenderReport> of_fields(const Fields& fields);
    bool operator==(const SenderReport&) const = default;
};

/// What the receiving end says after a trial.
struct ReceiverReport {
    std::uint64_t delivered = 0;  ///< different datagrams
    std::uint64_t reordered = 0, duplicates = 0;
    std::uint64_t late = 0;           ///< of the delivered, over `late_ns` after the fastest
    std::uint64_t beyond_window = 0;  ///< too old to tell whether they had come before
    std::uint64_t foreign = 0;        ///< not of this trial: a bad tag, round or length
    std::uint64_t checked_fillers = 0, wrong_fillers = 0;
    std::uint64_t largest_distance = 0;  ///< of a reordered one, in sequence numbers
    std::uint64_t end = 0;               ///< one more than the highest sequence number that came
    /// Datagrams that the socket dropped for want of room. nullopt if the kernel does not say.
    std::optional<std::uint64_t> socket_drops{};
    /// Does one socket drop stand for one datagram? Not with GRO, where it may stand for 64.
    bool drops_are_datagrams = true;
    /// Datagrams that the host's interface, or its backlog, dropped before the socket; also those
    /// of other programs. nullopt if unknown.
    std::optional<std::uint64_t> host_drops{};
    /// After the ramp: datagrams, and the time in which they came, on the receiver's clock.
    std::uint64_t window_datagrams = 0, window_ns = 0;
    std::optional<double> jitter_ns{};
    std::uint64_t cpu_ns = 0;
    std::uint64_t receive_buffer_bytes = 0;  ///< as granted
    std::string engine;
    /// Datagrams delivered, by the stretch of the *sender's* clock that they are stamped with.
    std::vector<std::uint64_t> delivered_by_interval;

    Fields fields() const;
    /// Bytes from outside. Errors: bad_input.
    static Expected<ReceiverReport> of_fields(const Fields& fields);
    bool operator==(const ReceiverReport&) const = default;
};

/// Where the datagrams of a trial have gone. Offered = delivered + the four classes + in flight.
struct Account {
    std::uint64_t offered = 0;    ///< sent + refused
    std::uint64_t delivered = 0;  ///< different ones, late ones included
    std::uint64_t sender_host = 0;
    std::uint64_t receiver_socket = 0;
    std::uint64_t receiver_host = 0;  ///< interface or backlog
    std::uint64_t network = 0;        ///< what is left when all others are accounted for
    std::uint64_t in_flight = 0;      ///< in the sender's own queues when the trial ended
    /// false where the host classes are not all known in datagrams, so that `network` may hold
    /// drops of the receiving host.
    bool told_apart = true;
    /// Why the law of conservation does not hold; such a trial is no measurement.
    std::optional<std::string> broken{};

    std::uint64_t lost() const { return sender_host + receiver_socket + receiver_host + network; }
    bool lossless() const { return lost() == 0 && in_flight == 0 && !broken; }
};

/// Adds the two ends' books up, as a whole and for each stretch of time.
Account account_of(const SenderReport& sender, const ReceiverReport& receiver,
                   std::size_t payload_bytes);

}  // namespace assay::network::udp
