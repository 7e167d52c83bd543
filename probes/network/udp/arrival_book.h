#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "probes/network/udp/account.h"
#include "probes/network/udp/datagram.h"
#include "probes/network/udp/jitter.h"
#include "probes/network/udp/receive_queue.h"
#include "probes/network/udp/sequence_log.h"
#include "probes/network/udp/wishes.h"

namespace assay::network::udp {

/// Everything that a receiver counts: fed with what came, it knows no socket. Not thread-safe.
class ArrivalBook {
  public:
    ArrivalBook(const ReceiveWishes& wishes, const Stamp& stamp);

    /// `now_ns`: when the datagrams were taken, on the receiver's monotonic clock.
    void add(std::span<const Received> batch, std::int64_t now_ns);

    std::uint64_t delivered() const { return log_.delivered(); }
    /// The counts; what only the socket and the host know is left absent.
    ReceiverReport report() const;

  private:
    void add(const Received& received, std::int64_t now_ns);
    void book_delivered(const Datagram& datagram, const Received& received, std::int64_t now_ns);

    const ReceiveWishes wishes_;
    const Stamp& stamp_;
    std::vector<std::byte> filler_;
    SequenceLog log_;
    Jitter jitter_;
    ReceiverReport counts_;
    std::optional<std::int64_t> least_transit_ns_;
    std::optional<std::int64_t> window_begin_ns_;
};

}  // namespace assay::network::udp
