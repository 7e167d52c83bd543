#include "probes/network/tcp/tcp.h"

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "probes/network/tcp/metrics.h"
#include "probes/network/tcp/settings.h"
#include "probes/network/tcp/tcp_round.h"
#include "probes/network/wire/payload.h"

namespace assay::network {
namespace {

constexpr std::array kOptions{
    Option{.name = "streams",
           .kind = OptionKind::count,
           .default_text = "1 and 4",
           .choices = "",
           .help = "measure this many parallel TCP streams only, 1 to 128"},
    Option{.name = "peer",
           .kind = OptionKind::text,
           .default_text = "",
           .choices = "",
           .help = "HOST:PORT of an agent; without it a SELF-TEST over loopback is measured"},
};

/// A listener on the loopback interface at a free port: IPv4, or IPv6 on a host without IPv4.
Expected<Socket> listen_on_loopback() {
    constexpr int kBacklog = 2 * static_cast<int>(kMostStreams);
    ASSAY_TRY(const Endpoint v4, Endpoint::of_address("127.0.0.1", 0));
    auto listener = listen_on(v4, kBacklog);
    if (listener)
        return listener;
    ASSAY_TRY(const Endpoint v6, Endpoint::of_address("::1", 0));
    auto second = listen_on(v6, kBacklog);
    if (second)
        return second;
    return failure(
        ErrorKind::unavailable,
        "no TCP listener on the loopback interface (" + listener.error().message + "; " +
            second.error().message +
            "); bring the interface up with 'ip link set lo up', or run outside the sandbox");
}

StreamHello::Token token_of(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    StreamHello::Token token{};
    for (std::byte& byte : token)
        byte = static_cast<std::byte>(random() & 0xff);
    return token;
}

std::string case_name(std::size_t streams) {
    return streams == 1 ? "1 stream" : std::to_string(streams) + " streams";
}

/// The wished duration, or less where the deadline is near. Errors: timed_out.
Expected<RoundTimes> times_of(const RoundRequest& request) {
    // What the path still holds when the window ends: some MiB over loopback, some ms.
    constexpr std::chrono::milliseconds kDrain{100};
    // Shorter than this, one late wake-up of a thread would be seen in the number.
    constexpr std::chrono::milliseconds kShortest{20};
    const std::chrono::nanoseconds left =
        request.deadline - std::chrono::steady_clock::now() - kDrain;
    const std::chrono::nanoseconds duration = std::min(request.duration, left);
    if (duration < kShortest)
        return failure(ErrorKind::timed_out,
                       "a TCP round needs 20 ms and 100 ms to end, and so much is not left before "
                       "its deadline; give a larger --budget or --duration");
    return split_round(duration);
}

/// What all rounds together proved; the data of verify.
struct Evidence {
    std::size_t rounds = 0;
    std::uint64_t sent_bytes = 0, received_bytes = 0;
    std::uint64_t checked_bytes = 0, wrong_samples = 0;
    std::size_t rounds_that_differ = 0;  // where the two ends' counts are not equal

    void add(const RoundOutcome& outcome) {
        ++rounds;
        sent_bytes += outcome.sent_bytes;
        received_bytes += outcome.received.total_bytes;
        checked_bytes += outcome.received.checked_bytes;
        wrong_samples += outcome.received.wrong_samples;
        if (outcome.sent_bytes != outcome.received.total_bytes)
            ++rounds_that_differ;
    }
};

/// Sends from this process to itself. Connections are made anew each round, so that each round
/// begins with the same slow start and ends with the two ends' sums.
class SelfTest : public Workload {
  public:
    SelfTest(const TcpSettings& settings, Socket listener, const Endpoint& endpoint)
        : settings_(settings), listener_(std::move(listener)), endpoint_(endpoint) {
        for (const std::size_t streams : settings_.stream_counts)
            cases_.push_back(
                {.name = case_name(streams),
                 .conditions = {{"streams", std::uint64_t{streams}},
                                {"direction", "up"},
                                {"peer", "self-test"},
                                {"congestion_control", congestion_control_of(listener_)},
                                {"family", endpoint_.family_name()}}});
    }

    std::span<const Case> cases() const override { return cases_; }
    std::vector<Finding> findings() const override {
        return {make_finding("self_test", "Sender and receiver are both this process, over " +
                                              endpoint_.text() + ": SELF-TEST.")};
    }
    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override;
    Expected<void> verify() override;

  private:
    TcpSettings settings_;
    Socket listener_;
    Endpoint endpoint_;
    std::vector<Case> cases_;  // [settings_.stream_counts], same order
    Evidence evidence_;
};

Expected<RoundResult> SelfTest::measure(std::size_t case_index, const RoundRequest& request) {
    const Interrupt interrupt{.stop = request.stop, .deadline = request.deadline};
    const StreamHello::Token token = token_of(request.seed);
    const std::size_t streams = settings_.stream_counts.at(case_index);
    ASSAY_TRY(TcpSender sender, TcpSender::connect({.remote = endpoint_,
                                                    .token = token,
                                                    .streams = streams,
                                                    .congestion_control = std::nullopt},
                                                   interrupt));
    ASSAY_TRY(TcpReceiver receiver,
              TcpReceiver::accept(listener_, {.token = token, .streams = streams}, interrupt));
    ASSAY_TRY(const RoundTimes times, times_of(request));
    ASSAY_TRY(const RoundOutcome outcome, measure_round(sender, receiver, times, interrupt));
    evidence_.add(outcome);
    if (outcome.received.window_bytes == 0)
        return failure(ErrorKind::io, "TCP over " + endpoint_.text() +
                                          ": not one byte arrived in the window; the host was too "
                                          "busy to run the test, so run it again");
    RoundResult result;
    result.values.push_back(
        {&kTcpBandwidth, static_cast<double>(outcome.received.window_bytes) / outcome.window_s});
    if (outcome.retransmits)
        result.values.push_back({&kTcpRetransmits, static_cast<double>(*outcome.retransmits)});
    return result;
}

Expected<void> SelfTest::verify() {
    if (evidence_.rounds == 0)
        return failure(ErrorKind::unavailable,
                       "no TCP round was measured, so there is nothing to prove");
    if (evidence_.rounds_that_differ != 0 || evidence_.received_bytes == 0)
        return failure(ErrorKind::io,
                       "TCP over " + endpoint_.text() + ": in " +
                           std::to_string(evidence_.rounds_that_differ) + " of " +
                           std::to_string(evidence_.rounds) +
                           " rounds the receiver's count is not the sender's (sent " +
                           std::to_string(evidence_.sent_bytes) + " B, received " +
                           std::to_string(evidence_.received_bytes) + " B)");
    if (evidence_.wrong_samples != 0 || evidence_.checked_bytes == 0)
        return failure(ErrorKind::io, "TCP over " + endpoint_.text() + ": " +
                                          std::to_string(evidence_.wrong_samples) +
                                          " samples of what was received are not what was sent (" +
                                          std::to_string(evidence_.checked_bytes) +
                                          " B were compared)");
    return {};
}

std::vector<CheckLine> check(const RunContext&, const Request& request) {
    std::vector<CheckLine> lines;
    if (const auto settings = tcp_settings(request); !settings)
        return {{.level = CheckLevel::block,
                 .subject = "network peer",
                 .message = settings.error().message,
                 .advice = settings.error().kind == ErrorKind::usage
                               ? "Give --streams from 1 to 128."
                               : "Leave --peer out.",
                 .kind = settings.error().kind}};
    const auto listener = listen_on_loopback();
    if (!listener)
        return {{.level = CheckLevel::block,
                 .subject = "TCP over loopback",
                 .message = listener.error().message,
                 .advice = "Bring the loopback interface up: ip link set lo up.",
                 .kind = listener.error().kind}};
    return {{.level = CheckLevel::ok,
             .subject = "TCP over loopback",
             .message = "can listen; no --peer was given, so this is a SELF-TEST, never scored",
             .advice = ""}};
}

/// Per stream: the payload block on both ends, the sampler's copy, and socket buffers, which the
/// kernel grows to tcp_wmem and tcp_rmem (4 and 6 MiB where nobody raised them).
constexpr std::uint64_t kMemoryPerStreamBytes = 3 * Payload::kBlockBytes + 10 * kMiB;

Expected<Footprint> plan(const RunContext&, const Request& request) {
    ASSAY_TRY(const TcpSettings settings, tcp_settings(request));
    const std::size_t most = *std::ranges::max_element(settings.stream_counts);
    return Footprint{.memory_bytes = most * kMemoryPerStreamBytes,
                     .threads = 2 * most,
                     .cases = settings.stream_counts.size(),
                     .prepare_time = std::chrono::milliseconds(1),
                     .note = "SELF-TEST over loopback: nothing leaves this host"};
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext&, const Request& request) {
    ASSAY_TRY(const TcpSettings settings, tcp_settings(request));
    ASSAY_TRY(Socket listener, listen_on_loopback());
    ASSAY_TRY(const Endpoint endpoint, Endpoint::of_socket(listener.descriptor()));
    return std::make_unique<SelfTest>(settings, std::move(listener), endpoint);
}

}  // namespace

constexpr Probe kTcp{
    .id = "network.tcp",
    .title = "Bulk TCP, one and several streams (SELF-TEST over loopback)",
    .metrics = kTcpMetrics,
    .options = kOptions,
    .check = check,
    .plan = plan,
    .prepare = prepare,
};

}  // namespace assay::network
