#include "probes/network/control/gate.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace assay::network::control {
namespace {

constexpr std::byte kTlsRecord{0x16};
/// Connections taken in one go, so that a flood of them does not keep the loop from the others.
constexpr int kMostAccepted = 64;

/// How long nobody is taken in when the process has no descriptor left.
constexpr std::chrono::milliseconds kPause{100};

/// Has anything come on it that was not read yet? A real prober speaks at once.
bool has_spoken(const Socket& socket) {
    std::byte first{};
    return recv(socket.descriptor(), &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

bool is_from(const Endpoint& endpoint, const std::optional<ExpectedData>& data) {
    return data && Address::of(endpoint) == data->prober;
}

}  // namespace

Gate::Gate(std::vector<Socket> listeners, const TlsContext& context, std::vector<Network> allowed,
           Tell tell)
    : listeners_(std::move(listeners)),
      context_(&context),
      allowed_(std::move(allowed)),
      tell_(std::move(tell)) {}

void Gate::add_to(std::vector<pollfd>& wanted) {
    first_ = wanted.size();
    const bool is_paused = std::chrono::steady_clock::now() < resume_;
    for (const Socket& listener : listeners_)
        wanted.push_back({is_paused ? -1 : listener.descriptor(), POLLIN, 0});
    for (const HalfOpen& entry : half_open_)
        wanted.push_back(
            {entry.socket.is_open() ? entry.socket.descriptor() : entry.line->descriptor(),
             entry.line ? entry.line->events() : short{POLLIN}, 0});
}

std::vector<Gate::Guest> Gate::work(const std::vector<pollfd>& ready,
                                    const std::optional<ExpectedData>& data) {
    std::vector<Guest> guests;
    const SteadyTime now = std::chrono::steady_clock::now();
    for (std::size_t at = 0; at < half_open_.size(); ++at) {
        HalfOpen& entry = half_open_[at];
        if (ready[first_ + listeners_.size() + at].revents != 0)
            advance(entry, data, guests);
        entry.is_done = entry.is_done || now >= entry.deadline;
    }
    std::erase_if(half_open_, [](const HalfOpen& entry) { return entry.is_done; });
    for (std::size_t at = 0; at < listeners_.size(); ++at)
        if (ready[first_ + at].revents != 0)
            accept_all(listeners_[at], data);
    return guests;
}

bool Gate::is_allowed(const Endpoint& from) const {
    const Address address = Address::of(from);
    return allowed_.empty() || std::ranges::any_of(allowed_, [&](const Network& network) {
               return network.contains(address);
           });
}

void Gate::accept_all(const Socket& listener, const std::optional<ExpectedData>& data) {
    for (int taken = 0; taken < kMostAccepted; ++taken) {
        Socket socket(
            accept4(listener.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket.is_open() && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS))
            resume_ = std::chrono::steady_clock::now() + kPause;
        if (!socket.is_open())
            return;  // nobody else is there, or whoever was has left
        const auto from = Endpoint::of_other_end(socket.descriptor());
        if (!from)
            continue;
        if (!is_allowed(*from)) {
            tell_("refused " + from->text() + ": not in the allowed networks");
            continue;
        }
        make_room(data);
        half_open_.push_back({.socket = std::move(socket),
                              .from = *from,
                              .deadline = std::chrono::steady_clock::now() + kHandshakeLimit});
    }
}

void Gate::make_room(const std::optional<ExpectedData>& data) {
    // Data streams of the running test may all come at once; they have places of their own.
    const std::size_t places = kMostHalfOpen + (data ? data->arrivals.most_connections() : 0);
    const auto strangers = static_cast<std::size_t>(std::ranges::count_if(
        half_open_, [&](const HalfOpen& entry) { return !is_from(entry.from, data); }));
    if (strangers < kMostHalfOpen && half_open_.size() < places)
        return;
    const auto gives_way = [&](const HalfOpen& entry) {
        return strangers < kMostHalfOpen || !is_from(entry.from, data);
    };
    // The oldest that has shown nothing yet, else the oldest of all.
    auto leaving = std::ranges::find_if(half_open_, [&](const HalfOpen& entry) {
        return gives_way(entry) && !entry.line && entry.ticket_bytes == 0 &&
               !has_spoken(entry.socket);
    });
    if (leaving == half_open_.end())
        leaving = std::ranges::find_if(half_open_, gives_way);
    if (leaving != half_open_.end())
        half_open_.erase(leaving);
}

void Gate::advance(HalfOpen& entry, const std::optional<ExpectedData>& data,
                   std::vector<Guest>& guests) {
    if (!entry.line && entry.ticket_bytes == 0) {
        std::byte first{};
        const ssize_t seen = recv(entry.socket.descriptor(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
        if (seen < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (seen == 1 && first == kTlsRecord)
            begin_tls(entry);
        else if (seen != 1 || first != StreamTicket::kFirstByte || !is_from(entry.from, data))
            entry.is_done = true;
        if (entry.is_done)
            return;
    }
    if (!entry.line)
        return read_ticket(entry, data);
    if (const auto worked = entry.line->work(); !worked) {
        tell_("refused " + entry.from.text() + ": " + worked.error().message);
        entry.is_done = true;
    } else if (entry.line->is_secure()) {
        guests.push_back({.line = std::move(*entry.line), .from = entry.from});
        entry.is_done = true;
    }
}

void Gate::begin_tls(HalfOpen& entry) {
    entry.is_done = true;
    if (!budget_.take(Address::of(entry.from), std::chrono::steady_clock::now())) {
        tell_("refused " + entry.from.text() + ": too many handshakes from its address");
        return;
    }
    auto line = Line::over(std::move(entry.socket), *context_, "");
    if (!line) {
        tell_("refused " + entry.from.text() + ": " + line.error().message);
        return;
    }
    entry.line.emplace(std::move(*line));
    entry.is_done = false;
}

void Gate::read_ticket(HalfOpen& entry, const std::optional<ExpectedData>& data) {
    const ssize_t got = recv(entry.socket.descriptor(), &entry.ticket[entry.ticket_bytes],
                             entry.ticket.size() - entry.ticket_bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    entry.is_done = got <= 0;
    entry.ticket_bytes += got > 0 ? static_cast<std::size_t>(got) : 0;
    if (entry.is_done || entry.ticket_bytes < entry.ticket.size())
        return;
    entry.is_done = true;  // from here on it is taken, or closed without an answer
    const auto ticket = StreamTicket::decode(entry.ticket);
    if (!ticket || !is_from(entry.from, data) || !ticket->is_genuine(data->arrivals.test_key()) ||
        !data->arrivals.admit_stream(ticket->index)) {
        tell_("refused a data connection from " + entry.from.text() +
              ": its token is wrong, late or used");
        return;
    }
    const Proof receipt = stream_receipt(data->arrivals.test_key(), ticket->index);
    if (send(entry.socket.descriptor(), receipt.data(), receipt.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(receipt.size()) &&
        make_stream_ready(entry.socket))
        data->arrivals.put_stream(ticket->index, std::move(entry.socket));
}

}  // namespace assay::network::control
