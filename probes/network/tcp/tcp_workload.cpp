#include "probes/network/tcp/tcp_workload.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/units.h"
#include "engine/host/thread_wait.h"
#include "probes/network/tcp/tcp_role.h"

namespace assay::network::tcp {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

std::string case_name(const TcpCase& one) {
    std::string name = one.streams == 1 ? "1 stream" : std::to_string(one.streams) + " streams";
    name += ", " + std::string(name_of(one.direction));
    if (one.mode == Mode::path)
        name += ", path";
    return name;
}

std::vector<Condition> conditions_of(const TcpCase& one, const TcpSettings& settings,
                                     const host::Host& host,
                                     const std::vector<Condition>& of_peer) {
    std::vector<Condition> conditions{{"streams", std::uint64_t{one.streams}},
                                      {"direction", name_of(one.direction)},
                                      {"mode", name_of(one.mode)}};
    conditions.insert(conditions.end(), of_peer.begin(), of_peer.end());
    if (settings.congestion)
        conditions.push_back({"congestion_control", *settings.congestion});
    else if (one.direction == Direction::up)
        conditions.push_back({"congestion_control", host::read_default_congestion(host.files)});
    if (settings.dscp)
        conditions.push_back({"dscp", *settings.dscp});
    return conditions;
}

/// The wished duration, or less where the deadline or the agent's operator asks for it. Errors:
/// timed_out.
Expected<RoundTimes> times_of(const RoundRequest& request, const control::Caps& caps) {
    // To agree on the round, and what the path still holds when the window ends.
    constexpr milliseconds kBesides{200};
    // Shorter than this, one late wake-up of a thread would be seen in the number.
    constexpr milliseconds kShortest{20};
    const nanoseconds left = request.deadline - std::chrono::steady_clock::now() - kBesides;
    const nanoseconds duration =
        std::min({std::max<nanoseconds>(request.duration, kShortest), left, caps.longest});
    if (duration < kShortest)
        return failure(ErrorKind::timed_out,
                       "a TCP round needs 20 ms, and 200 ms to begin and end, and so much is not "
                       "left before its deadline; give a larger --budget or --duration");
    return split_round(duration);
}

}  // namespace

RoundTimes split_round(nanoseconds duration) {
    const nanoseconds ramp = std::min<nanoseconds>(duration / 4, std::chrono::seconds(5));
    return {.longest_ramp = ramp, .window = duration - ramp};
}

TcpWorkload::TcpWorkload(const host::Host& host, std::shared_ptr<control::Peer> peer,
                         TcpSettings settings, const std::vector<Condition>& conditions)
    : host_(host), peer_(std::move(peer)), settings_(std::move(settings)) {
    for (const TcpCase& one : settings_.cases)
        cases_.push_back({.name = case_name(one),
                          .conditions = conditions_of(one, settings_, host_, conditions)});
}

std::string TcpWorkload::path() const {
    return "TCP to " + peer_->facts().address;
}

std::vector<Finding> TcpWorkload::findings() const {
    return control::self_test_finding(peer_->facts());
}

Expected<std::vector<Flow>> TcpWorkload::play(const TcpCase& measured, const RoundTimes& times,
                                              const Interrupt& interrupt) {
    Wishes wishes{.streams = measured.streams,
                  .sends_from = std::nullopt,
                  .receives_from = std::nullopt,
                  .longest_ramp = times.longest_ramp,
                  .window = times.window,
                  .mode = measured.mode,
                  .congestion = settings_.congestion,
                  .dscp = settings_.dscp};
    std::uint32_t next = 0;
    if (measured.direction != Direction::down) {
        wishes.sends_from = next;
        next += static_cast<std::uint32_t>(measured.streams);
    }
    if (measured.direction != Direction::up)
        wishes.receives_from = next;
    const control::Caps& caps = peer_->facts().caps;
    ASSAY_TRY(const std::unique_ptr<control::Test> test,
              peer_->begin(role_name(wishes), wishes.mirrored().to_fields(), interrupt));
    TcpRole own(wishes);
    control::RoleContext context{.host = host_, .door = test->door(), .caps = caps};
    if (const auto prepared = own.prepare(context, interrupt); !prepared)
        return std::unexpected(test->cause_of(prepared.error()));
    ASSAY_TRY_VOID(test->prepared(interrupt));
    ASSAY_TRY_VOID(test->start(interrupt));
    const auto played = own.play({}, interrupt);
    if (!played)
        return std::unexpected(test->cause_of(played.error()));
    const Fields& ours = *played;
    ASSAY_TRY(const Fields theirs, test->finish(interrupt));
    std::vector<Flow> flows;
    if (wishes.sends_from) {
        flows.emplace_back();
        ASSAY_TRY(flows.back().sender, sender_report_of(ours));
        ASSAY_TRY(flows.back().receiver, receiver_report_of(theirs));
    }
    if (wishes.receives_from) {
        flows.emplace_back();
        ASSAY_TRY(flows.back().sender, sender_report_of(theirs));
        ASSAY_TRY(flows.back().receiver, receiver_report_of(ours));
    }
    return flows;
}

Expected<RoundResult> TcpWorkload::measure(std::size_t case_index, const RoundRequest& request) {
    const Interrupt interrupt{.stop = request.stop, .deadline = request.deadline};
    const TcpCase& measured = settings_.cases.at(case_index);
    ASSAY_TRY(const RoundTimes times, times_of(request, peer_->facts().caps));
    ASSAY_TRY(const std::vector<Flow> flows, play(measured, times, interrupt));
    for (const Flow& flow : flows) {
        evidence_.add(measured, flow);
        // Where the sender has ended, our word that the test is over may overtake the end of its
        // streams; the receiver then closes a window that is too short, and cannot say why.
        if (flow.receiver.cut_short || flow.receiver.window < times.window)
            return failure(ErrorKind::unavailable,
                           path() +
                               ": the sender ended its streams before the window was over, as "
                               "it does where the agent's operator allows no more bytes; ask "
                               "for a shorter --duration");
        if (flow.receiver.window_bytes() == 0 || flow.receiver.window <= nanoseconds(0))
            return failure(ErrorKind::io,
                           path() +
                               ": not one byte arrived in the window; a host was too busy to "
                               "run the test, or the path is blocked, so run it again");
    }
    ++evidence_.rounds;
    return result_of(measured, flows, peer_->facts().same_host);
}

void TcpWorkload::Evidence::add(const TcpCase& measured, const Flow& flow) {
    sent_bytes += flow.sender.sent_bytes;
    received_bytes += flow.receiver.total_bytes;
    checked_bytes += flow.receiver.checked_bytes;
    wrong_samples += flow.receiver.wrong_samples;
    if (measured.mode == Mode::goodput)
        copied_bytes += flow.receiver.total_bytes;
    const bool fits = flow.receiver.drained ? flow.sender.sent_bytes == flow.receiver.total_bytes
                                            : flow.sender.sent_bytes >= flow.receiver.total_bytes;
    if (!fits)
        ++flows_that_differ;
}

Expected<void> TcpWorkload::verify() {
    if (evidence_.rounds == 0)
        return failure(ErrorKind::unavailable,
                       "no TCP round was measured, so there is nothing to prove");
    if (evidence_.flows_that_differ != 0 || evidence_.received_bytes == 0)
        return failure(ErrorKind::io,
                       path() + ": in " + std::to_string(evidence_.flows_that_differ) +
                           " flows of " + std::to_string(evidence_.rounds) +
                           " rounds the receiver's count is not the sender's (sent " +
                           std::to_string(evidence_.sent_bytes) + " B, received " +
                           std::to_string(evidence_.received_bytes) + " B)");
    if (evidence_.wrong_samples != 0 ||
        (evidence_.copied_bytes != 0 && evidence_.checked_bytes == 0))
        return failure(ErrorKind::io, path() + ": " + std::to_string(evidence_.wrong_samples) +
                                          " samples of what was received are not what was sent (" +
                                          std::to_string(evidence_.checked_bytes) +
                                          " B were compared)");
    return {};
}

}  // namespace assay::network::tcp
