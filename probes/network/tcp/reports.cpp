#include "probes/network/tcp/reports.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string_view>

#include "probes/network/tcp/wishes.h"

namespace assay::network::tcp {
namespace {

/// Far beyond what any test moves or lasts, and small enough for every sum: 2^60.
constexpr std::uint64_t kMost = std::uint64_t{1} << 60;
constexpr std::size_t kMostTicks = 4096;

std::unexpected<Error> contradiction(const std::string& what) {
    return failure(ErrorKind::bad_input, "the other side's report of a TCP test: " + what);
}

struct NumberOf {
    std::string_view name;
    std::uint64_t SenderTick::*member;
};
constexpr std::array kTickNumbers{
    NumberOf{"s.retransmits", &SenderTick::retransmits},
    NumberOf{"s.segments", &SenderTick::segments},
    NumberOf{"s.acked_bytes", &SenderTick::acked_bytes},
    NumberOf{"s.busy_ns", &SenderTick::busy_ns},
    NumberOf{"s.window_limited_ns", &SenderTick::window_limited_ns},
    NumberOf{"s.buffer_limited_ns", &SenderTick::buffer_limited_ns},
    NumberOf{"s.rtt_ns", &SenderTick::rtt_ns},
    NumberOf{"s.cpu_ns", &SenderTick::cpu_ns},
    NumberOf{"s.busiest_cpu_ns", &SenderTick::busiest_cpu_ns},
    NumberOf{"s.busiest_waited_ns", &SenderTick::busiest_waited_ns},
    NumberOf{"s.queue_dropped", &SenderTick::queue_dropped},
    NumberOf{"s.queue_held", &SenderTick::queue_held},
    NumberOf{"s.interface_bytes", &SenderTick::interface_bytes},
};
/// These last ones are not in what an older program sends.
constexpr std::size_t kNewTickNumbers = 3;
constexpr std::size_t kMostQueueKindBytes = 32;

template <class Report>
struct CountOf {
    std::string_view name;
    std::uint64_t Report::*member;
};
constexpr std::array kSenderCounts{
    CountOf<SenderReport>{"s.sent_bytes", &SenderReport::sent_bytes},
    CountOf<SenderReport>{"s.taken_bytes", &SenderReport::taken_bytes},
    CountOf<SenderReport>{"s.unsent_bytes", &SenderReport::unsent_bytes},
    CountOf<SenderReport>{"s.unacked_bytes", &SenderReport::unacked_bytes},
    CountOf<SenderReport>{"s.segment_bytes", &SenderReport::segment_bytes},
    CountOf<SenderReport>{"s.least_rtt_ns", &SenderReport::least_rtt_ns},
    CountOf<SenderReport>{"s.window_bytes", &SenderReport::window_bytes},
    CountOf<SenderReport>{"s.send_buffer_bytes", &SenderReport::send_buffer_bytes},
};
constexpr std::array kReceiverCounts{
    CountOf<ReceiverReport>{"r.total_bytes", &ReceiverReport::total_bytes},
    CountOf<ReceiverReport>{"r.bytes_at_close", &ReceiverReport::bytes_at_close},
    CountOf<ReceiverReport>{"r.checked_bytes", &ReceiverReport::checked_bytes},
    CountOf<ReceiverReport>{"r.wrong_samples", &ReceiverReport::wrong_samples},
    CountOf<ReceiverReport>{"r.receive_buffer_bytes", &ReceiverReport::receive_buffer_bytes},
    CountOf<ReceiverReport>{"r.cpu_ns", &ReceiverReport::cpu_ns},
    CountOf<ReceiverReport>{"r.busiest_cpu_ns", &ReceiverReport::busiest_cpu_ns},
    CountOf<ReceiverReport>{"r.busiest_waited_ns", &ReceiverReport::busiest_waited_ns},
};

template <class Report, std::size_t N>
Expected<void> read_counts(const Fields& fields, const std::array<CountOf<Report>, N>& rows,
                           Report& report) {
    for (const CountOf<Report>& row : rows) {
        ASSAY_TRY(report.*row.member, fields.count(row.name, kMost));
    }
    return {};
}

template <class Row, class Time>
std::vector<std::uint64_t> times_of(const std::vector<Row>& rows, Time time) {
    std::vector<std::uint64_t> times;
    for (const Row& row : rows)
        times.push_back(static_cast<std::uint64_t>((row.*time).count()));
    return times;
}

/// Rising, and each within bounds.
Expected<std::vector<std::uint64_t>> rising_at(const Fields& fields, std::string_view name) {
    ASSAY_TRY(std::vector<std::uint64_t> values, fields.counts(name, kMostTicks));
    if (!std::ranges::is_sorted(values) || (!values.empty() && values.back() > kMost))
        return contradiction("field '" + std::string(name) + "' does not rise");
    return values;
}

std::chrono::nanoseconds duration_of(std::uint64_t nanoseconds) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds));
}

/// The ticks around `at`, mixed. Ends of the list where it lies outside.
SenderTick tick_at(const std::vector<SenderTick>& ticks, std::chrono::nanoseconds at) {
    const auto after = std::ranges::lower_bound(ticks, at, std::ranges::less{}, &SenderTick::at);
    if (after == ticks.end())
        return ticks.back();
    if (after == ticks.begin())
        return ticks.front();
    const SenderTick& low = *(after - 1);
    const SenderTick& high = *after;
    const double share = static_cast<double>((at - low.at).count()) /
                         static_cast<double>(std::max<std::int64_t>(1, (high.at - low.at).count()));
    SenderTick mixed{.at = at};
    for (const NumberOf& row : kTickNumbers) {
        const auto from = static_cast<double>(low.*row.member);
        const auto to = static_cast<double>(high.*row.member);
        mixed.*row.member = static_cast<std::uint64_t>(std::llround(from + (to - from) * share));
    }
    return mixed;
}

}  // namespace

std::uint64_t ReceiverReport::window_bytes() const {
    return std::accumulate(stream_bytes.begin(), stream_bytes.end(), std::uint64_t{0});
}

void put(Fields& fields, const SenderReport& report) {
    for (const auto& row : kSenderCounts)
        fields.set(row.name, report.*row.member);
    fields.set("s.congestion", report.congestion);
    fields.set("s.link_bytes_per_s", report.link_bytes_per_s);
    fields.set("s.queue_is_shaper", report.queue_is_shaper);
    fields.set("s.queue_kind", report.queue_kind);
    fields.set("s.at_ns", times_of(report.ticks, &SenderTick::at));
    for (const NumberOf& row : kTickNumbers) {
        std::vector<std::uint64_t> values;
        for (const SenderTick& tick : report.ticks)
            values.push_back(tick.*row.member);
        fields.set(row.name, std::move(values));
    }
}

void put(Fields& fields, const ReceiverReport& report) {
    for (const auto& row : kReceiverCounts)
        fields.set(row.name, report.*row.member);
    fields.set("r.ramp_ns", static_cast<std::uint64_t>(report.ramp.count()));
    fields.set("r.window_ns", static_cast<std::uint64_t>(report.window.count()));
    fields.set("r.settled", std::uint64_t{report.settled});
    fields.set("r.cut_short", std::uint64_t{report.cut_short});
    fields.set("r.drained", std::uint64_t{report.drained});
    fields.set("r.stream_bytes", report.stream_bytes);
    fields.set("r.series_at_ns", times_of(report.series, &Arrived::at));
    std::vector<std::uint64_t> bytes;
    for (const Arrived& sample : report.series)
        bytes.push_back(sample.bytes);
    fields.set("r.series_bytes", std::move(bytes));
}

Expected<SenderReport> sender_report_of(const Fields& fields) {
    SenderReport report;
    ASSAY_TRY_VOID(read_counts(fields, kSenderCounts, report));
    ASSAY_TRY(report.congestion, fields.text("s.congestion", kMostCongestionNameBytes));
    if (fields.has("s.queue_kind")) {
        ASSAY_TRY(report.queue_kind, fields.text("s.queue_kind", kMostQueueKindBytes));
        ASSAY_TRY(report.queue_is_shaper, fields.count("s.queue_is_shaper", 1));
        ASSAY_TRY(report.link_bytes_per_s, fields.count("s.link_bytes_per_s", kMost));
    }
    ASSAY_TRY(const std::vector<std::uint64_t> at, rising_at(fields, "s.at_ns"));
    for (const std::uint64_t time : at)
        report.ticks.push_back({.at = duration_of(time)});
    for (std::size_t number = 0; number < kTickNumbers.size(); ++number) {
        const NumberOf& row = kTickNumbers[number];
        if (number + kNewTickNumbers >= kTickNumbers.size() && !fields.has(row.name))
            continue;
        // What the kernel smooths may fall; what it counts may not.
        const bool counts = row.member != &SenderTick::rtt_ns;
        ASSAY_TRY(const std::vector<std::uint64_t> values,
                  counts ? rising_at(fields, row.name) : fields.counts(row.name, kMostTicks));
        if (values.size() != at.size())
            return contradiction("its lists differ in length");
        for (std::size_t index = 0; index < values.size(); ++index)
            report.ticks[index].*row.member = std::min(values[index], kMost);
    }
    return report;
}

Expected<ReceiverReport> receiver_report_of(const Fields& fields) {
    ReceiverReport report;
    ASSAY_TRY_VOID(read_counts(fields, kReceiverCounts, report));
    ASSAY_TRY(const std::uint64_t ramp, fields.count("r.ramp_ns", kMost));
    ASSAY_TRY(const std::uint64_t window, fields.count("r.window_ns", kMost));
    ASSAY_TRY(const std::uint64_t settled, fields.count("r.settled", 1));
    ASSAY_TRY(const std::uint64_t cut_short, fields.count("r.cut_short", 1));
    ASSAY_TRY(const std::uint64_t drained, fields.count("r.drained", 1));
    report.ramp = duration_of(ramp);
    report.window = duration_of(window);
    report.settled = settled != 0;
    report.cut_short = cut_short != 0;
    report.drained = drained != 0;
    ASSAY_TRY(report.stream_bytes, fields.counts("r.stream_bytes", kMostStreams));
    if (std::ranges::any_of(report.stream_bytes, [](std::uint64_t one) { return one > kMost; }) ||
        report.window_bytes() > report.total_bytes)
        return contradiction("more bytes came in the window than in all");
    ASSAY_TRY(const std::vector<std::uint64_t> at, rising_at(fields, "r.series_at_ns"));
    ASSAY_TRY(const std::vector<std::uint64_t> bytes, rising_at(fields, "r.series_bytes"));
    if (at.size() != bytes.size())
        return contradiction("its lists differ in length");
    for (std::size_t index = 0; index < at.size(); ++index)
        report.series.push_back({duration_of(at[index]), bytes[index]});
    return report;
}

std::optional<SenderTick> sender_change(const SenderReport& report, std::chrono::nanoseconds begin,
                                        std::chrono::nanoseconds end) {
    if (report.ticks.size() < 2 || end <= begin)
        return std::nullopt;
    const SenderTick from = tick_at(report.ticks, begin);
    const SenderTick to = tick_at(report.ticks, end);
    SenderTick change{.at = end - begin};
    for (const NumberOf& row : kTickNumbers)
        change.*row.member = to.*row.member - std::min(from.*row.member, to.*row.member);
    // Not a counter: the mean of what was seen in between.
    std::uint64_t seen = 0;
    std::uint64_t sum = 0;
    for (const SenderTick& tick : report.ticks)
        if (tick.at >= begin && tick.at <= end) {
            ++seen;
            sum += tick.rtt_ns / report.ticks.size();
        }
    change.rtt_ns = seen == 0 ? to.rtt_ns : sum / seen * report.ticks.size();
    return change;
}

}  // namespace assay::network::tcp
