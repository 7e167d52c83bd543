#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "engine/core/error.h"
#include "engine/host/host.h"
#include "probes/network/tcp/lanes.h"
#include "probes/network/tcp/reports.h"
#include "probes/network/tcp/wishes.h"
#include "probes/network/wire/payload.h"
#include "probes/network/wire/socket.h"

namespace assay::network::tcp {

/// Receives its streams and owns the time: the ramp, which ends when the rate has settled, and the
/// window, in which bytes count. Then it half-closes the streams, so that the sender ends them, and
/// receives what is left.
class ReceivingEnd {
  public:
    ReceivingEnd(std::vector<Socket> sockets, const Wishes& wishes, std::uint64_t key);
    ~ReceivingEnd();

    /// Blocks. `finish` closes the window early. Call once. Errors: io (broken, or no byte for
    /// kSilence), interrupted, timed_out.
    Expected<ReceiverReport> run(const host::Host& host, const std::stop_token& finish,
                                 const Interrupt& interrupt);

    /// So far; from any thread.
    std::uint64_t received_bytes() const;

  private:
    struct Stream;
    /// What one look at all streams and threads saw.
    struct Look {
        SteadyTime at;
        std::vector<std::uint64_t> stream_bytes;
        std::vector<ThreadUse> uses;
        std::uint64_t bytes() const;
    };
    struct Samples {
        std::atomic<std::uint64_t> checked_bytes = 0, wrong = 0;
    };

    Expected<void> receive(const Lane& lane, const std::stop_token& ended,
                           const Interrupt& interrupt);
    Expected<void> watch(LaneTeam& team, ReceiverReport& report, const std::stop_token& finish,
                         const Interrupt& interrupt);
    Expected<void> wait_for_first_byte(const LaneTeam& team, const std::stop_token& finish,
                                       const Interrupt& interrupt) const;
    Expected<void> ramp_up(const LaneTeam& team, SteadyTime began, ReceiverReport& report,
                           const std::stop_token& finish, const Interrupt& interrupt) const;
    Expected<void> hold_window(const LaneTeam& team, SteadyTime began, ReceiverReport& report,
                               const std::stop_token& finish, const Interrupt& interrupt) const;
    Expected<void> drain(LaneTeam& team, ReceiverReport& report, const Interrupt& interrupt) const;
    Look look(const LaneTeam& team) const;
    std::optional<std::chrono::nanoseconds> rtt() const;

    std::vector<Socket> sockets_;
    std::unique_ptr<Stream[]> streams_;  // [sockets_]
    Wishes wishes_;
    const host::Files* files_ = nullptr;  // while run
    std::uint64_t key_;
    Samples samples_;
};

}  // namespace assay::network::tcp
