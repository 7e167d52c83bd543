#include "probes/network/udp/receive_queue.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/core/units.h"
#include "probes/network/udp/flow_socket.h"

namespace assay::network::udp {
namespace {

constexpr std::size_t kControlBytes = 128;  // a time stamp and a segment size take 40
/// What the kernel coalesces is at most one IP packet's worth.
constexpr std::size_t kCoalescedBytes = std::size_t{1} << 16;
constexpr std::size_t kCoalescedSlots = 16;

template <class Number>
Number number_in(const cmsghdr& header) {
    Number number{};
    std::memcpy(&number, CMSG_DATA(&header), sizeof(number));
    return number;
}

}  // namespace

ReceiveQueue::ReceiveQueue(const Socket& flow, ReceiveEngine engine, std::size_t payload_bytes)
    : flow_(flow),
      engine_(engine == ReceiveEngine::coalesced && !ask_coalescing(flow) ? ReceiveEngine::batch
                                                                          : engine),
      payload_bytes_(payload_bytes),
      slot_bytes_(engine_ == ReceiveEngine::coalesced ? kCoalescedBytes : payload_bytes + 1),
      slots_(engine_ == ReceiveEngine::coalesced ? kCoalescedSlots
             : engine_ == ReceiveEngine::batch   ? kBatch
                                                 : 1),
      bytes_(slots_ * slot_bytes_),
      control_(slots_ * kControlBytes),
      vectors_(slots_),
      messages_(slots_) {
    for (std::size_t at = 0; at < slots_; ++at) {
        vectors_[at] = {.iov_base = bytes_.data() + at * slot_bytes_, .iov_len = slot_bytes_};
        messages_[at].msg_hdr.msg_iov = &vectors_[at];
        messages_[at].msg_hdr.msg_iovlen = 1;
    }
}

/// Takes messages into the slots and returns how many came.
Expected<std::size_t> ReceiveQueue::fill() {
    for (std::size_t at = 0; at < slots_; ++at) {
        messages_[at].msg_hdr.msg_control = control_.data() + at * kControlBytes;
        messages_[at].msg_hdr.msg_controllen = kControlBytes;
    }
    while (true) {
        const int count = recvmmsg(flow_.descriptor(), messages_.data(),
                                   static_cast<unsigned>(slots_), MSG_DONTWAIT, nullptr);
        if (count >= 0)
            return static_cast<std::size_t>(count);
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return std::size_t{0};
        if (errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH)
            return std::size_t{0};
        if (errno != EINTR)
            return system_failure("receive datagrams", errno);
    }
}

/// Adds the datagrams of one message to the list: one, or as many as were coalesced.
void ReceiveQueue::note(std::size_t at) {
    msghdr& message = messages_[at].msg_hdr;
    std::optional<std::int64_t> kernel_ns;
    std::size_t segment_bytes = slot_bytes_;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SO_TIMESTAMPNS) {
            const auto time = number_in<timespec>(*header);
            kernel_ns = std::int64_t{time.tv_sec} * kNanosecondsPerSecond + time.tv_nsec;
        } else if (header->cmsg_level == IPPROTO_UDP && header->cmsg_type == UDP_GRO) {
            segment_bytes = static_cast<std::size_t>(std::max(1, number_in<int>(*header)));
        }
    }
    std::span<const std::byte> rest(bytes_.data() + at * slot_bytes_, messages_[at].msg_len);
    do {
        const std::size_t bytes = std::min(segment_bytes, rest.size());
        received_.push_back({.bytes = rest.first(bytes), .kernel_ns = kernel_ns});
        rest = rest.subspan(bytes);
    } while (!rest.empty());
}

Expected<std::span<const Received>> ReceiveQueue::take() {
    received_.clear();
    ASSAY_TRY(const std::size_t count, fill());
    for (std::size_t at = 0; at < count; ++at)
        note(at);
    return received_;
}

}  // namespace assay::network::udp
