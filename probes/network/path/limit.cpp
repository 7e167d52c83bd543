#include "probes/network/path/limit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "engine/core/units.h"
#include "probes/network/path/number_text.h"

namespace assay::network::path {
namespace {

// A thread that computes or waits for a CPU for this share of the time has none left.
constexpr double kCpuIsFull = 0.95;
// And one that waits for this share, where nothing else names a limit: it sleeps now and then while
// what it did in between still travels.
constexpr double kCpuIsShort = 0.5;
// A receiver that waits for this share answers late: the queue that then stands is its own.
constexpr double kCpuIsAway = 0.75;
// A window or buffer that stopped the sender for this share of its time: TCP's own pauses (delayed
// acknowledgements, auto-tuning while it grows) stay well below.
constexpr double kIsLimiting = 0.30;
// What others carry at this share is more than noise beside our own loss of rate.
constexpr double kOthersLimit = 0.10;
// Losses below one in ten thousand hardly slow a modern TCP down.
constexpr double kLossIsSeen = 1e-4;
// A queue that a sender fills by its own search for the rate drops fewer than this.
constexpr double kShortQueueLoss = 5e-3;
// A shaper that is never reached holds a packet back once in a while, after a burst.
constexpr double kHeldOften = 1e-3;
// A queue stands where the round trip is at least twice the idle one and half a millisecond longer.
constexpr double kQueueFactor = 2.0;
constexpr double kQueueNs = 0.5 * static_cast<double>(kNanosecondsPerMillisecond);
// A queue this deep is no busy CPU's doing while the sender always had data in flight.
constexpr double kDeepQueueNs = 5 * static_cast<double>(kNanosecondsPerMillisecond);
constexpr double kAlwaysBusy = 0.9;
// A plateau: the rates of at least five stretches spread by no more than 2 % (coefficient of
// variation).
constexpr std::size_t kFewestRates = 5;
constexpr double kFlat = 0.02;
// TCP over Ethernet with MTU 1500 carries 94 % of the line rate as payload.
constexpr double kLineRate = 0.90;
constexpr double kWishReached = 0.99;

constexpr std::array<std::pair<Limit, std::string_view>, 12> kNames{{
    {Limit::unknown, "unknown"},
    {Limit::none, "none"},
    {Limit::same_host, "same_host"},
    {Limit::sender_cpu, "sender_cpu"},
    {Limit::receiver_cpu, "receiver_cpu"},
    {Limit::receiver_window, "receiver_window"},
    {Limit::send_buffer, "send_buffer"},
    {Limit::shaped_link, "shaped_link"},
    {Limit::random_loss, "random_loss"},
    {Limit::receiver_socket, "receiver_socket"},
    {Limit::sender_qdisc, "sender_qdisc"},
    {Limit::competing_traffic, "competing_traffic"},
}};

double mean_of(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values)
        sum += value;
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

/// Standard deviation over mean. nullopt below kFewestRates or without any rate.
std::optional<double> spread_of(const std::vector<double>& rates) {
    const double mean = mean_of(rates);
    if (rates.size() < kFewestRates || mean <= 0)
        return std::nullopt;
    double squares = 0;
    for (const double rate : rates)
        squares += (rate - mean) * (rate - mean);
    return std::sqrt(squares / static_cast<double>(rates.size() - 1)) / mean;
}

/// The rules. Each looks at the evidence and says nothing or why its limit holds.
class Judge {
  public:
    explicit Judge(const LimitEvidence& evidence) : facts_(evidence) {}

    std::vector<LimitReason> reasons() {
        same_host();
        wish_reached();
        // What a host dropped itself is certain, whatever else may have been going on.
        receiver_socket_or_its_cpu();
        sender_queue();
        // Who shares a full link with others gets less of it than the link holds.
        others();
        own_shaper();
        cpus();
        window();
        send_buffer();
        line_rate();
        queue_on_the_way();
        random_loss();
        if (reasons_.empty())
            starved_cpu();
        return std::move(reasons_);
    }

  private:
    void say(Limit limit, std::string evidence) {
        const bool said = std::ranges::any_of(
            reasons_, [&](const LimitReason& reason) { return reason.limit == limit; });
        if (!said)
            reasons_.push_back({limit, std::move(evidence)});
    }
    std::optional<double> ratio_of(const std::optional<std::uint64_t>& part) const {
        if (!part || !facts_.sent || *facts_.sent == 0)
            return std::nullopt;
        return static_cast<double>(*part) / static_cast<double>(*facts_.sent);
    }
    bool is_seen(const std::optional<std::uint64_t>& lost) const {
        const auto ratio = ratio_of(lost);
        return ratio && *ratio > kLossIsSeen;
    }
    /// Losses that no host owned up to: of datagrams, else retransmits that no drop of ours
    /// explains.
    std::optional<double> unexplained_loss() const {
        if (const auto lost = ratio_of(facts_.network_lost))
            return lost;
        if (!facts_.retransmit_ratio)
            return std::nullopt;
        return std::max(0.0,
                        *facts_.retransmit_ratio - ratio_of(facts_.sender_dropped).value_or(0));
    }
    /// TCP knows of losses by what it sent again, which is a little more than what was lost.
    std::string loss_text(double loss) const {
        return percent_text(loss) + (facts_.network_lost ? " of the datagrams were lost"
                                                         : " of the segments were sent again");
    }
    std::optional<bool> queue_stands() const {
        if (!facts_.idle_rtt_ns || !facts_.loaded_rtt_ns)
            return std::nullopt;
        return *facts_.loaded_rtt_ns >= kQueueFactor * *facts_.idle_rtt_ns &&
               *facts_.loaded_rtt_ns >= *facts_.idle_rtt_ns + kQueueNs;
    }
    static bool is_full(const std::optional<double>& use, const std::optional<double>& wait) {
        return use && *use + wait.value_or(0) >= kCpuIsFull;
    }
    bool receiver_is_full() const {
        return is_full(facts_.receiver_cpu_share, facts_.receiver_cpu_wait_share) ||
               (facts_.receiver_cpu_share &&
                facts_.receiver_cpu_wait_share.value_or(0) >= kCpuIsAway &&
                facts_.receiver_cpu_wait_share > facts_.sender_cpu_wait_share);
    }
    bool sender_is_full() const {
        return is_full(facts_.sender_cpu_share, facts_.sender_cpu_wait_share);
    }
    static std::string cpu_text(std::string_view end, double use,
                                const std::optional<double>& wait) {
        std::string text = std::string(end) + "'s thread used " + percent_text(use) + " of a CPU";
        if (wait && *wait > 0)
            text += " and waited for one for another " + percent_text(*wait);
        return text;
    }
    void say_receiver_cpu() {
        say(Limit::receiver_cpu,
            cpu_text("the receiver", *facts_.receiver_cpu_share, facts_.receiver_cpu_wait_share));
    }
    void say_sender_cpu() {
        say(Limit::sender_cpu,
            cpu_text("the sender", *facts_.sender_cpu_share, facts_.sender_cpu_wait_share));
    }

    void same_host() {
        if (facts_.same_host.value_or(false))
            say(Limit::same_host, "both ends are this host, so no network was crossed");
    }
    void wish_reached();
    void receiver_socket_or_its_cpu();
    void sender_queue();
    void others();
    void own_shaper();
    void cpus();
    void window();
    void send_buffer();
    void line_rate();
    void queue_on_the_way();
    void random_loss();
    void starved_cpu();

    const LimitEvidence& facts_;
    std::vector<LimitReason> reasons_;
};

void Judge::wish_reached() {
    const bool lost = is_seen(facts_.network_lost) || is_seen(facts_.sender_dropped) ||
                      is_seen(facts_.receiver_socket_dropped);
    if (facts_.wished_bytes_per_s && !facts_.rates_bytes_per_s.empty() && !lost &&
        mean_of(facts_.rates_bytes_per_s) >= kWishReached * *facts_.wished_bytes_per_s)
        say(Limit::none, "the wished rate of " + megabits_text(*facts_.wished_bytes_per_s) +
                             " was reached, and what was sent arrived");
}

void Judge::receiver_socket_or_its_cpu() {
    if (!is_seen(facts_.receiver_socket_dropped) ||
        *facts_.receiver_socket_dropped < facts_.network_lost.value_or(0) ||
        *facts_.receiver_socket_dropped < facts_.sender_dropped.value_or(0))
        return;
    if (receiver_is_full())
        say_receiver_cpu();
    say(Limit::receiver_socket, "the receiver's socket dropped " +
                                    std::to_string(*facts_.receiver_socket_dropped) + " of " +
                                    std::to_string(*facts_.sent) + " for want of buffer");
}

void Judge::sender_queue() {
    // What a shaper drops now and then is the shaper's doing, which own_shaper names: a sender
    // learns its rate by such drops. Many of them mean that its queue is too short.
    const double explained = facts_.sender_queue_is_shaper ? kShortQueueLoss : kLossIsSeen;
    if (ratio_of(facts_.sender_dropped).value_or(0) <= explained)
        return;
    const std::uint64_t elsewhere = facts_.network_lost.value_or(0);
    if (*facts_.sender_dropped < elsewhere)
        return;
    say(Limit::sender_qdisc,
        "the sender's own queue" +
            (facts_.sender_queue_kind.empty() ? std::string()
                                              : " (" + facts_.sender_queue_kind + ")") +
            " refused " + std::to_string(*facts_.sender_dropped) + " of " +
            std::to_string(*facts_.sent));
}

void Judge::others() {
    if (facts_.others_share && *facts_.others_share > kOthersLimit)
        say(Limit::competing_traffic, percent_text(*facts_.others_share) +
                                          " of what the interface carried were not this test's");
}

void Judge::own_shaper() {
    if (!facts_.sender_queue_is_shaper || facts_.sender_queue_held.value_or(0) == 0)
        return;
    if (ratio_of(facts_.sender_queue_held).value_or(1) >= kHeldOften)
        say(Limit::shaped_link, "the sender's own shaper (" + facts_.sender_queue_kind +
                                    ") held packets back " +
                                    std::to_string(*facts_.sender_queue_held) + " times");
}

void Judge::cpus() {
    // A slow receiver closes the window; a slow sender leaves it open.
    const bool window_was_full = facts_.receiver_window_share.value_or(0) > kIsLimiting;
    if (receiver_is_full() && (window_was_full || !sender_is_full()))
        say_receiver_cpu();
    if (sender_is_full())
        say_sender_cpu();
}

void Judge::window() {
    if (facts_.receiver_window_share && *facts_.receiver_window_share > kIsLimiting &&
        facts_.receiver_window_share >= facts_.send_buffer_share)
        say(Limit::receiver_window,
            "the sender waited for the receiver's window for " +
                percent_text(*facts_.receiver_window_share) +
                " of the time; raise net.ipv4.tcp_rmem on the receiver, or use more streams");
}

void Judge::send_buffer() {
    if (facts_.send_buffer_share && *facts_.send_buffer_share > kIsLimiting)
        say(Limit::send_buffer,
            "the sender waited for its own send buffer for " +
                percent_text(*facts_.send_buffer_share) +
                " of the time; raise net.ipv4.tcp_wmem on the sender, or use more streams");
}

void Judge::line_rate() {
    const double rate = mean_of(facts_.rates_bytes_per_s);
    if (facts_.link_speed_bytes_per_s && rate >= kLineRate * *facts_.link_speed_bytes_per_s)
        say(Limit::shaped_link, megabits_text(rate) + " is what a link of " +
                                    megabits_text(*facts_.link_speed_bytes_per_s) + " can carry");
}

void Judge::queue_on_the_way() {
    const auto loss = unexplained_loss();
    const auto spread = spread_of(facts_.rates_bytes_per_s);
    const bool is_flat = spread && *spread <= kFlat;
    const std::string rate = megabits_text(mean_of(facts_.rates_bytes_per_s));
    const bool is_deep = queue_stands().value_or(false) &&
                         *facts_.loaded_rtt_ns - *facts_.idle_rtt_ns >= kDeepQueueNs &&
                         facts_.busy_share.value_or(0) >= kAlwaysBusy;
    if (queue_stands().value_or(false) && (is_flat || is_deep || loss.value_or(0) > kLossIsSeen))
        say(Limit::shaped_link,
            "a queue stood on the way: the round trip grew from " +
                milliseconds_text(*facts_.idle_rtt_ns) + " to " +
                milliseconds_text(*facts_.loaded_rtt_ns) + " while " + rate + " arrived" +
                (is_flat ? ", evenly to " + percent_text(*spread) : std::string()));
    // A policer drops what is too much without queueing it; at half of the rate nothing is lost.
    else if (loss.value_or(0) > kLossIsSeen && facts_.loss_ratio_when_slower &&
             *facts_.loss_ratio_when_slower < *loss / 4)
        say(Limit::shaped_link, loss_text(*loss) + " at this rate, but only " +
                                    percent_text(*facts_.loss_ratio_when_slower) +
                                    " when it was halved: something on the way caps the rate");
}

void Judge::random_loss() {
    const auto loss = unexplained_loss();
    if (loss.value_or(0) <= kLossIsSeen)
        return;
    const bool also_when_slower =
        facts_.loss_ratio_when_slower && *facts_.loss_ratio_when_slower >= *loss / 2;
    const bool no_queue = queue_stands() == std::optional(false);
    if (also_when_slower || (no_queue && !facts_.loss_ratio_when_slower))
        say(Limit::random_loss,
            loss_text(*loss) + ", and " +
                (also_when_slower ? "as many at a lower rate" : "no queue stood before it") +
                ": look for a bad cable, optic, duplex or radio link");
}

void Judge::starved_cpu() {
    const double sender = facts_.sender_cpu_wait_share.value_or(0);
    const double receiver = facts_.receiver_cpu_wait_share.value_or(0);
    if (std::max(sender, receiver) < kCpuIsShort)
        return;
    if (receiver > sender && facts_.receiver_cpu_share)
        say_receiver_cpu();
    else if (facts_.sender_cpu_share)
        say_sender_cpu();
}

}  // namespace

std::string_view name_of(Limit limit) {
    for (const auto& [value, name] : kNames)
        if (value == limit)
            return name;
    return "unknown";
}

LimitJudgement judge_limit(const LimitEvidence& evidence) {
    LimitJudgement judgement;
    judgement.reasons = Judge(evidence).reasons();
    if (judgement.reasons.empty()) {
        judgement.sentence =
            "What limited the transfer could not be told: no fact of either end "
            "names a limit.";
        return judgement;
    }
    judgement.limit = judgement.reasons.front().limit;
    judgement.sentence = "The limit was " + std::string(name_of(judgement.limit)) + ": " +
                         judgement.reasons.front().evidence + ".";
    return judgement;
}

std::vector<Finding> limit_findings(const LimitJudgement& judgement) {
    if (judgement.limit == Limit::none)
        return {};
    return {make_finding("network_limit", judgement.sentence)};
}

}  // namespace assay::network::path
