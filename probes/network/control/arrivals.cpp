#include "probes/network/control/arrivals.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <utility>

#include "probes/network/control/ticket.h"

namespace assay::network::control {

Arrivals::Arrivals(const SharedKey& test_key, const Caps& caps)
    : test_key_(test_key),
      most_connections_(caps.most_streams),
      began_(std::chrono::steady_clock::now()),
      watch_(caps) {}

bool Arrivals::admit_stream(std::uint32_t index) {
    return admit(streams_, index);
}

bool Arrivals::admit_flow(std::uint32_t index) {
    return admit(flows_, index);
}

bool Arrivals::admit(Kind& kind, std::uint32_t index) {
    const std::lock_guard lock(mutex_);
    if (closed_ || index >= most_connections_ || kind.used.contains(index) ||
        streams_.used.size() + flows_.used.size() >= most_connections_)
        return false;
    const SteadyTime now = std::chrono::steady_clock::now();
    const auto asked = kind.asked.find(index);
    const bool in_time = now < began_ + kTicketLife ||
                         (asked != kind.asked.end() && now < asked->second + kTicketLife);
    if (in_time)
        kind.used.insert(index);
    return in_time;
}

void Arrivals::put_stream(std::uint32_t index, Socket socket) {
    put(streams_, index, std::move(socket), &CapsWatch::add_stream);
}

void Arrivals::put_flow(std::uint32_t index, Socket socket) {
    put(flows_, index, std::move(socket), &CapsWatch::add_flow);
}

void Arrivals::put(Kind& kind, std::uint32_t index, Socket socket,
                   Expected<void> (CapsWatch::*watch)(const Socket&)) {
    const std::lock_guard lock(mutex_);
    if (closed_)
        return;
    if (const auto watched = (watch_.*watch)(socket); !watched)
        trouble_ = watched.error();
    else
        kind.here.insert_or_assign(index, std::move(socket));
    changed_.notify_all();
}

std::optional<Error> Arrivals::excess(SteadyTime now, std::uint64_t datagram_bytes) {
    const std::lock_guard lock(mutex_);
    return watch_.look(now, datagram_bytes);
}

void Arrivals::cut() {
    close();
    const std::lock_guard lock(mutex_);
    watch_.cut();
}

void Arrivals::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    streams_.here.clear();
    flows_.here.clear();
    changed_.notify_all();
}

Expected<Socket> Arrivals::tcp_stream(std::uint32_t index, const Interrupt& interrupt) {
    return take(streams_, index, interrupt, "TCP stream ");
}

Expected<Socket> Arrivals::udp_flow(std::uint32_t index, const Interrupt& interrupt) {
    return take(flows_, index, interrupt, "UDP flow ");
}

Expected<Socket> Arrivals::take(Kind& kind, std::uint32_t index, const Interrupt& interrupt,
                                const char* what) {
    const std::string action = "wait for " + (what + std::to_string(index)) + " of the prober";
    std::unique_lock lock(mutex_);
    if (index >= most_connections_ ||
        (!kind.asked.contains(index) &&
         streams_.asked.size() + flows_.asked.size() >= most_connections_))
        return failure(ErrorKind::usage,
                       "the operator allows a test " + std::to_string(most_connections_) +
                           " streams and flows (--max-streams), and it wanted more; give fewer "
                           "--streams");
    const SteadyTime asked =
        kind.asked.try_emplace(index, std::chrono::steady_clock::now()).first->second;
    for (;;) {
        if (const auto found = kind.here.find(index); found != kind.here.end()) {
            Socket socket = std::move(found->second);
            kind.here.erase(found);
            return socket;
        }
        if (trouble_)
            return std::unexpected(*trouble_);
        if (closed_)
            return failure(ErrorKind::interrupted, action + ": the test is over");
        ASSAY_TRY_VOID(interrupt.check(action));
        if (std::chrono::steady_clock::now() >= asked + kTicketLife)
            return failure(ErrorKind::timed_out,
                           action + ": it did not come within 10 s; is its port blocked?");
        changed_.wait_for(lock, kWaitSlice);
    }
}

std::uint64_t Arrivals::shared_key(std::uint32_t index) const {
    return shared_number(test_key_, index);
}

Expected<void> make_stream_ready(const Socket& socket) {
    const int flags = fcntl(socket.descriptor(), F_GETFL);
    if (flags < 0 || fcntl(socket.descriptor(), F_SETFL, flags & ~O_NONBLOCK) != 0)
        return system_failure("make a data stream blocking", errno);
    constexpr auto kSlice = std::chrono::duration_cast<std::chrono::microseconds>(kWaitSlice);
    const timeval slice{.tv_sec = 0, .tv_usec = kSlice.count()};
    if (setsockopt(socket.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &slice, sizeof(slice)) != 0 ||
        setsockopt(socket.descriptor(), SOL_SOCKET, SO_SNDTIMEO, &slice, sizeof(slice)) != 0)
        return system_failure("limit the waits of a data stream", errno);
    return {};
}

}  // namespace assay::network::control
