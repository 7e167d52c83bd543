#include "probes/network/udp/arrival_book.h"

#include <algorithm>
#include <cstring>

namespace assay::network::udp {
namespace {

/// One in so many datagrams has its filler compared: enough to find any path that changes them,
/// and cheap beside the copy that brought them.
constexpr std::uint64_t kCheckEvery = 64;
/// No flow has so many datagrams; a number beyond it would make the log's sums overflow.
constexpr std::uint64_t kMostSequence = std::uint64_t{1} << 40;
constexpr std::uint64_t kMostSentNs = std::uint64_t{1} << 50;

}  // namespace

ArrivalBook::ArrivalBook(const ReceiveWishes& wishes, const Stamp& stamp)
    : wishes_(wishes), stamp_(stamp), filler_(stamp.filler(wishes.flow.payload_bytes)) {}

void ArrivalBook::add(std::span<const Received> batch, std::int64_t now_ns) {
    for (const Received& received : batch)
        add(received, now_ns);
}

void ArrivalBook::add(const Received& received, std::int64_t now_ns) {
    const auto datagram = received.bytes.size() == wishes_.flow.payload_bytes
                              ? stamp_.read(received.bytes)
                              : std::nullopt;
    if (!datagram || datagram->sequence > kMostSequence || datagram->sent_ns > kMostSentNs) {
        ++counts_.foreign;
        return;
    }
    const SequenceLog::Arrival arrival = log_.add(datagram->sequence);
    if (arrival == SequenceLog::Arrival::in_order || arrival == SequenceLog::Arrival::reordered)
        book_delivered(*datagram, received, now_ns);
}

void ArrivalBook::book_delivered(const Datagram& datagram, const Received& received,
                                 std::int64_t now_ns) {
    const std::size_t interval =
        std::min<std::size_t>(datagram.sent_ns / wishes_.flow.interval_ns, kMostIntervals - 1);
    if (counts_.delivered_by_interval.size() <= interval)
        counts_.delivered_by_interval.resize(interval + 1);
    ++counts_.delivered_by_interval[interval];

    const auto sent_ns = static_cast<std::int64_t>(datagram.sent_ns);
    const std::int64_t arrived_ns = received.kernel_ns.value_or(now_ns);
    const std::int64_t transit_ns = arrived_ns - sent_ns;
    least_transit_ns_ = std::min(least_transit_ns_.value_or(transit_ns), transit_ns);
    if (transit_ns - *least_transit_ns_ > static_cast<std::int64_t>(wishes_.late_ns))
        ++counts_.late;
    if (received.kernel_ns)
        jitter_.add(sent_ns, *received.kernel_ns);

    if (log_.delivered() % kCheckEvery == 1) {
        ++counts_.checked_fillers;
        if (!std::ranges::equal(received.bytes.subspan(Datagram::kHeaderBytes), filler_))
            ++counts_.wrong_fillers;
    }
    if (datagram.sent_ns < wishes_.ramp_ns)
        return;
    // What comes with the first datagram of the window was on its way in the ramp's time.
    if (!window_begin_ns_)
        window_begin_ns_ = now_ns;
    if (now_ns > *window_begin_ns_) {
        ++counts_.window_datagrams;
        counts_.window_ns = static_cast<std::uint64_t>(now_ns - *window_begin_ns_);
    }
}

ReceiverReport ArrivalBook::report() const {
    ReceiverReport report = counts_;
    report.delivered = log_.delivered();
    report.reordered = log_.reordered();
    report.duplicates = log_.duplicates();
    report.beyond_window = log_.beyond_window();
    report.largest_distance = log_.largest_distance();
    report.end = log_.end();
    report.jitter_ns = jitter_.mean_ns();
    return report;
}

}  // namespace assay::network::udp
