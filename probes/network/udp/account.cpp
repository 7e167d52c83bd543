#include "probes/network/udp/account.h"

#include <algorithm>
#include <limits>

namespace assay::network::udp {
namespace {

/// More datagrams than any trial has: 10 million a second for 120 s.
constexpr std::uint64_t kMostDatagrams = 1'200'000'000;
/// An hour: longer than any trial.
constexpr std::uint64_t kMostNs = 3'600'000'000'000;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 40;
constexpr std::size_t kMostEngineBytes = 16;

Expected<std::uint64_t> datagrams(const Fields& fields, std::string_view name) {
    return fields.count(name, kMostDatagrams);
}

Expected<std::optional<std::uint64_t>> maybe_datagrams(const Fields& fields,
                                                       std::string_view name) {
    if (!fields.has(name))
        return std::nullopt;
    ASSAY_TRY(const std::uint64_t count, datagrams(fields, name));
    return count;
}

/// The first sentence that is true of the books, if any: then they are not of one trial.
std::optional<std::string> contradiction(const SenderReport& sender,
                                         const ReceiverReport& receiver) {
    const auto text = [](std::uint64_t number) { return std::to_string(number); };
    if (receiver.delivered > sender.sent)
        return text(receiver.delivered) + " different datagrams came, but only " +
               text(sender.sent) + " were sent";
    if (receiver.end > sender.sent)
        return "number " + text(receiver.end - 1) + " came, but only " + text(sender.sent) +
               " were sent";
    if (receiver.beyond_window != 0)
        return text(receiver.beyond_window) +
               " datagrams came so late that nobody can say whether they had come before";
    const std::size_t intervals =
        std::max(sender.sent_by_interval.size(), receiver.delivered_by_interval.size());
    std::uint64_t sent_sum = 0, delivered_sum = 0;
    for (std::size_t at = 0; at < intervals; ++at) {
        const std::uint64_t sent =
            at < sender.sent_by_interval.size() ? sender.sent_by_interval[at] : 0;
        const std::uint64_t delivered =
            at < receiver.delivered_by_interval.size() ? receiver.delivered_by_interval[at] : 0;
        if (delivered > sent)
            return "of stretch " + text(at) + " came " + text(delivered) +
                   " different datagrams, but only " + text(sent) + " were sent in it";
        sent_sum += sent;
        delivered_sum += delivered;
    }
    if (sent_sum != sender.sent)
        return "the sender's stretches add up to " + text(sent_sum) + " datagrams, its sum is " +
               text(sender.sent);
    if (delivered_sum != receiver.delivered)
        return "the receiver's stretches add up to " + text(delivered_sum) +
               " datagrams, its sum is " + text(receiver.delivered);
    return std::nullopt;
}

}  // namespace

Fields SenderReport::fields() const {
    Fields fields;
    fields.set("sent", sent);
    fields.set("refused", refused);
    fields.set("unsent_bytes", unsent_bytes);
    fields.set("elapsed_ns", elapsed_ns);
    fields.set("behind_ns", behind_ns);
    fields.set("waits", waits);
    fields.set("most_burst", most_burst);
    fields.set("cpu_ns", cpu_ns);
    fields.set("engine", engine);
    fields.set("sent_by_interval", sent_by_interval);
    return fields;
}

Expected<SenderReport> SenderReport::of_fields(const Fields& fields) {
    SenderReport report;
    ASSAY_TRY(report.sent, datagrams(fields, "sent"));
    ASSAY_TRY(report.refused, datagrams(fields, "refused"));
    ASSAY_TRY(report.unsent_bytes, fields.count("unsent_bytes", kMostBytes));
    ASSAY_TRY(report.elapsed_ns, fields.count("elapsed_ns", kMostNs));
    ASSAY_TRY(report.behind_ns, fields.count("behind_ns", kMostNs));
    ASSAY_TRY(report.waits, fields.count("waits", std::numeric_limits<std::uint64_t>::max()));
    ASSAY_TRY(report.most_burst, fields.count("most_burst", kMostDatagrams));
    ASSAY_TRY(report.cpu_ns, fields.count("cpu_ns", kMostNs));
    ASSAY_TRY(report.engine, fields.text("engine", kMostEngineBytes));
    ASSAY_TRY(report.sent_by_interval, fields.counts("sent_by_interval", kMostIntervals));
    for (const std::uint64_t count : report.sent_by_interval)
        if (count > kMostDatagrams)
            return failure(ErrorKind::bad_input, "sent_by_interval: " + std::to_string(count) +
                                                     " datagrams in one stretch cannot be");
    return report;
}

Fields ReceiverReport::fields() const {
    Fields fields;
    fields.set("delivered", delivered);
    fields.set("reordered", reordered);
    fields.set("duplicates", duplicates);
    fields.set("late", late);
    fields.set("beyond_window", beyond_window);
    fields.set("foreign", foreign);
    fields.set("checked_fillers", checked_fillers);
    fields.set("wrong_fillers", wrong_fillers);
    fields.set("largest_distance", largest_distance);
    fields.set("end", end);
    if (socket_drops)
        fields.set("socket_drops", *socket_drops);
    fields.set("drops_are_datagrams", std::uint64_t{drops_are_datagrams});
    if (host_drops)
        fields.set("host_drops", *host_drops);
    fields.set("window_datagrams", window_datagrams);
    fields.set("window_ns", window_ns);
    if (jitter_ns)
        fields.set("jitter_ns", *jitter_ns);
    fields.set("cpu_ns", cpu_ns);
    fields.set("receive_buffer_bytes", receive_buffer_bytes);
    fields.set("engine", engine);
    fields.set("delivered_by_interval", delivered_by_interval);
    return fields;
}

Expected<ReceiverReport> ReceiverReport::of_fields(const Fields& fields) {
    ReceiverReport report;
    ASSAY_TRY(report.delivered, datagrams(fields, "delivered"));
    ASSAY_TRY(report.reordered, datagrams(fields, "reordered"));
    ASSAY_TRY(report.duplicates, datagrams(fields, "duplicates"));
    ASSAY_TRY(report.late, datagrams(fields, "late"));
    ASSAY_TRY(report.beyond_window, datagrams(fields, "beyond_window"));
    ASSAY_TRY(report.foreign, datagrams(fields, "foreign"));
    ASSAY_TRY(report.checked_fillers, datagrams(fields, "checked_fillers"));
    ASSAY_TRY(report.wrong_fillers, datagrams(fields, "wrong_fillers"));
    ASSAY_TRY(report.largest_distance, datagrams(fields, "largest_distance"));
    ASSAY_TRY(report.end, datagrams(fields, "end"));
    ASSAY_TRY(report.socket_drops, maybe_datagrams(fields, "socket_drops"));
    ASSAY_TRY(const std::uint64_t exact, fields.count("drops_are_datagrams", 1));
    report.drops_are_datagrams = exact == 1;
    ASSAY_TRY(report.host_drops, maybe_datagrams(fields, "host_drops"));
    ASSAY_TRY(report.window_datagrams, datagrams(fields, "window_datagrams"));
    ASSAY_TRY(report.window_ns, fields.count("window_ns", kMostNs));
    if (fields.has("jitter_ns")) {
        ASSAY_TRY(const double jitter_ns, fields.number("jitter_ns"));
        if (jitter_ns < 0)
            return failure(ErrorKind::bad_input, "jitter_ns: a jitter cannot be negative");
        report.jitter_ns = jitter_ns;
    }
    ASSAY_TRY(report.cpu_ns, fields.count("cpu_ns", kMostNs));
    ASSAY_TRY(report.receive_buffer_bytes, fields.count("receive_buffer_bytes", kMostBytes));
    ASSAY_TRY(report.engine, fields.text("engine", kMostEngineBytes));
    ASSAY_TRY(report.delivered_by_interval, fields.counts("delivered_by_interval", kMostIntervals));
    for (const std::uint64_t count : report.delivered_by_interval)
        if (count > kMostDatagrams)
            return failure(ErrorKind::bad_input, "delivered_by_interval: " + std::to_string(count) +
                                                     " datagrams in one stretch cannot be");
    return report;
}

Account account_of(const SenderReport& sender, const ReceiverReport& receiver,
                   std::size_t payload_bytes) {
    Account account{.offered = sender.sent + sender.refused,
                    .delivered = receiver.delivered,
                    .sender_host = sender.refused};
    account.broken = contradiction(sender, receiver);
    if (account.broken)
        return account;
    std::uint64_t missing = sender.sent - receiver.delivered;
    // What the kernel charges for a queued datagram is at least its payload.
    account.in_flight =
        std::min(missing, sender.unsent_bytes / std::max<std::size_t>(payload_bytes, 1));
    missing -= account.in_flight;
    if (receiver.socket_drops && receiver.drops_are_datagrams) {
        // The socket may also have dropped second copies and foreign datagrams, which nobody
        // misses; then its count is a ceiling. Without any, more drops than missing is a
        // contradiction.
        if (*receiver.socket_drops > missing && receiver.duplicates == 0 && receiver.foreign == 0)
            account.broken = "the receiving socket dropped " +
                             std::to_string(*receiver.socket_drops) + " datagrams, but only " +
                             std::to_string(missing) + " are missing";
        account.receiver_socket = std::min(missing, *receiver.socket_drops);
        missing -= account.receiver_socket;
    } else if (missing > 0 && receiver.socket_drops != std::uint64_t{0}) {
        account.told_apart = false;
    }
    if (receiver.host_drops) {
        account.receiver_host = std::min(missing, *receiver.host_drops);
        missing -= account.receiver_host;
    }
    account.network = missing;
    return account;
}

}  // namespace assay::network::udp
