#include "probes/network/rtt/receive_stamp.h"

#include <sys/socket.h>
#include <time.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "probes/network/rtt/echo_path.h"

namespace assay::network::rtt {
namespace {

/// The kernel stamps by the wall clock. Both clocks are read now, so that only the time since the
/// stamp, some microseconds, is taken from it.
std::int64_t on_monotonic_clock(const timespec& stamp) {
    timespec wall{};
    clock_gettime(CLOCK_REALTIME, &wall);  // cannot fail: constant clock, valid pointer
    const std::int64_t now = now_ns();
    const std::int64_t age =
        (wall.tv_sec - stamp.tv_sec) * kNanosecondsPerSecond + wall.tv_nsec - stamp.tv_nsec;
    // A datagram that waited for over ten seconds is none of ours; an age below 0 is a clock that
    // was set.
    return age < 0 || age > 10 * kNanosecondsPerSecond ? now : now - age;
}

}  // namespace

Expected<void> want_receive_stamps(const Socket& socket) {
    const int on = 1;
    if (setsockopt(socket.descriptor(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) != 0)
        return system_failure("ask for receive stamps (SO_TIMESTAMPNS)", errno);
    return {};
}

Expected<std::optional<StampedBytes>> receive_stamped(const Socket& socket,
                                                      std::span<std::byte> buffer) {
    alignas(cmsghdr) std::array<std::byte, 256> control{};
    iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = recvmsg(socket.descriptor(), &message, MSG_DONTWAIT);
    if (got < 0) {
        const bool nothing = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ||
                             errno == EHOSTUNREACH || errno == ENETUNREACH || errno == ECONNREFUSED;
        if (nothing)
            return std::nullopt;
        return system_failure("receive with a stamp", errno);
    }
    StampedBytes stamped{.bytes = static_cast<std::size_t>(got), .received_ns = 0};
    for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr;
         item = CMSG_NXTHDR(&message, item))
        if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_TIMESTAMPNS) {
            timespec stamp{};
            std::memcpy(&stamp, CMSG_DATA(item), sizeof(stamp));
            stamped.received_ns = on_monotonic_clock(stamp);
        }
    if (stamped.received_ns == 0)
        stamped.received_ns = now_ns();
    return stamped;
}

}  // namespace assay::network::rtt
