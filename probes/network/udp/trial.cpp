#include "probes/network/udp/trial.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <system_error>
#include <thread>

#include "engine/core/units.h"
#include "probes/network/udp/receiver.h"
#include "probes/network/udp/sender.h"

namespace assay::network::udp {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

/// Between two looks at how far the other end is.
constexpr milliseconds kLook{5};
/// A round trip is not taken for longer than this, however long the peer took to answer.
constexpr nanoseconds kLongestRoundTrip = std::chrono::seconds(2);
/// A sender on the other host has ended this long after its time is over, or never will.
constexpr nanoseconds kSenderGrace = std::chrono::seconds(3);

FlowWishes flow_of(const TrialPlan& plan, std::uint64_t round, const std::string& engine) {
    FlowWishes flow;
    flow.round = round;
    flow.payload_bytes = plan.payload_bytes;
    flow.engine = engine;
    return flow;
}

Fields send_wishes(const TrialPlan& plan, std::uint64_t round) {
    return SendWishes{.flow = flow_of(plan, round, plan.send_engine),
                      .datagrams_per_s = plan.datagrams_per_s,
                      .most_datagrams = plan.most_datagrams,
                      .duration = plan.duration,
                      .send_buffer_bytes = plan.send_buffer_bytes}
        .fields();
}

Fields receive_wishes(const TrialPlan& plan, std::uint64_t round, nanoseconds drain) {
    ReceiveWishes wishes;
    wishes.flow = flow_of(plan, round, plan.receive_engine);
    wishes.ramp_ns = static_cast<std::uint64_t>(plan.ramp.count());
    wishes.late_ns = static_cast<std::uint64_t>(drain.count());
    wishes.time_stamps = plan.time_stamps;
    return wishes.fields();
}

/// Looks at `done` until it is true or `longest` is over. Errors: of done, or of the interrupt.
Expected<void> wait_for(nanoseconds longest, const Interrupt& interrupt,
                        const std::function<Expected<bool>()>& done) {
    const SteadyTime end = steady_clock::now() + longest;
    while (steady_clock::now() < end) {
        ASSAY_TRY(const bool is_done, done());
        if (is_done)
            return {};
        ASSAY_TRY_VOID(sleep_until(std::min(end, steady_clock::now() + kLook), interrupt,
                                   "wait for the last datagrams"));
    }
    return {};
}

/// Has all come that was sent, or has nothing more come for `quiet` (0 = that is no end)?
Expected<bool> has_ended(const Fields& progress, std::uint64_t sent, nanoseconds quiet) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    if (!progress.has("delivered"))
        return false;
    ASSAY_TRY(const std::uint64_t delivered, progress.count("delivered", kMost));
    if (delivered >= sent)
        return true;
    if (quiet.count() == 0 || !progress.has("quiet_ns"))
        return false;
    ASSAY_TRY(const std::uint64_t quiet_ns, progress.count("quiet_ns", kMost));
    return quiet_ns >= static_cast<std::uint64_t>(quiet.count());
}

/// The two ends of one trial.
struct Ends {
    control::Test& test;
    control::Role& local;
    const TrialPlan& plan;
    nanoseconds drain, quiet;
};

Expected<Trial> play_up(const Ends& ends, const Interrupt& interrupt) {
    Trial trial;
    ASSAY_TRY_VOID(ends.test.start(interrupt));
    const auto sent = ends.local.play({}, interrupt);
    if (!sent)
        return std::unexpected(ends.test.cause_of(sent.error()));
    ASSAY_TRY(trial.sender, SenderReport::of_fields(*sent));
    ASSAY_TRY_VOID(wait_for(ends.drain, interrupt, [&]() -> Expected<bool> {
        ASSAY_TRY(const Fields progress, ends.test.progress());
        return has_ended(progress, trial.sender.sent, ends.quiet);
    }));
    ASSAY_TRY(const Fields received, ends.test.finish(interrupt));
    ASSAY_TRY(trial.receiver, ReceiverReport::of_fields(received));
    return trial;
}

/// Plays the local role in a thread of its own, and ends it when destroyed.
class PlayedRole {
  public:
    PlayedRole(control::Role& role, const Interrupt& interrupt)
        : thread_([this, &role, interrupt](std::stop_token finish) {
              report_ = role.play(std::move(finish), interrupt);
          }) {}
    Expected<Fields> finish() {
        thread_.request_stop();
        thread_.join();
        return std::move(report_);
    }

  private:
    Expected<Fields> report_;
    std::jthread thread_;  // last: joined before the report goes away
};

Expected<SenderReport> finish_remote_sender(const Ends& ends, const Interrupt& interrupt) {
    ASSAY_TRY_VOID(ends.test.start(interrupt));
    ASSAY_TRY_VOID(wait_for(ends.plan.duration + kSenderGrace, interrupt, [&]() -> Expected<bool> {
        ASSAY_TRY(const Fields progress, ends.test.progress());
        if (!progress.has("done"))
            return false;
        ASSAY_TRY(const std::uint64_t done, progress.count("done", 1));
        return done == 1;
    }));
    ASSAY_TRY(const Fields sent, ends.test.finish(interrupt));
    return SenderReport::of_fields(sent);
}

Expected<Trial> play_down(const Ends& ends, const Interrupt& interrupt) try {
    Trial trial;
    PlayedRole receiver(ends.local, interrupt);
    ASSAY_TRY(trial.sender, finish_remote_sender(ends, interrupt));
    ASSAY_TRY_VOID(wait_for(ends.drain, interrupt, [&]() -> Expected<bool> {
        return has_ended(ends.local.progress(), trial.sender.sent, ends.quiet);
    }));
    ASSAY_TRY(const Fields received, receiver.finish());
    ASSAY_TRY(trial.receiver, ReceiverReport::of_fields(received));
    return trial;
} catch (const std::system_error& error) {
    return failure(ErrorKind::unavailable, "start a thread to receive datagrams",
                   error.code().value());
}

}  // namespace

std::string_view name_of(Direction direction) {
    return direction == Direction::up ? "up" : "down";
}

std::optional<double> Trial::sent_per_s() const {
    if (sender.elapsed_ns == 0 || account.offered == 0)
        return std::nullopt;
    return static_cast<double>(account.offered) /
           to_seconds(static_cast<std::int64_t>(sender.elapsed_ns));
}

std::optional<double> Trial::delivered_per_s() const {
    if (receiver.window_ns == 0 || receiver.window_datagrams == 0)
        return std::nullopt;
    return static_cast<double>(receiver.window_datagrams) /
           to_seconds(static_cast<std::int64_t>(receiver.window_ns));
}

Expected<Trial> play_trial(control::Peer& peer, const host::Host& host, const TrialPlan& plan,
                           std::uint64_t round, const Interrupt& interrupt) {
    const bool up = plan.direction == Direction::up;
    const SteadyTime asked = steady_clock::now();
    // Until the other end's receiver is asked, its wish for `late` is the plan's drain; the round
    // trip can only lengthen the wait.
    const Fields sending = send_wishes(plan, round);
    const Fields receiving = receive_wishes(plan, round, plan.drain);
    ASSAY_TRY(const std::unique_ptr<control::Test> test,
              peer.begin(up ? kReceiveRole : kSendRole, up ? receiving : sending, interrupt));
    const nanoseconds answered = std::min(kLongestRoundTrip, steady_clock::now() - asked);
    // What the agent's operator allows binds what is sent to it, too.
    const control::Caps& caps = peer.facts().caps;
    ASSAY_TRY(const std::unique_ptr<control::Role> local,
              up ? make_sender(sending, caps) : make_receiver(receiving, caps));
    control::RoleContext context{.host = host, .door = test->door(), .caps = caps};
    if (const auto prepared = local->prepare(context, interrupt); !prepared)
        return std::unexpected(test->cause_of(prepared.error()));
    ASSAY_TRY_VOID(test->prepared(interrupt));
    const Ends ends{.test = *test,
                    .local = *local,
                    .plan = plan,
                    .drain = std::max(plan.drain, 2 * answered),
                    .quiet = plan.quiet.count() == 0 ? plan.quiet : plan.quiet + 2 * answered};
    ASSAY_TRY(Trial trial, up ? play_up(ends, interrupt) : play_down(ends, interrupt));
    trial.account = account_of(trial.sender, trial.receiver, plan.payload_bytes);
    return trial;
}

}  // namespace assay::network::udp
