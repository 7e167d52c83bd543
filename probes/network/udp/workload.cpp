#include "probes/network/udp/workload.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/random.h"
#include "probes/network/udp/judgement.h"
#include "probes/network/udp/metrics.h"

namespace assay::network::udp {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// What a trial needs beside the time in which it sends: the drain, and the control connection.
constexpr nanoseconds kTrialEnd = milliseconds(700);
constexpr nanoseconds kShortestTrial = milliseconds(100);
/// The first trial, which shows which engines the path takes: some calls of the largest.
constexpr std::uint64_t kFirstDatagrams = 256;
constexpr nanoseconds kFirstTrial = milliseconds(100);
/// A SELF-TEST measures no network, so that its search gets no more of a run's time than shows that
/// the probe works.
constexpr nanoseconds kSelfTestSearch = milliseconds(600);
/// Above this rate one call a datagram is too slow, and batches have no jitter.
constexpr double kMostSinglePerS = 100'000;

enum class Kind { lossless, set_rate };

struct UdpCase {
    Kind kind = Kind::lossless;
    Direction direction = Direction::up;
    std::string send_engine, receive_engine;
};

class UdpWorkload : public Workload {
  public:
    UdpWorkload(std::shared_ptr<control::Peer> peer, const host::Host& host,
                const UdpSettings& settings, std::vector<Condition> peer_conditions)
        : peer_(std::move(peer)),
          host_(host),
          settings_(settings),
          peer_conditions_(std::move(peer_conditions)) {}

    Expected<void> prepare(const Interrupt& interrupt);
    std::span<const Case> cases() const override { return cases_; }
    std::vector<Finding> findings() const override;
    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override;
    Expected<void> verify() override;

  private:
    void add_case(const UdpCase& one);
    Expected<RoundResult> measure_lossless(const UdpCase& one, const RoundRequest& request,
                                           const Interrupt& interrupt);
    Expected<RoundResult> measure_set_rate(const UdpCase& one, const RoundRequest& request,
                                           const Interrupt& interrupt);
    void witness(const Trial& trial);

    std::shared_ptr<control::Peer> peer_;
    const host::Host& host_;
    UdpSettings settings_;
    std::vector<Condition> peer_conditions_;
    std::vector<UdpCase> plans_;
    std::vector<Case> cases_;  // [plans_], same order
    // The data of verify.
    std::uint64_t delivered_ = 0, checked_fillers_ = 0, wrong_fillers_ = 0;
};

/// Chooses the engines of each direction by a trial over the path itself: an engine that the path
/// refuses has been left for the next one when the trial ends.
Expected<void> UdpWorkload::prepare(const Interrupt& interrupt) {
    const bool single = settings_.datagrams_per_s() <= kMostSinglePerS;
    for (const Direction direction : settings_.directions) {
        if (!settings_.rate_bytes_per_s) {
            TrialPlan first;
            first.direction = direction;
            first.payload_bytes = settings_.payload_bytes;
            first.most_datagrams = kFirstDatagrams;
            first.duration = kFirstTrial;
            ASSAY_TRY(const Trial trial, play_trial(*peer_, host_, first, 1, interrupt));
            witness(trial);
            add_case({.kind = Kind::lossless,
                      .direction = direction,
                      .send_engine = trial.sender.engine,
                      .receive_engine = trial.receiver.engine});
        }
        // Single packets, neither joined nor cut on either host: each has its own fate and time.
        add_case({.kind = Kind::set_rate,
                  .direction = direction,
                  .send_engine = single ? "sendmsg" : "sendmmsg",
                  .receive_engine = "recvmmsg"});
    }
    return {};
}

void UdpWorkload::add_case(const UdpCase& one) {
    const std::string direction(name_of(one.direction));
    const bool lossless = one.kind == Kind::lossless;
    std::vector<Condition> conditions = peer_conditions_;
    conditions.push_back({"direction", direction});
    conditions.push_back({"payload_bytes", std::uint64_t{settings_.payload_bytes}});
    conditions.push_back({"engine", one.send_engine + " to " + one.receive_engine});
    if (!lossless)
        conditions.push_back({"datagrams_per_s", settings_.datagrams_per_s()});
    plans_.push_back(one);
    cases_.push_back({.name = (lossless ? "lossless, " : "set rate, ") + direction,
                      .conditions = std::move(conditions)});
}

std::vector<Finding> UdpWorkload::findings() const {
    return control::self_test_finding(peer_->facts());
}

void UdpWorkload::witness(const Trial& trial) {
    delivered_ += trial.account.delivered;
    checked_fillers_ += trial.receiver.checked_fillers;
    wrong_fillers_ += trial.receiver.wrong_fillers;
}

Expected<RoundResult> UdpWorkload::measure(std::size_t case_index, const RoundRequest& request) {
    const Interrupt interrupt{.stop = request.stop, .deadline = request.deadline};
    const UdpCase& one = plans_.at(case_index);
    return one.kind == Kind::lossless ? measure_lossless(one, request, interrupt)
                                      : measure_set_rate(one, request, interrupt);
}

Expected<RoundResult> UdpWorkload::measure_lossless(const UdpCase& one, const RoundRequest& request,
                                                    const Interrupt& interrupt) {
    const nanoseconds duration =
        peer_->facts().same_host ? std::min(request.duration, kSelfTestSearch) : request.duration;
    ASSAY_TRY(const LosslessRate rate, find_lossless_rate(*peer_, host_,
                                                          {.direction = one.direction,
                                                           .payload_bytes = settings_.payload_bytes,
                                                           .duration = duration,
                                                           .seed = request.seed,
                                                           .send_engine = one.send_engine,
                                                           .receive_engine = one.receive_engine},
                                                          interrupt));
    RoundResult result;
    result.findings = findings_of(rate);
    if (rate.bytes_per_s) {
        witness(*rate.confirmed);
        result.values.push_back({&kLosslessRate, *rate.bytes_per_s});
    }
    return result;
}

Expected<RoundResult> UdpWorkload::measure_set_rate(const UdpCase& one, const RoundRequest& request,
                                                    const Interrupt& interrupt) {
    TrialPlan plan;
    plan.direction = one.direction;
    plan.payload_bytes = settings_.payload_bytes;
    plan.datagrams_per_s = settings_.datagrams_per_s();
    plan.duration = std::min(std::max(request.duration, kShortestTrial),
                             request.deadline - std::chrono::steady_clock::now() - kTrialEnd);
    if (plan.duration < kShortestTrial)
        return failure(ErrorKind::timed_out,
                       "a UDP round needs 0.1 s and 0.7 s to end, and so much is not left before "
                       "its deadline; give a larger --budget or --duration");
    plan.time_stamps = one.send_engine == "sendmsg";
    plan.send_engine = one.send_engine;
    plan.receive_engine = one.receive_engine;
    ASSAY_TRY(const Trial trial,
              play_trial(*peer_, host_, plan, SplitMix64(request.seed).next(), interrupt));
    witness(trial);
    return RoundResult{.values = values_of(trial),
                       .latencies = {},
                       .findings = findings_of(trial, plan.payload_bytes, plan.datagrams_per_s),
                       .cpu_use = std::nullopt};
}

Expected<void> UdpWorkload::verify() {
    if (delivered_ == 0 || checked_fillers_ == 0)
        return failure(ErrorKind::unavailable,
                       "not one datagram of all trials arrived and was compared; UDP is blocked "
                       "on the way, so open it for the agent's port");
    if (wrong_fillers_ != 0)
        return failure(ErrorKind::io, std::to_string(wrong_fillers_) + " of " +
                                          std::to_string(checked_fillers_) +
                                          " datagrams that were compared are not what was sent");
    return {};
}

}  // namespace

Expected<std::unique_ptr<Workload>> make_workload(std::shared_ptr<control::Peer> peer,
                                                  const host::Host& host,
                                                  const UdpSettings& settings,
                                                  std::vector<Condition> peer_conditions,
                                                  const Interrupt& interrupt) {
    auto workload =
        std::make_unique<UdpWorkload>(std::move(peer), host, settings, std::move(peer_conditions));
    ASSAY_TRY_VOID(workload->prepare(interrupt));
    return workload;
}

}  // namespace assay::network::udp
