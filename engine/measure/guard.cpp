#include "engine/measure/guard.h"

#include <array>
#include <cstdio>

#include "engine/core/units.h"
#include "engine/host/counters.h"

namespace assay::measure {
namespace {

struct Watched {
    host::PressureKind kind;
    const char* name;
    double GuardLimits::*limit;
};
constexpr std::array kWatched{
    Watched{host::PressureKind::cpu, "cpu", &GuardLimits::cpu_stall_ratio},
    Watched{host::PressureKind::io, "io", &GuardLimits::io_stall_ratio},
    Watched{host::PressureKind::memory, "memory", &GuardLimits::memory_stall_ratio},
};

}  // namespace

bool ProductionGuard::can_see() const {
    return host::read_pressure(files_, host::PressureKind::cpu).has_value();
}

std::optional<std::string> ProductionGuard::look(const Pace& pace, std::chrono::nanoseconds gap,
                                                 std::stop_token stop) {
    std::array<std::optional<host::PressureTotals>, kWatched.size()> before;
    for (std::size_t index = 0; index < kWatched.size(); ++index)
        before[index] = host::read_pressure(files_, kWatched[index].kind);
    const TimePoint start = pace.now();
    pace.sleep(gap, std::move(stop));
    const std::chrono::duration<double, std::micro> elapsed = pace.now() - start;
    if (elapsed.count() <= 0)
        return std::nullopt;
    for (std::size_t index = 0; index < kWatched.size(); ++index) {
        const auto after = host::read_pressure(files_, kWatched[index].kind);
        if (!before[index] || !after)
            continue;
        const double stalled =
            static_cast<double>(after->some_us - before[index]->some_us) / elapsed.count();
        if (stalled > limits_.*kWatched[index].limit) {
            char text[64];
            std::snprintf(text, sizeof text, "others stalled on %s %.0f %%", kWatched[index].name,
                          stalled * 100);
            return text;
        }
    }
    return std::nullopt;
}

Expected<std::chrono::nanoseconds> ProductionGuard::wait_until_calm(
    const Pace& pace, std::chrono::nanoseconds gap, TimePoint until, std::stop_token stop,
    const std::function<void(const std::string&)>& on_pause) {
    std::optional<std::string> cause = look(pace, gap, stop);
    if (!cause && !stop.stop_requested())
        return std::chrono::nanoseconds(0);
    const TimePoint paused_since = pace.now();
    while (cause && !stop.stop_requested() && pace.now() + limits_.look < until) {
        on_pause(*cause);
        if (pace.now() - paused_since > limits_.patience)
            return failure(
                ErrorKind::try_again,
                "The run stopped to protect other work on this host: while it was paused, " +
                    *cause + " of the time for " +
                    std::to_string(limits_.patience / std::chrono::seconds(1)) +
                    " s. Try again in a quieter hour");
        cause = look(pace, limits_.look, stop);
    }
    if (stop.stop_requested())
        return failure(ErrorKind::interrupted, "Interrupted");
    return pace.now() - paused_since;
}

void MemoryAlarm::note(std::optional<double> stall_ratio) {
    constexpr int kBadSecondsToAlarm = 2;
    bad_seconds_ = stall_ratio && *stall_ratio > limit_ ? bad_seconds_ + 1 : 0;
    if (bad_seconds_ == kBadSecondsToAlarm) {
        raised_ = true;
        on_alarm_();
    }
}

}  // namespace assay::measure
