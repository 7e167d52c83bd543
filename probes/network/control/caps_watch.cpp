#include "probes/network/control/caps_watch.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace assay::network::control {
namespace {

/// What the rate may be off by in the long run: pacing is, and echoes come on top of a load.
constexpr double kRateTolerance = 1.125;
/// A sender that was held up may make up for so long.
constexpr double kMostCatchUp_s = 2;
constexpr std::uint64_t kUnpacedSegments = 16;

double seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

Expected<Socket> second_descriptor(const Socket& socket) {
    Socket second(fcntl(socket.descriptor(), F_DUPFD_CLOEXEC, 0));
    if (!second.is_open())
        return system_failure("keep watch over a data connection", errno);
    return second;
}

Error beyond(const std::string& what) {
    return {ErrorKind::usage, "the operator allows " + what + ", so it was ended; ask for less", 0};
}

void end(const Socket& socket) {
    // What is queued must not be sent after all when the last descriptor is closed. Both calls can
    // only fail on a connection that has ended by itself.
    const linger dropped{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket.descriptor(), SOL_SOCKET, SO_LINGER, &dropped, sizeof(dropped));
    shutdown(socket.descriptor(), SHUT_RDWR);
}

}  // namespace

Error too_long(const Caps& caps) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(caps.longest).count();
    return {ErrorKind::timed_out,
            "the operator allows a test to last " + std::to_string(ms) +
                " ms (--max-duration), so it was ended; ask for a shorter --duration",
            0};
}

Expected<void> CapsWatch::add_stream(const Socket& stream) {
    if (caps_.most_bytes_per_s > 0) {
        ASSAY_TRY_VOID(limit_rate(stream, caps_.most_bytes_per_s));
    }
    ASSAY_TRY(Socket second, second_descriptor(stream));
    const MovedBytes before = moved_bytes_of(second).value_or(MovedBytes{});
    streams_.push_back({.socket = std::move(second), .before = before});
    return {};
}

Expected<void> CapsWatch::add_flow(const Socket& flow) {
    ASSAY_TRY(Socket second, second_descriptor(flow));
    flows_.push_back(std::move(second));
    return {};
}

CapsWatch::Sum CapsWatch::sum(std::uint64_t datagram_bytes) const {
    Sum sum{.sent = datagram_bytes};
    for (const Stream& stream : streams_) {
        const auto now = moved_bytes_of(stream.socket);
        if (!now)
            continue;
        sum.sent += now->sent - stream.before.sent;
        sum.sent_again += now->resent - stream.before.resent;
        sum.received += now->received - stream.before.received;
        sum.unpaced += kUnpacedSegments * now->segment_bytes;
    }
    return sum;
}

std::optional<Error> CapsWatch::look(SteadyTime now, std::uint64_t datagram_bytes) {
    if ((caps_.most_bytes == 0 && caps_.most_bytes_per_s <= 0) || now < next_look_)
        return std::nullopt;
    next_look_ = now + kInterval * (1 + streams_.size() / 64);
    const Sum sums = sum(datagram_bytes);
    if (caps_.most_bytes > 0) {
        const std::uint64_t most = caps_.most_bytes + caps_.most_bytes / kSpareShare + kSpareBytes;
        const std::string allowed = std::to_string(caps_.most_bytes) + " B a test (--max-bytes), ";
        if (sums.sent - sums.sent_again > most)
            return beyond(allowed + "and the agent's own end was sending more");
        if (sums.received > most)
            return beyond(allowed + "and the prober sent more");
    }
    if (caps_.most_bytes_per_s > 0 && is_too_fast(now, sums))
        return beyond(std::to_string(static_cast<std::uint64_t>(caps_.most_bytes_per_s)) +
                      " B/s in a test (--max-rate), and the agent's own end was sending faster");
    return std::nullopt;
}

bool CapsWatch::is_too_fast(SteadyTime now, const Sum& sum) {
    const double rate = caps_.most_bytes_per_s;
    const bool is_first = rated_bytes_ == 0;  // no credit for the time before the first byte
    if (is_first)
        credit_bytes_ = rate * seconds(kSpareTime + kInterval);
    else
        credit_bytes_ += kRateTolerance * rate * seconds(now - rated_at_);
    credit_bytes_ -= static_cast<double>(sum.sent) - static_cast<double>(rated_bytes_);
    credit_bytes_ = std::min(credit_bytes_, rate * kMostCatchUp_s);
    rated_at_ = now;
    rated_bytes_ = sum.sent;
    return credit_bytes_ + static_cast<double>(sum.unpaced + kSpareBytes) < 0;
}

void CapsWatch::cut() {
    for (const Stream& stream : streams_)
        end(stream.socket);
    for (const Socket& flow : flows_)
        end(flow);
}

}  // namespace assay::network::control
