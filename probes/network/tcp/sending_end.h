#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "engine/core/error.h"
#include "engine/host/host.h"
#include "probes/network/control/role.h"
#include "probes/network/tcp/reports.h"
#include "probes/network/tcp/wishes.h"
#include "probes/network/wire/socket.h"

namespace assay::network::tcp {

/// Sends on its streams as fast as they take it, until the receiving end half-closes the first of
/// them: that is how the receiver, whose window it is, says that the window is over.
class SendingEnd {
  public:
    /// Chooses congestion control and rate on the streams. `key` makes the payload.
    /// Errors: unsupported, permission (congestion control), or by errno.
    static Expected<std::unique_ptr<SendingEnd>> over(std::vector<Socket> sockets,
                                                      const Wishes& wishes,
                                                      const control::Caps& caps, std::uint64_t key);
    ~SendingEnd();

    /// Blocks. Ends its streams also when `finish` is asked for and where the caps say so. Call
    /// once. Errors: io (broken, or no byte acknowledged for kSilence), interrupted, timed_out.
    Expected<SenderReport> run(const host::Host& host, const std::stop_token& finish,
                               const Interrupt& interrupt);

  private:
    struct Stream;
    class Source;
    SendingEnd(std::vector<Socket> sockets, const Wishes& wishes, const control::Caps& caps,
               std::uint64_t key);
    Expected<void> send(const struct Lane& lane, const std::stop_token& ended,
                        const Interrupt& interrupt);
    Expected<void> watch(const class LaneTeam& team, const host::Files& files, SenderReport& report,
                         const std::stop_token& finish, const Interrupt& interrupt);
    SenderTick tick(SteadyTime began, const std::vector<struct ThreadUse>& uses) const;
    void note_end(SenderReport& report) const;
    std::uint64_t taken_bytes() const;

    std::vector<Socket> sockets_;
    std::unique_ptr<Stream[]> streams_;  // [sockets_]
    Wishes wishes_;
    control::Caps caps_;
    std::uint64_t key_;
};

/// Neither end waits longer than this for a sign of the other while data should flow.
inline constexpr std::chrono::seconds kSilence{5};

}  // namespace assay::network::tcp
