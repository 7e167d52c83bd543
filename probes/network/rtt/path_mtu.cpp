#include "probes/network/rtt/path_mtu.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "probes/network/rtt/echo_message.h"
#include "probes/network/rtt/echo_path.h"

namespace assay::network::rtt {
namespace {

constexpr int kTries = 3;
constexpr std::uint32_t kUdpHeaderBytes = 8;
constexpr std::uint32_t kMostUdpBytes = 65535;
// Every IPv4 host takes this much (RFC 791), every IPv6 link over twice as much.
constexpr std::uint32_t kSafePacketBytes = 576;

class Search {
  public:
    Search(const Socket& socket, std::uint64_t key, std::uint64_t first_sequence,
           std::chrono::nanoseconds patience, const Interrupt& interrupt)
        : socket_(socket),
          key_(key),
          sequence_(first_sequence),
          patience_(patience),
          interrupt_(interrupt),
          buffer_(kMostUdpBytes) {}

    Expected<PathMtu> run();

  private:
    enum class Fate { answered, too_long, lost };
    Expected<void> forbid_fragments();
    Expected<std::uint32_t> believed() const;
    /// A packet of this length, IP header included, three times at most.
    Expected<Fate> try_packet(std::uint32_t bytes);
    Expected<bool> wait_for_answer(std::uint64_t sequence);
    std::uint32_t most_bytes() const {
        // The length field of IPv6 does not count the IPv6 header.
        return is_v6_ ? kMostUdpBytes + header_bytes_ - kUdpHeaderBytes : kMostUdpBytes;
    }

    const Socket& socket_;
    std::uint64_t key_, sequence_;
    std::chrono::nanoseconds patience_;
    const Interrupt& interrupt_;
    std::vector<std::byte> buffer_;
    bool is_v6_ = false;
    std::uint32_t header_bytes_ = 28;  ///< IP and UDP
};

Expected<void> Search::forbid_fragments() {
    ASSAY_TRY(const Endpoint local, Endpoint::of_socket(socket_.descriptor()));
    is_v6_ = local.family() == AF_INET6;
    header_bytes_ = (is_v6_ ? 40 : 20) + kUdpHeaderBytes;
    const int v4 = IP_PMTUDISC_DO, v6 = IPV6_PMTUDISC_DO;
    const int outcome =
        is_v6_ ? setsockopt(socket_.descriptor(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, &v6, sizeof(v6))
               : setsockopt(socket_.descriptor(), IPPROTO_IP, IP_MTU_DISCOVER, &v4, sizeof(v4));
    if (outcome != 0)
        return system_failure("forbid fragments (IP_MTU_DISCOVER)", errno);
    return {};
}

Expected<std::uint32_t> Search::believed() const {
    int mtu = 0;
    socklen_t size = sizeof(mtu);
    const int outcome = is_v6_
                            ? getsockopt(socket_.descriptor(), IPPROTO_IPV6, IPV6_MTU, &mtu, &size)
                            : getsockopt(socket_.descriptor(), IPPROTO_IP, IP_MTU, &mtu, &size);
    if (outcome != 0 || mtu <= 0)
        return system_failure("ask for the path's MTU (IP_MTU)", outcome != 0 ? errno : EINVAL);
    return std::min(static_cast<std::uint32_t>(mtu), most_bytes());
}

Expected<bool> Search::wait_for_answer(std::uint64_t sequence) {
    const std::int64_t give_up = now_ns() + patience_.count();
    for (std::int64_t now = now_ns(); now < give_up; now = now_ns()) {
        ASSAY_TRY_VOID(interrupt_.check("find the path's MTU"));
        const std::int64_t left_ms = std::min<std::int64_t>(
            (give_up - now) / kNanosecondsPerMillisecond + 1, kWaitSlice.count());
        pollfd wanted{.fd = socket_.descriptor(), .events = POLLIN, .revents = 0};
        if (poll(&wanted, 1, static_cast<int>(left_ms)) < 0 && errno != EINTR)
            return system_failure("wait for the answer to a large datagram", errno);
        const ssize_t got =
            recv(socket_.descriptor(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        // EMSGSIZE: a router has just told the kernel a smaller MTU; the next try meets it.
        if (got < 0 && errno == EMSGSIZE)
            return false;
        if (got < 0)
            continue;
        const auto answer =
            EchoMessage::decode(std::span(buffer_).first(static_cast<std::size_t>(got)), key_,
                                EchoMessage::Direction::answer);
        if (answer && answer->sequence == sequence)
            return true;
    }
    return false;
}

Expected<Search::Fate> Search::try_packet(std::uint32_t bytes) {
    for (int attempt = 0; attempt < kTries; ++attempt) {
        const std::size_t payload = bytes - header_bytes_;
        const std::uint64_t sequence = sequence_++;
        EchoMessage{.sequence = sequence, .answer_bytes = EchoMessage::kBytes}.encode(
            buffer_, key_, EchoMessage::Direction::request);
        if (send(socket_.descriptor(), buffer_.data(), payload, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            if (errno == EMSGSIZE)
                return Fate::too_long;
            if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR)
                return system_failure("send a datagram of " + std::to_string(payload) + " B",
                                      errno);
        }
        ASSAY_TRY(const bool answered, wait_for_answer(sequence));
        if (answered)
            return Fate::answered;
    }
    return Fate::lost;
}

Expected<PathMtu> Search::run() {
    ASSAY_TRY_VOID(forbid_fragments());
    ASSAY_TRY(const Fate safe, try_packet(kSafePacketBytes));
    if (safe != Fate::answered)
        return failure(ErrorKind::unavailable, "not even packets of " +
                                                   std::to_string(kSafePacketBytes) +
                                                   " B are answered, so no MTU can be found");
    PathMtu mtu{.bytes = kSafePacketBytes, .believed_bytes = 0, .black_hole = false};
    ASSAY_TRY(std::uint32_t most, believed());
    // The largest first: on a healthy path it is answered, or ICMP teaches the kernel a smaller
    // one, which is then the next largest. Only where packets vanish is the middle tried.
    std::uint32_t size = most;
    while (mtu.bytes < most) {
        ASSAY_TRY(const Fate fate, try_packet(size));
        ASSAY_TRY(const std::uint32_t taught, believed());
        if (fate == Fate::answered)
            mtu.bytes = size;
        else
            most = std::max(mtu.bytes, std::min(size - 1, taught));
        size = taught < size ? most : mtu.bytes + (most - mtu.bytes + 1) / 2;
    }
    ASSAY_TRY(mtu.believed_bytes, believed());
    mtu.black_hole = mtu.bytes < mtu.believed_bytes;
    return mtu;
}

}  // namespace

Expected<PathMtu> find_path_mtu(const Socket& socket, std::uint64_t key,
                                std::uint64_t first_sequence, std::chrono::nanoseconds patience,
                                const Interrupt& interrupt) {
    return Search(socket, key, first_sequence, patience, interrupt).run();
}

std::vector<Finding> mtu_findings(const PathMtu& mtu) {
    if (!mtu.black_hole)
        return {};
    return {make_finding("mtu_black_hole",
                         "Packets up to " + std::to_string(mtu.bytes) +
                             " B arrive; longer ones up to " + std::to_string(mtu.believed_bytes) +
                             " B, which this host believes to fit, vanish without a word.")};
}

}  // namespace assay::network::rtt
