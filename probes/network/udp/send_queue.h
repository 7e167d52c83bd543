#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "probes/network/udp/datagram.h"
#include "probes/network/udp/engines.h"
#include "probes/network/wire/socket.h"

namespace assay::network::udp {

/// What became of the datagrams of one `offer`.
struct Offer {
    std::size_t taken = 0;    ///< by the kernel, from the front
    int error = 0;            ///< errno for the next ones; 0 where all were taken
    std::size_t refused = 0;  ///< of the next ones, how many that error stands for
};

/// Writes datagrams and hands them to the kernel with one engine. They lie one after another in a
/// buffer whose fillers never change, so that sending copies nothing in user space, whatever the
/// engine. Not thread-safe.
class SendQueue {
  public:
    /// `payload_bytes` from kLeastPayload to kMostPayload. `flow` and `stamp` outlive the queue.
    SendQueue(const Socket& flow, SendEngine engine, const Stamp& stamp, std::size_t payload_bytes);

    SendEngine engine() const { return engine_; }
    std::size_t most() const { return most_; }  ///< datagrams that one offer may have

    /// Offers datagrams first, first + 1, ..., all stamped with `sent_ns`. `count` from 1 to
    /// most(). Never blocks. EINTR is taken care of.
    Offer offer(std::uint64_t first, std::size_t count, std::uint64_t sent_ns);

    /// Takes the next slower engine: for a path that refuses this one (EIO, EINVAL).
    void step_down();

  private:
    Offer one_by_one(std::size_t count);
    Offer many_a_call(std::size_t count);
    Offer as_segments(std::size_t count);
    void lay_out();

    const Socket& flow_;
    const Stamp& stamp_;
    SendEngine engine_;
    std::size_t payload_bytes_;
    std::size_t most_ = 1;
    std::vector<std::byte> bytes_;    // [most * payload]
    std::vector<iovec> vectors_;      // [most], one a datagram
    std::vector<mmsghdr> messages_;   // [most], for sendmmsg
    std::vector<std::byte> control_;  // the segment size, for UDP_SEGMENT
};

}  // namespace assay::network::udp
