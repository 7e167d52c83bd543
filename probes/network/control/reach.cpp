#include "probes/network/control/reach.h"

// Before the kernel's header, which builds on its sockaddr.
#include <netinet/in.h>
#include <sys/socket.h>
// Kernel headers last.
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace assay::network::control {
namespace {

constexpr std::chrono::seconds kReachLimit{4};
constexpr std::chrono::milliseconds kNextAfter{250};
// One lost segment is sent again after a second.
constexpr std::chrono::seconds kLeastWait{2};
// RFC 792, RFC 1812 and RFC 4443: codes of "destination unreachable" by which a firewall says no.
constexpr std::array<unsigned char, 3> kProhibitedV4{9, 10, 13};
constexpr std::array<unsigned char, 3> kProhibitedV6{1, 5, 6};

struct Attempt {
    Endpoint to;
    Socket socket{};
    std::optional<Error> no{};  // why it will come to nothing
};

/// What a router or firewall said on the way, if the kernel kept it.
std::optional<sock_extended_err> icmp_answer(const Socket& socket) {
    alignas(cmsghdr) std::array<std::byte, 512> control{};
    std::array<std::byte, 64> scrap{};
    sockaddr_storage source{};
    iovec part{.iov_base = scrap.data(), .iov_len = scrap.size()};
    msghdr message{};
    message.msg_name = &source;
    message.msg_namelen = sizeof(source);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (recvmsg(socket.descriptor(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return std::nullopt;
    for (cmsghdr* row = CMSG_FIRSTHDR(&message); row != nullptr; row = CMSG_NXTHDR(&message, row)) {
        const bool is_error = (row->cmsg_level == IPPROTO_IP && row->cmsg_type == IP_RECVERR) ||
                              (row->cmsg_level == IPPROTO_IPV6 && row->cmsg_type == IPV6_RECVERR);
        sock_extended_err error{};
        if (!is_error || row->cmsg_len < CMSG_LEN(sizeof(error)))
            continue;
        std::memcpy(&error, CMSG_DATA(row), sizeof(error));
        return error;
    }
    return std::nullopt;
}

bool is_prohibition(const sock_extended_err& answer) {
    if (answer.ee_origin == SO_EE_ORIGIN_ICMP)
        return answer.ee_type == ICMP_DEST_UNREACH &&
               std::ranges::count(kProhibitedV4, answer.ee_code) != 0;
    return answer.ee_origin == SO_EE_ORIGIN_ICMP6 && answer.ee_type == ICMPV6_DEST_UNREACH &&
           std::ranges::count(kProhibitedV6, answer.ee_code) != 0;
}

Error refusal(const Endpoint& to, const Socket& socket, int error) {
    const std::string what = "connect to the agent at " + to.text() + ": ";
    const auto answer = icmp_answer(socket);
    if (answer && is_prohibition(*answer))
        return {ErrorKind::unavailable,
                what + "a firewall on the way prohibits it (ICMP code " +
                    std::to_string(answer->ee_code) + "); allow TCP and UDP port " +
                    std::to_string(to.port()) + " from this host",
                error};
    if (error == ECONNREFUSED && answer)
        return {ErrorKind::unavailable,
                what +
                    "it is rejected on the way (ICMP port unreachable), which is a firewall's "
                    "word; allow TCP and UDP port " +
                    std::to_string(to.port()) + " from this host",
                error};
    if (error == ECONNREFUSED)
        return {ErrorKind::unavailable,
                what +
                    "the port is closed (connection refused); start 'assay agent --key FILE' "
                    "there, or give the port that it listens on",
                error};
    if (error == EHOSTUNREACH || error == ENETUNREACH)
        return {ErrorKind::unavailable,
                what +
                    (error == ENETUNREACH ? "this host has no route to its network"
                                          : "the host cannot be reached: nobody answers at "
                                            "that address, or a router knows no way") +
                    "; check the address, the cable and the routes",
                error};
    Error other = failure(ErrorKind::unavailable, what + "no connection", error).error();
    return other;
}

Error silence(const std::vector<Endpoint>& candidates) {
    return {ErrorKind::timed_out,
            "connect to the agent at " + candidates.front().text() +
                ": nothing answered, neither a yes nor a no; a firewall drops TCP port " +
                std::to_string(candidates.front().port()) +
                " silently (filtered), or the host is down",
            0};
}

// Silence is a firewall's only when somebody had the time to answer.
Error too_little_time(const std::vector<Endpoint>& candidates, std::chrono::nanoseconds waited) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(waited).count();
    return {ErrorKind::timed_out,
            "connect to the agent at " + candidates.front().text() + ": only " +
                std::to_string(std::max<std::int64_t>(0, ms)) +
                " ms were left for it, and nothing had answered by then; give a larger --budget, "
                "or fewer probes (--only)",
            0};
}

void begin(Attempt& attempt) {
    attempt.socket = Socket(
        ::socket(attempt.to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    const bool is_v6 = attempt.to.family() == AF_INET6;
    const int on = 1;
    if (!attempt.socket.is_open() ||
        setsockopt(attempt.socket.descriptor(), is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
                   is_v6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof(on)) != 0) {
        attempt.no = system_failure("open a TCP socket", errno).error();
        return;
    }
    if (connect(attempt.socket.descriptor(), attempt.to.address(), attempt.to.size()) != 0 &&
        errno != EINPROGRESS)
        attempt.no = refusal(attempt.to, attempt.socket, errno);
}

/// Has the attempt come to an end? True: it is connected.
bool look_at(Attempt& attempt) {
    int error = 0;
    socklen_t size = sizeof(error);
    if (getsockopt(attempt.socket.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    if (error == 0)
        return true;
    attempt.no = refusal(attempt.to, attempt.socket, error);
    return false;
}

/// Waits a slice for one of them. The index of the first that is connected.
Expected<std::optional<std::size_t>> wait_for_one(std::vector<Attempt>& attempts) {
    std::vector<pollfd> wanted;
    for (const Attempt& attempt : attempts)
        wanted.push_back({attempt.no ? -1 : attempt.socket.descriptor(), POLLOUT, 0});
    if (poll(wanted.data(), wanted.size(), static_cast<int>(kWaitSlice.count())) < 0 &&
        errno != EINTR)
        return system_failure("wait for a connection", errno);
    for (std::size_t at = 0; at < attempts.size(); ++at)
        if (wanted[at].revents != 0 && !attempts[at].no && look_at(attempts[at]))
            return std::optional(at);
    return std::optional<std::size_t>();
}

}  // namespace

Expected<Socket> reach(const std::vector<Endpoint>& candidates, const Interrupt& interrupt) {
    const SteadyTime began = std::chrono::steady_clock::now();
    const SteadyTime give_up = std::min(interrupt.deadline, began + kReachLimit);
    std::vector<Attempt> attempts;
    SteadyTime next = began;
    for (;;) {
        const SteadyTime now = std::chrono::steady_clock::now();
        const bool all_failed = std::ranges::all_of(
            attempts, [](const Attempt& attempt) { return attempt.no.has_value(); });
        if (attempts.size() < candidates.size() && (all_failed || now >= next)) {
            attempts.push_back({.to = candidates[attempts.size()]});
            begin(attempts.back());
            next = now + kNextAfter;
            continue;
        }
        if (all_failed)  // a no is told first of the address that was tried first
            return std::unexpected(*attempts.front().no);
        if (interrupt.stop.stop_requested())
            return failure(ErrorKind::interrupted, "connect to the agent: stopped on request");
        if (now >= give_up)
            return std::unexpected(give_up - began < kLeastWait
                                       ? too_little_time(candidates, give_up - began)
                                       : silence(candidates));
        ASSAY_TRY(const std::optional<std::size_t> connected, wait_for_one(attempts));
        if (connected)
            return std::move(attempts[*connected].socket);
    }
}

}  // namespace assay::network::control
