#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/error.h"
#include "probes/network/udp/engines.h"
#include "probes/network/wire/socket.h"

namespace assay::network::udp {

/// A datagram as it lies in the queue's buffer.
struct Received {
    std::span<const std::byte> bytes;       ///< cut at payload + 1 bytes where it is longer
    std::optional<std::int64_t> kernel_ns;  ///< its receive time, CLOCK_REALTIME, if asked for
};

/// Takes datagrams from the kernel with one engine. Not thread-safe.
class ReceiveQueue {
  public:
    /// `flow` outlives the queue. Where the engine is not to be had (no UDP_GRO), recvmmsg is used.
    ReceiveQueue(const Socket& flow, ReceiveEngine engine, std::size_t payload_bytes);

    ReceiveEngine engine() const { return engine_; }

    /// What is there now; empty if nothing is. Valid until the next call. Never blocks. Errors: io.
    /// An error that ICMP brought (connection refused) is passed over: the sender hears of it too.
    Expected<std::span<const Received>> take();

  private:
    Expected<std::size_t> fill();
    void note(std::size_t at);

    const Socket& flow_;
    ReceiveEngine engine_;
    std::size_t payload_bytes_, slot_bytes_, slots_;
    std::vector<std::byte> bytes_;    // [slots * slot_bytes]
    std::vector<std::byte> control_;  // [slots * kControlBytes]
    std::vector<iovec> vectors_;      // [slots]
    std::vector<mmsghdr> messages_;   // [slots]
    std::vector<Received> received_;  // of the last take
};

}  // namespace assay::network::udp
