#pragma once

#include <poll.h>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "probes/network/control/address.h"
#include "probes/network/control/arrivals.h"
#include "probes/network/control/libssl.h"
#include "probes/network/control/line.h"
#include "probes/network/control/ticket.h"

namespace assay::network::control {

/// Whose data connections are taken now.
struct ExpectedData {
    Arrivals& arrivals;
    Address prober;
};

/// The agent's TCP door: takes connections, lets each show within a deadline whether it is a
/// control connection (a TLS record) or a data connection (a ticket), and turns everybody else
/// away. Strangers cannot use it up: of those that have not shown anything the oldest gives way.
class Gate {
  public:
    static constexpr std::size_t kMostHalfOpen = 16;
    static constexpr std::chrono::seconds kHandshakeLimit{3};

    struct Guest {
        Line line;  ///< secure
        Endpoint from;
    };
    using Tell = std::function<void(const std::string&)>;

    /// `context` outlives it. `allowed` empty = everybody. `tell` gets a line for each refusal that
    /// an operator may want to know.
    Gate(std::vector<Socket> listeners, const TlsContext& context, std::vector<Network> allowed,
         Tell tell);

    /// Appends what to wait for; `work` then gets the same entries back.
    void add_to(std::vector<pollfd>& wanted);
    /// `data`: nullopt while no test takes data connections. Returns connections that have proven
    /// their credentials.
    std::vector<Guest> work(const std::vector<pollfd>& ready,
                            const std::optional<ExpectedData>& data);

  private:
    struct HalfOpen {
        Socket socket;
        Endpoint from;
        SteadyTime deadline{};
        std::optional<Line> line{};  // once it began with a TLS record
        std::array<std::byte, StreamTicket::kBytes> ticket{};
        std::size_t ticket_bytes = 0;
        bool is_done = false;
    };
    void accept_all(const Socket& listener, const std::optional<ExpectedData>& data);
    void make_room(const std::optional<ExpectedData>& data);
    void advance(HalfOpen& entry, const std::optional<ExpectedData>& data,
                 std::vector<Guest>& guests);
    void begin_tls(HalfOpen& entry);
    void read_ticket(HalfOpen& entry, const std::optional<ExpectedData>& data);
    bool is_allowed(const Endpoint& from) const;

    std::vector<Socket> listeners_;
    const TlsContext* context_;
    std::vector<Network> allowed_;
    Tell tell_;
    HandshakeBudget budget_;
    std::vector<HalfOpen> half_open_;  // oldest first
    SteadyTime resume_{};              // no new connections are taken before
    std::size_t first_ = 0;            // of our entries in what add_to was given
};

}  // namespace assay::network::control
