#include "probes/network/rtt/rtt_workload.h"

#include <algorithm>
#include <string>
#include <utility>

#include "probes/network/control/path_check.h"
#include "probes/network/path/blocked_port.h"
#include "probes/network/rtt/handshake_paths.h"
#include "probes/network/rtt/icmp_path.h"
#include "probes/network/rtt/metrics.h"
#include "probes/network/rtt/rtt_result.h"

namespace assay::network::rtt {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

std::string case_name(const RttCase& one) {
    if (!one.echo)
        return "path MTU";
    const std::string name(name_of(*one.echo));
    return one.load == Load::none ? name + ", idle"
                                  : name + ", load " + std::string(name_of(one.load));
}

/// May this user measure this kind at all? The socket is opened towards this host and nothing sent.
Expected<void> is_allowed(Echo echo, bool over_v6) {
    ASSAY_TRY(const Endpoint here, Endpoint::of_address(over_v6 ? "::1" : "127.0.0.1", 1));
    if (echo == Echo::icmp) {
        const auto path = IcmpEchoPath::open(here, 0, 64);
        return path ? Expected<void>{} : std::unexpected(path.error());
    }
    if (echo == Echo::syn) {
        const auto path = SynPath::to(here, here);
        return path ? Expected<void>{} : std::unexpected(path.error());
    }
    return {};
}

class RttWorkload : public Workload {
  public:
    RttWorkload(std::shared_ptr<control::Peer> peer, const RttSettings& settings, host::Files files)
        : peer_(std::move(peer)),
          settings_(settings),
          files_(std::move(files)),
          findings_(control::self_test_finding(peer_->facts())) {}

    Expected<void> choose_cases(const std::vector<Condition>& facts_of_peer);
    /// Leaves UDP out where a firewall does not let it through, and says so.
    Expected<void> check_udp(const Interrupt& interrupt);
    std::span<const Case> cases() const override { return cases_; }
    std::vector<Finding> findings() const override { return findings_; }
    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override;
    Expected<void> verify() override;

  private:
    Expected<EchoPlan> plan_of(const RttCase& one, const RoundRequest& request) const;
    Expected<RoundResult> measure_idle(const EchoPlan& plan, const Interrupt& interrupt);
    Expected<RoundResult> measure_loaded(const EchoPlan& plan, const Interrupt& interrupt);
    Expected<RoundResult> measure_path_mtu(const Interrupt& interrupt);
    void prove(Echo echo, const EchoRound& round);

    std::shared_ptr<control::Peer> peer_;
    RttSettings settings_;
    host::Files files_;
    std::vector<RttCase> kinds_;  // [cases_]
    std::vector<Case> cases_;
    std::vector<Finding> findings_;
    // What all rounds together proved.
    std::size_t rounds_ = 0;
    std::uint64_t answered_ = 0;
    std::uint64_t unproven_ = 0;  ///< answers that the agent did not give
};

Expected<void> RttWorkload::check_udp(const Interrupt& interrupt) {
    // The path's MTU is sought with UDP echoes, too.
    const auto is_udp = [](const RttCase& one) { return !one.echo || *one.echo == Echo::udp; };
    // Within one host no firewall of the path is between.
    if (peer_->facts().same_host || std::ranges::none_of(settings_.cases, is_udp))
        return {};
    const auto trouble = control::udp_path_trouble(*peer_, interrupt);
    // An agent that cannot check the path may still play the echo.
    if (!trouble && trouble.error().kind == ErrorKind::unsupported)
        return {};
    if (!trouble)
        return std::unexpected(trouble.error());
    if (!*trouble)
        return {};
    path::PortAttempt attempt;
    attempt.protocol = "udp";
    attempt.where = peer_->facts().address;
    attempt.system_errno = (*trouble)->system_errno;
    if (const auto blocked = path::port_finding(attempt))
        findings_.push_back(*blocked);
    // Alone, there is nothing else to measure: then the reason is the probe's.
    if (std::ranges::all_of(settings_.cases, is_udp))
        return std::unexpected(**trouble);
    std::erase_if(settings_.cases, is_udp);
    return {};
}

Expected<void> RttWorkload::choose_cases(const std::vector<Condition>& facts_of_peer) {
    const bool over_v6 = std::ranges::any_of(facts_of_peer, [](const Condition& condition) {
        const std::string* const text = condition.value.as_text();
        return condition.name == "family" && text != nullptr && *text == "ipv6";
    });
    std::optional<Error> refused;
    for (const RttCase& one : settings_.cases) {
        if (one.echo)
            if (const auto allowed = is_allowed(*one.echo, over_v6); !allowed) {
                refused = allowed.error();
                findings_.push_back(
                    make_finding(*one.echo == Echo::icmp ? "icmp_unavailable" : "syn_unavailable",
                                 refused->message + "."));
                continue;
            }
        Case made{.name = case_name(one), .conditions = facts_of_peer};
        if (one.echo) {
            made.conditions.push_back({"protocol", name_of(*one.echo)});
            made.conditions.push_back({"load", one.load == Load::none ? "idle" : "loaded"});
            if (one.load != Load::none) {
                made.conditions.push_back({"load_direction", name_of(one.load)});
                made.conditions.push_back({"load_streams", std::uint64_t{settings_.load_streams}});
                made.conditions.push_back({"congestion_control", settings_.congestion});
            }
            made.conditions.push_back({"rate_per_s", rate_of(settings_, *one.echo)});
            made.conditions.push_back({"loop", settings_.ping_pong ? "closed" : "open"});
            if (*one.echo != Echo::connect && *one.echo != Echo::syn)
                made.conditions.push_back(
                    {"payload_bytes", std::uint64_t{settings_.payload_bytes}});
        }
        cases_.push_back(std::move(made));
        kinds_.push_back(one);
    }
    if (cases_.empty() && refused)
        return std::unexpected(*refused);
    return {};
}

Expected<EchoPlan> RttWorkload::plan_of(const RttCase& one, const RoundRequest& request) const {
    // Preparing, draining and the agent's report take this much beside the echoes.
    constexpr milliseconds kAround{600}, kShortest{50};
    const nanoseconds left = request.deadline - std::chrono::steady_clock::now() - kAround;
    const nanoseconds whole = std::min(std::max<nanoseconds>(request.duration, kShortest), left);
    if (whole < kShortest)
        return failure(ErrorKind::timed_out,
                       "a round of echoes needs 50 ms and 600 ms around it, and so much is not "
                       "left before its deadline; give a larger --budget or --duration");
    EchoPlan plan{.echo = *one.echo,
                  .load = one.load,
                  .per_second = rate_of(settings_, *one.echo),
                  .payload_bytes = settings_.payload_bytes,
                  .load_streams = settings_.load_streams,
                  .congestion = settings_.congestion,
                  .ping_pong = settings_.ping_pong,
                  .ramp = {},
                  .duration = whole};
    if (one.load != Load::none) {
        // A quarter before the load, a quarter (2 s at most, several round trips of slow start on
        // any path) until it fills the path, and the rest under it.
        plan.ramp = std::min<nanoseconds>(whole / 4, std::chrono::seconds(2));
        plan.duration = whole / 2;
    }
    if (settings_.ping_pong)
        // As many as may come in the time; the fastest echo over loopback takes some 10 us.
        plan.per_second = 100'000;
    return plan;
}

Expected<RoundResult> RttWorkload::measure(std::size_t case_index, const RoundRequest& request) {
    const Interrupt interrupt{.stop = request.stop, .deadline = request.deadline};
    const RttCase& one = kinds_.at(case_index);
    if (!one.echo)
        return measure_path_mtu(interrupt);
    ASSAY_TRY(const EchoPlan plan, plan_of(one, request));
    return one.load == Load::none ? measure_idle(plan, interrupt) : measure_loaded(plan, interrupt);
}

Expected<RoundResult> RttWorkload::measure_idle(const EchoPlan& plan, const Interrupt& interrupt) {
    ASSAY_TRY(const EchoRound round, play_round(*peer_, plan, files_, interrupt));
    prove(plan.echo, round);
    return idle_result(plan.echo, round);
}

Expected<RoundResult> RttWorkload::measure_loaded(const EchoPlan& plan,
                                                  const Interrupt& interrupt) {
    EchoPlan before = plan;
    before.load = Load::none;
    before.ramp = {};
    before.duration = plan.duration / 2;
    ASSAY_TRY(const EchoRound idle, play_round(*peer_, before, files_, interrupt));
    ASSAY_TRY(const EchoRound loaded, play_round(*peer_, plan, files_, interrupt));
    prove(plan.echo, loaded);
    return loaded_result(plan.echo, idle, loaded, peer_->facts().same_host);
}

Expected<RoundResult> RttWorkload::measure_path_mtu(const Interrupt& interrupt) {
    ASSAY_TRY(const PathMtu mtu, measure_mtu(*peer_, interrupt));
    ++rounds_;
    ++answered_;
    RoundResult result;
    result.values.push_back({&kPathMtu, static_cast<double>(mtu.bytes)});
    result.findings = mtu_findings(mtu);
    return result;
}

void RttWorkload::prove(Echo echo, const EchoRound& round) {
    ++rounds_;
    answered_ += round.outcome.answered;
    // What came back over UDP or TCP was sent by the agent, which counts it too.
    if ((echo == Echo::udp || echo == Echo::tcp) && round.outcome.answered > round.echoed)
        unproven_ += round.outcome.answered - round.echoed;
}

Expected<void> RttWorkload::verify() {
    if (rounds_ == 0 || answered_ == 0)
        return failure(ErrorKind::unavailable,
                       "no echo came back from " + peer_->facts().address +
                           ", so there is nothing to prove; look at the firewalls on the way");
    if (unproven_ > 0)
        return failure(ErrorKind::io, std::to_string(unproven_) +
                                          " echoes came back that the agent at " +
                                          peer_->facts().address + " did not send");
    return {};
}

}  // namespace

Expected<std::unique_ptr<Workload>> make_rtt_workload(std::shared_ptr<control::Peer> peer,
                                                      const RttSettings& settings,
                                                      std::vector<Condition> facts_of_peer,
                                                      const host::Files& files,
                                                      const Interrupt& interrupt) {
    auto workload = std::make_unique<RttWorkload>(std::move(peer), settings, files);
    ASSAY_TRY_VOID(workload->check_udp(interrupt));
    ASSAY_TRY_VOID(workload->choose_cases(facts_of_peer));
    return workload;
}

}  // namespace assay::network::rtt
