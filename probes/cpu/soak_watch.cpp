#include "probes/cpu/soak_watch.h"

#include <algorithm>
#include <utility>

namespace assay::cpu {
namespace {

/// How much a counter grew. A group or a processor that went away takes its count along: that is
/// no growth.
double growth(std::uint64_t before, std::uint64_t after) {
    return static_cast<double>(after - std::min(before, after));
}

}  // namespace

SoakWatch::SoakWatch(const host::Files& files, std::vector<int> cpus)
    : files_(files), cpus_(std::move(cpus)), last_(read()) {}

SoakWatch::Reading SoakWatch::read() const {
    return {.cpu = host::read_cpu_times(files_, cpus_),
            .throttling = host::read_throttling(files_),
            .thermal = host::read_thermal_state(files_, cpus_)};
}

void SoakWatch::add_to(SoakPart& part, double part_s) {
    const Reading now = read();
    const Reading before = std::exchange(last_, now);
    if (before.cpu && now.cpu && now.cpu->total() > before.cpu->total())
        part.steal_ratio = growth(before.cpu->steal, now.cpu->steal) /
                           static_cast<double>(now.cpu->total() - before.cpu->total());
    if (before.throttling && now.throttling)
        part.throttled_periods =
            growth(before.throttling->throttled_periods, now.throttling->throttled_periods) /
            part_s;
    if (before.thermal.throttle_events && now.thermal.throttle_events)
        part.heat_events =
            growth(*before.thermal.throttle_events, *now.thermal.throttle_events) / part_s;
    if (now.thermal.cooling_steps)
        part.cooling_steps = static_cast<double>(*now.thermal.cooling_steps);
}

}  // namespace assay::cpu
