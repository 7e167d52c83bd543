#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "probes/network/control/role.h"

namespace assay::network::control {

/// Holds a test to what the agent's operator allows, whatever its role makes of the caps that it
/// was told: keeps a second descriptor of each data connection, reads the kernel's own counters
/// through it, and can cut it. For datagrams the kernel keeps no counter; there the role's count is
/// taken. Not thread-safe.
class CapsWatch {
  public:
    /// A role ends by itself at its caps. One that is beyond them by this much more does not: room
    /// for what else the test sends (echoes, the last block), or a scheduler that came late.
    static constexpr std::uint64_t kSpareShare = 16;  ///< one part in so many
    static constexpr std::uint64_t kSpareBytes = std::uint64_t{1} << 16;
    static constexpr std::chrono::milliseconds kSpareTime{250};
    /// Between two looks, for each 64 streams that are begun: each costs a system call.
    static constexpr std::chrono::milliseconds kInterval{20};

    explicit CapsWatch(const Caps& caps) : caps_(caps) {}

    /// Before the role gets it. A stream is held to the highest rate by the kernel, too.
    /// Errors: by errno (no descriptor left).
    Expected<void> add_stream(const Socket& stream);
    Expected<void> add_flow(const Socket& flow);
    /// Why the test has to end now, if it has to: a sentence for the prober. `datagram_bytes`: what
    /// the role says that it has sent on flows.
    std::optional<Error> look(SteadyTime now, std::uint64_t datagram_bytes);
    /// Nothing can be sent on any data connection from here on, but what the kernel has taken: that
    /// is dropped when the role closes its descriptor, too.
    void cut();

  private:
    struct Stream {
        Socket socket;
        MovedBytes before;  // when the role got it: what it proved itself with
    };
    /// Of all connections, since the role has them.
    struct Sum {
        std::uint64_t sent = 0, sent_again = 0, received = 0;
        std::uint64_t unpaced = 0;  // the kernel does not hold up a stream's first ten segments
    };
    Sum sum(std::uint64_t datagram_bytes) const;
    bool is_too_fast(SteadyTime now, const Sum& sum);

    Caps caps_;
    std::vector<Stream> streams_;
    std::vector<Socket> flows_;
    SteadyTime next_look_{}, rated_at_{};
    std::uint64_t rated_bytes_ = 0;
    double credit_bytes_ = 0;  // that may be sent at once
};

/// For a test that outlasts the longest that is allowed.
Error too_long(const Caps& caps);

}  // namespace assay::network::control
