#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "probes/network/control/reach.h"

namespace assay::network::control {
namespace {

constexpr std::chrono::seconds kResolveLimit{5};
constexpr std::size_t kMostCandidates = 8;

/// What the resolving thread and its caller share; the caller may leave first.
struct Question {
    std::string host;
    std::mutex mutex;
    std::condition_variable changed;
    bool is_answered = false;
    int result = 0;
    std::vector<Endpoint> found;
};

Expected<Endpoint> with_port(const sockaddr* address, socklen_t size, std::uint16_t port) {
    if (address->sa_family == AF_INET6) {
        sockaddr_in6 v6 = *reinterpret_cast<const sockaddr_in6*>(address);
        v6.sin6_port = htons(port);
        return Endpoint::of_raw(reinterpret_cast<const sockaddr*>(&v6), size);
    }
    if (address->sa_family == AF_INET) {
        sockaddr_in v4 = *reinterpret_cast<const sockaddr_in*>(address);
        v4.sin_port = htons(port);
        return Endpoint::of_raw(reinterpret_cast<const sockaddr*>(&v4), size);
    }
    return Endpoint::of_raw(address, size);
}

void ask(const std::shared_ptr<Question>& question, std::uint16_t port, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* list = nullptr;
    const int result = getaddrinfo(question->host.c_str(), nullptr, &hints, &list);
    const std::lock_guard lock(question->mutex);
    question->is_answered = true;
    question->result = result;
    for (const addrinfo* row = list; result == 0 && row != nullptr; row = row->ai_next)
        if (const auto endpoint = with_port(row->ai_addr, row->ai_addrlen, port))
            question->found.push_back(*endpoint);
    if (list != nullptr)
        freeaddrinfo(list);
    question->changed.notify_all();
}

/// The resolver's order (RFC 6724), but of each family in turn.
std::vector<Endpoint> alternating(const std::vector<Endpoint>& found) {
    std::vector<Endpoint> first, second, ordered;
    for (const Endpoint& endpoint : found)
        (endpoint.family() == found.front().family() ? first : second).push_back(endpoint);
    for (std::size_t at = 0; at < std::max(first.size(), second.size()); ++at) {
        if (at < first.size())
            ordered.push_back(first[at]);
        if (at < second.size())
            ordered.push_back(second[at]);
    }
    ordered.resize(std::min(ordered.size(), kMostCandidates), ordered.front());
    return ordered;
}

std::unexpected<Error> cannot_resolve(const std::string& host, int result) {
    return failure(ErrorKind::unavailable,
                   "--peer: the name '" + host + "' cannot be resolved (" + gai_strerror(result) +
                       "); check the spelling and the DNS servers of this host, or give a numeric "
                       "address");
}

}  // namespace

Expected<HostPort> parse_host_port(const std::string& text) {
    const auto refuse = [&] {
        return failure(ErrorKind::usage, "--peer: '" + text +
                                             "' is not HOST:PORT; write dr-host:4840, "
                                             "192.0.2.7:4840 or [2001:db8::1]:4840");
    };
    HostPort peer{.host = text, .port = kDefaultPort};
    std::string port;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string::npos)
            return refuse();
        peer.host = text.substr(1, end - 1);
        port = text.substr(end + 1);
        if (!port.empty() && port.front() != ':')
            return refuse();
    } else if (std::ranges::count(text, ':') == 1) {
        peer.host = text.substr(0, text.find(':'));
        port = text.substr(text.find(':'));
    }
    constexpr std::size_t kLongestName = 253;
    if (peer.host.empty() || peer.host.size() > kLongestName || port == ":")
        return refuse();
    if (!port.empty()) {
        const auto [end, error] =
            std::from_chars(port.data() + 1, port.data() + port.size(), peer.port);
        if (error != std::errc{} || end != port.data() + port.size() || peer.port == 0)
            return refuse();
    }
    return peer;
}

Expected<std::vector<Endpoint>> resolve(const HostPort& peer, const Interrupt& interrupt) {
    const auto question = std::make_shared<Question>();
    question->host = peer.host;
    ask(question, peer.port, AI_NUMERICHOST);
    if (question->result == 0 && !question->found.empty())
        return question->found;
    const auto asked = std::make_shared<Question>();
    asked->host = peer.host;
    try {
        std::thread([asked, port = peer.port] { ask(asked, port, AI_ADDRCONFIG); }).detach();
    } catch (const std::system_error& error) {
        return failure(ErrorKind::unavailable, "start a thread to resolve '" + peer.host + "'",
                       error.code().value());
    }
    const SteadyTime give_up =
        std::min(interrupt.deadline, std::chrono::steady_clock::now() + kResolveLimit);
    std::unique_lock lock(asked->mutex);
    while (!asked->is_answered) {
        if (!interrupt.stop.stop_requested() && std::chrono::steady_clock::now() >= give_up)
            return failure(ErrorKind::timed_out,
                           "--peer: no DNS server answered for the name '" + peer.host +
                               "' in time; check the DNS servers of this host, or give a numeric "
                               "address");
        ASSAY_TRY_VOID(interrupt.check("resolve '" + peer.host + "'"));
        asked->changed.wait_for(lock, kWaitSlice);
    }
    if (asked->result != 0 || asked->found.empty())
        return cannot_resolve(peer.host, asked->result != 0 ? asked->result : EAI_NONAME);
    return alternating(asked->found);
}

}  // namespace assay::network::control
