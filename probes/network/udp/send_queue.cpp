#include "probes/network/udp/send_queue.h"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

namespace assay::network::udp {
namespace {

std::size_t most_for(SendEngine engine, std::size_t payload_bytes) {
    switch (engine) {
        case SendEngine::plain:
            return 1;
        case SendEngine::batch:
            return kBatch;
        case SendEngine::segments:
            return std::clamp<std::size_t>(kMostPayload / payload_bytes, 1, kMostSegments);
    }
    return 1;
}

}  // namespace

SendQueue::SendQueue(const Socket& flow, SendEngine engine, const Stamp& stamp,
                     std::size_t payload_bytes)
    : flow_(flow), stamp_(stamp), engine_(engine), payload_bytes_(payload_bytes) {
    lay_out();
}

void SendQueue::lay_out() {
    most_ = most_for(engine_, payload_bytes_);
    bytes_.resize(most_ * payload_bytes_);
    const std::vector<std::byte> filler = stamp_.filler(payload_bytes_);
    vectors_.resize(most_);
    messages_.assign(most_, mmsghdr{});
    for (std::size_t at = 0; at < most_; ++at) {
        std::byte* const slot = bytes_.data() + at * payload_bytes_;
        std::ranges::copy(filler, slot + Datagram::kHeaderBytes);
        vectors_[at] = {.iov_base = slot, .iov_len = payload_bytes_};
        messages_[at].msg_hdr.msg_iov = &vectors_[at];
        messages_[at].msg_hdr.msg_iovlen = 1;
    }
    control_.assign(CMSG_SPACE(sizeof(std::uint16_t)), std::byte{});
}

void SendQueue::step_down() {
    engine_ = engine_ == SendEngine::segments ? SendEngine::batch : SendEngine::plain;
    lay_out();
}

Offer SendQueue::offer(std::uint64_t first, std::size_t count, std::uint64_t sent_ns) {
    for (std::size_t at = 0; at < count; ++at)
        stamp_.write(std::span(bytes_).subspan(at * payload_bytes_, Datagram::kHeaderBytes),
                     {.sequence = first + at, .sent_ns = sent_ns});
    switch (engine_) {
        case SendEngine::plain:
            return one_by_one(count);
        case SendEngine::batch:
            return many_a_call(count);
        case SendEngine::segments:
            return as_segments(count);
    }
    return {};
}

Offer SendQueue::one_by_one(std::size_t count) {
    for (std::size_t at = 0; at < count; ++at) {
        ssize_t sent = -1;
        do
            sent = send(flow_.descriptor(), vectors_[at].iov_base, payload_bytes_, MSG_DONTWAIT);
        while (sent < 0 && errno == EINTR);
        if (sent < 0)
            return {.taken = at, .error = errno, .refused = 1};
    }
    return {.taken = count};
}

Offer SendQueue::many_a_call(std::size_t count) {
    int taken = -1;
    do
        taken = sendmmsg(flow_.descriptor(), messages_.data(), static_cast<unsigned>(count),
                         MSG_DONTWAIT);
    while (taken < 0 && errno == EINTR);
    if (taken < 0)
        return {.taken = 0, .error = errno, .refused = 1};
    // Where not all were taken, the kernel keeps the reason for itself, and the next call offers
    // the same datagram again and hears it. A datagram that is taken then was not lost.
    return {.taken = static_cast<std::size_t>(taken)};
}

Offer SendQueue::as_segments(std::size_t count) {
    iovec all{.iov_base = bytes_.data(), .iov_len = count * payload_bytes_};
    msghdr message{};
    message.msg_iov = &all;
    message.msg_iovlen = 1;
    message.msg_control = control_.data();
    message.msg_controllen = control_.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto segment_bytes = static_cast<std::uint16_t>(payload_bytes_);
    std::memcpy(CMSG_DATA(header), &segment_bytes, sizeof(segment_bytes));
    ssize_t sent = -1;
    do
        sent = sendmsg(flow_.descriptor(), &message, MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return {.taken = 0, .error = errno, .refused = count};
    return {.taken = count};
}

}  // namespace assay::network::udp
