#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "probes/network/control/arrivals.h"
#include "probes/network/control/frame.h"
#include "probes/network/control/role.h"

namespace assay::network::control {

/// The agent's end of one test: a role on a thread of its own. The agent's loop tells it what the
/// prober wants and takes what it has to say; no call waits for the role.
class TestRun {
  public:
    struct Settings {
        const host::Host& host;
        SharedKey test_key;
        Caps caps;
        std::uint32_t test = 0;  ///< the prober's number for it
        std::function<void()> has_news;
    };
    /// Starts to prepare. Errors: unavailable (no thread).
    static Expected<std::unique_ptr<TestRun>> begin(std::unique_ptr<Role> role, Settings settings);
    ~TestRun();  ///< stops the role, cuts its connections if need be, and waits for it

    Arrivals& arrivals() { return arrivals_; }
    std::uint32_t test() const { return settings_.test; }
    /// The prober's wishes; out of order they have no effect, and false is returned.
    bool start();
    bool finish();
    void stop();  ///< leave, nobody waits for a report
    /// Ends the test by force, with a word to the prober, where it goes beyond what the operator
    /// allows or on after it was told to leave. To be called at least every 20 ms.
    void enforce();

    /// What the role had to say since the last call: prepared, started, report or failed.
    std::optional<Frame> take_news();
    std::optional<Frame> progress() const;  ///< while it plays
    bool is_over() const;                   ///< the thread is done

  private:
    enum class State { preparing, ready, told_to_play, playing, over };
    TestRun(std::unique_ptr<Role> role, Settings settings);
    void work();
    Expected<void> prepare_and_play();
    SteadyTime next_phase(std::chrono::nanoseconds longest);
    void cut(const Error& why);
    bool wait_for_start();
    void say(FrameType type, Fields fields);

    Settings settings_;
    Arrivals arrivals_;
    std::unique_ptr<Role> role_;
    std::stop_source stop_, finish_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    State state_ = State::preparing;
    SteadyTime latest_ = SteadyTime::max();  // when the role ought to leave its phase
    bool is_cut_ = false;
    std::deque<Frame> news_;
    std::thread thread_;
};

}  // namespace assay::network::control
