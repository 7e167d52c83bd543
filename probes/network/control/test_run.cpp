#include "probes/network/control/test_run.h"

#include <exception>
#include <string>
#include <system_error>
#include <utility>

namespace assay::network::control {
namespace {

/// For connections to be set up and buffers to be made, before the test's own time begins.
constexpr std::chrono::seconds kLongestPreparation{60};
/// A role that was told to leave has this long to do so: twice what its contract says.
constexpr std::chrono::milliseconds kLeaveTime{200};
/// One that lowered its wish to the longest time ends by itself, just before it is told to.
constexpr std::chrono::milliseconds kOwnEnd{50};

}  // namespace

Expected<std::unique_ptr<TestRun>> TestRun::begin(std::unique_ptr<Role> role, Settings settings) {
    std::unique_ptr<TestRun> run(new TestRun(std::move(role), std::move(settings)));
    try {
        run->thread_ = std::thread([&run = *run] { run.work(); });
    } catch (const std::system_error& error) {
        return failure(ErrorKind::unavailable, "start a thread for the role", error.code().value());
    }
    return run;
}

TestRun::TestRun(std::unique_ptr<Role> role, Settings settings)
    : settings_(std::move(settings)),
      arrivals_(settings_.test_key, settings_.caps),
      role_(std::move(role)) {}

TestRun::~TestRun() {
    stop();
    bool is_over = false;
    {
        std::unique_lock lock(mutex_);
        is_over = changed_.wait_for(lock, kLeaveTime, [this] { return state_ == State::over; });
    }
    // What a role sent before it ended by itself still goes its way.
    if (!is_over)
        arrivals_.cut();
    if (thread_.joinable())
        thread_.join();
}

bool TestRun::start() {
    const std::lock_guard lock(mutex_);
    if (state_ != State::ready)
        return false;
    state_ = State::told_to_play;
    changed_.notify_all();
    return true;
}

bool TestRun::finish() {
    const std::lock_guard lock(mutex_);
    if (state_ != State::playing && state_ != State::told_to_play)
        return false;
    finish_.request_stop();
    return true;
}

void TestRun::stop() {
    stop_.request_stop();
    arrivals_.close();
    const std::lock_guard lock(mutex_);
    latest_ = std::min(latest_, std::chrono::steady_clock::now());
    changed_.notify_all();
}

void TestRun::enforce() {
    const SteadyTime now = std::chrono::steady_clock::now();
    SteadyTime latest;
    bool is_playing = false;
    {
        const std::lock_guard lock(mutex_);
        if (is_cut_ || state_ == State::over)
            return;
        latest = latest_;
        is_playing = state_ == State::playing;
    }
    if (const auto excess = arrivals_.excess(now, role_->datagram_bytes()))
        return cut(*excess);
    if (now < latest || now - latest < kLeaveTime)
        return;
    if (is_playing && !stop_.stop_requested())
        return cut(too_long(settings_.caps));
    cut({ErrorKind::timed_out,
         "its own end of the test went on after it was told to leave, so it was cut off", 0});
}

void TestRun::cut(const Error& why) {
    {
        const std::lock_guard lock(mutex_);
        is_cut_ = true;  // whatever else the role says, this is the last that the prober hears
        news_.push_back(Frame::of(FrameType::failed, settings_.test, fields_of(why)));
    }
    stop();
    arrivals_.cut();
}

SteadyTime TestRun::next_phase(std::chrono::nanoseconds longest) {
    const std::lock_guard lock(mutex_);
    const SteadyTime latest = std::chrono::steady_clock::now() + longest;
    if (!stop_.stop_requested())
        latest_ = latest;
    return latest;
}

void TestRun::work() {
    Expected<void> outcome;
    try {
        outcome = prepare_and_play();
    } catch (const std::exception& error) {
        outcome = failure(ErrorKind::io, std::string("the role failed: ") + error.what());
    }
    if (!outcome)
        say(FrameType::failed, fields_of(outcome.error()));
    arrivals_.close();
    {
        const std::lock_guard lock(mutex_);
        state_ = State::over;
        changed_.notify_all();
    }
    settings_.has_news();
}

Expected<void> TestRun::prepare_and_play() {
    RoleContext context{.host = settings_.host, .door = arrivals_, .caps = settings_.caps};
    Interrupt interrupt{.stop = stop_.get_token(), .deadline = next_phase(kLongestPreparation)};
    ASSAY_TRY(Fields answer, role_->prepare(context, interrupt));
    {
        const std::lock_guard lock(mutex_);
        state_ = State::ready;
    }
    say(FrameType::prepared, std::move(answer));
    if (!wait_for_start())
        return failure(ErrorKind::interrupted, "the prober did not start what it had prepared");
    say(FrameType::started, {});
    interrupt.deadline = next_phase(settings_.caps.longest) + kOwnEnd;
    auto report = role_->play(finish_.get_token(), interrupt);
    if (!report && report.error().kind == ErrorKind::timed_out &&
        std::chrono::steady_clock::now() >= interrupt.deadline)
        return std::unexpected(too_long(settings_.caps));
    if (!report)
        return std::unexpected(report.error());
    // The newest counts first: a prober may be waiting for the end that they tell, and no further
    // look at the role comes.
    say(FrameType::progress, role_->progress());
    say(FrameType::report, std::move(*report));
    return {};
}

bool TestRun::wait_for_start() {
    const SteadyTime deadline = next_phase(kLongestPreparation);
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline,
                        [this] { return state_ == State::told_to_play || stop_.stop_requested(); });
    if (state_ != State::told_to_play || stop_.stop_requested())
        return false;
    state_ = State::playing;
    return true;
}

void TestRun::say(FrameType type, Fields fields) {
    {
        const std::lock_guard lock(mutex_);
        if (is_cut_)
            return;
        news_.push_back(Frame::of(type, settings_.test, std::move(fields)));
    }
    settings_.has_news();
}

std::optional<Frame> TestRun::take_news() {
    const std::lock_guard lock(mutex_);
    if (news_.empty())
        return std::nullopt;
    std::optional<Frame> frame(std::move(news_.front()));
    news_.pop_front();
    return frame;
}

std::optional<Frame> TestRun::progress() const {
    {
        const std::lock_guard lock(mutex_);
        if (state_ != State::playing)
            return std::nullopt;
    }
    return Frame::of(FrameType::progress, settings_.test, role_->progress());
}

bool TestRun::is_over() const {
    const std::lock_guard lock(mutex_);
    return state_ == State::over;
}

}  // namespace assay::network::control
