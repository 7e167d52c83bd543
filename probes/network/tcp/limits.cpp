#include "probes/network/tcp/limits.h"

#include <cstdio>

namespace assay::network::tcp {
namespace {

constexpr double kBusyShare = 0.95;    // of a CPU; the list of findings says the same
constexpr double kWaitingShare = 0.3;  // of the sender's busy time
constexpr double kLostShare =
    1e-4;                     // of the segments; below it cubic still fills 10 Gbit/s in a LAN
constexpr double kGrown = 2;  // round trips, against the least
constexpr double kGrownByNs = 2e6;  // and no host's own delays

template <class... Values>
std::string text(const char* format, Values... values) {
    char buffer[320];
    std::snprintf(buffer, sizeof buffer, format, values...);
    return buffer;
}

std::string buffer_text(std::uint64_t bytes) {
    return bytes == 0 ? "unknown" : std::to_string(bytes) + " B";
}

bool queue_has_grown(const LimitFacts& facts) {
    return facts.least_rtt_ns && facts.rtt_ns > kGrown * *facts.least_rtt_ns &&
           facts.rtt_ns - *facts.least_rtt_ns > kGrownByNs;
}

double lost_share(const LimitFacts& facts) {
    return facts.segments == 0
               ? 0
               : static_cast<double>(facts.retransmits) / static_cast<double>(facts.segments);
}

std::string loss_text(const LimitFacts& facts) {
    return text(
        "%llu of %llu segments were sent again (%.3f %%); the round trip took %.2f ms on "
        "average and %.2f ms at least",
        static_cast<unsigned long long>(facts.retransmits),
        static_cast<unsigned long long>(facts.segments), lost_share(facts) * 100,
        facts.rtt_ns / 1e6, facts.least_rtt_ns.value_or(0) / 1e6);
}

std::string wait_text(const LimitFacts& facts, double share, std::string_view buffer,
                      std::uint64_t buffer_bytes) {
    return text(
        "for %.0f %% of its busy time the sender waited; the %.*s buffer was %s, and rate "
        "times round trip is %.0f B",
        share * 100, static_cast<int>(buffer.size()), buffer.data(),
        buffer_text(buffer_bytes).c_str(), facts.bytes_per_s * facts.rtt_ns / 1e9);
}

}  // namespace

std::vector<Finding> limits_of(const LimitFacts& facts, std::string_view where) {
    std::vector<Finding> found;
    const auto add = [&](std::string_view id, const std::string& message) {
        found.push_back(make_finding(id, std::string(where) + ": " + message + "."));
    };
    // A receiver that cannot keep up closes its window, and a thread that is busy all the time
    // explains the waiting of the other: so the processors come first.
    if (facts.receiver_cpu_share > kBusyShare)
        add("tcp_receiver_cpu", text("the busiest receiving thread used %.1f %% of a CPU",
                                     facts.receiver_cpu_share * 100));
    if (facts.sender_cpu_share > kBusyShare)
        add("tcp_sender_cpu",
            text("the busiest sending thread used %.1f %% of a CPU", facts.sender_cpu_share * 100));
    const bool cpu_bound = !found.empty();
    if (!cpu_bound && facts.window_limited_share.value_or(0) > kWaitingShare)
        add("tcp_receive_window",
            wait_text(facts, *facts.window_limited_share, "receive", facts.receive_buffer_bytes));
    else if (!cpu_bound && facts.buffer_limited_share.value_or(0) > kWaitingShare)
        add("tcp_send_buffer",
            wait_text(facts, *facts.buffer_limited_share, "send", facts.send_buffer_bytes));
    const bool loses = lost_share(facts) > kLostShare;
    if (queue_has_grown(facts) && !cpu_bound && (loses || found.empty()))
        add("tcp_shaped_link", loss_text(facts));
    else if (loses)
        add("tcp_random_loss", loss_text(facts));
    return found;
}

}  // namespace assay::network::tcp
