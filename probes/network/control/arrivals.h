#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "probes/network/control/caps_watch.h"
#include "probes/network/control/credentials.h"
#include "probes/network/control/role.h"

namespace assay::network::control {

/// The agent's DataDoor: its loop puts data connections here once they have proven themselves, the
/// role takes them, and none that is not counted and watched. Thread-safe.
class Arrivals : public DataDoor {
  public:
    /// For so long after the test began, or after the role asked for that very connection, its
    /// proof is taken: once.
    static constexpr std::chrono::seconds kTicketLife{10};

    Arrivals(const SharedKey& test_key, const Caps& caps);

    const SharedKey& test_key() const { return test_key_; }
    std::size_t most_connections() const { return most_connections_; }  ///< streams and flows
    /// May connection `index` come now? Then it is used up: the next one with it is refused.
    bool admit_stream(std::uint32_t index);
    bool admit_flow(std::uint32_t index);
    void put_stream(std::uint32_t index, Socket socket);
    void put_flow(std::uint32_t index, Socket socket);
    /// Nothing is admitted any more; what waits is closed, and whoever waits is told.
    void close();

    /// Why the operator's caps end the test now, if so: see CapsWatch.
    std::optional<Error> excess(SteadyTime now, std::uint64_t datagram_bytes);
    /// As close; and what the role has taken can send nothing any more.
    void cut();

    Expected<Socket> tcp_stream(std::uint32_t index, const Interrupt& interrupt) override;
    Expected<Socket> udp_flow(std::uint32_t index, const Interrupt& interrupt) override;
    std::uint64_t shared_key(std::uint32_t index) const override;

  private:
    struct Kind {
        std::set<std::uint32_t> used;
        std::map<std::uint32_t, SteadyTime> asked;  // when the role first wanted it
        std::map<std::uint32_t, Socket> here;
    };
    bool admit(Kind& kind, std::uint32_t index);
    void put(Kind& kind, std::uint32_t index, Socket socket,
             Expected<void> (CapsWatch::*watch)(const Socket&));
    Expected<Socket> take(Kind& kind, std::uint32_t index, const Interrupt& interrupt,
                          const char* what);

    const SharedKey test_key_;
    const std::size_t most_connections_;
    const SteadyTime began_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool closed_ = false;
    CapsWatch watch_;
    std::optional<Error> trouble_;  // with a connection that came
    Kind streams_, flows_;
};

/// Makes a connected TCP socket ready for a role: blocking, but never longer than kWaitSlice.
/// Errors: by errno.
Expected<void> make_stream_ready(const Socket& socket);

}  // namespace assay::network::control
