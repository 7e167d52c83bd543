#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "engine/core/error.h"
#include "engine/host/files.h"
#include "engine/measure/pace.h"

namespace assay::measure {

/// When the run steps back for production, and when it gives up.
struct GuardLimits {
    double cpu_stall_ratio =
        0.60;  ///< PSI "some" while we are idle: others wait for a CPU that we do not use
    double io_stall_ratio = 0.60;
    double memory_stall_ratio = 0.20;
    std::chrono::nanoseconds look{
        std::chrono::milliseconds(250)};  ///< how often a paused run looks again
    std::chrono::nanoseconds patience{
        std::chrono::seconds(10)};  ///< paused longer than this in one piece: give up
};

/// Watches whether other work on this host suffers. Our own load makes pressure too, so it looks
/// only in the gaps between rounds, when we are idle; memory stalls alone are watched during rounds
/// as well (`note_memory_stall`, from the monitor's thread).
class ProductionGuard {
  public:
    ProductionGuard(const host::Files& files, GuardLimits limits)
        : files_(files), limits_(limits) {}

    /// Idles for `gap`, then returns whether others were calm: nullopt if so, else what stalls, in
    /// words.
    std::optional<std::string> look(const Pace& pace, std::chrono::nanoseconds gap,
                                    std::stop_token stop);

    /// Like look, and while others are stalled pauses, calling `on_pause` with the cause; returns
    /// at `until` at the latest, calm or not. Returns the time spent paused. Errors: try_again
    /// after limits.patience of one pause; interrupted.
    Expected<std::chrono::nanoseconds> wait_until_calm(
        const Pace& pace, std::chrono::nanoseconds gap, TimePoint until, std::stop_token stop,
        const std::function<void(const std::string&)>& on_pause);

    /// Does this kernel report pressure at all?
    bool can_see() const;

  private:
    const host::Files& files_;
    GuardLimits limits_;
};

/// Sums up memory stalls that the monitor sees each second; two bad seconds in a row raise the
/// alarm.
class MemoryAlarm {
  public:
    explicit MemoryAlarm(double stall_ratio, std::function<void()> on_alarm)
        : limit_(stall_ratio), on_alarm_(std::move(on_alarm)) {}
    void note(std::optional<double> stall_ratio);  ///< from one thread only
    bool raised() const { return raised_; }

  private:
    double limit_;
    std::function<void()> on_alarm_;
    int bad_seconds_ = 0;
    std::atomic<bool> raised_ = false;
};

}  // namespace assay::measure
