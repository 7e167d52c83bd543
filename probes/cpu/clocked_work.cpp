#include "probes/cpu/clocked_work.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "engine/core/units.h"
#include "probes/cpu/scalar_clock.h"

namespace assay::cpu {
namespace {

// The clock of a shared host steps within milliseconds. One sample of 6 us in some 8 ms of blocks
// costs 0.08 %.
constexpr std::uint64_t kBlocksPerSample = 128;
constexpr int kSamplesAtEdges = 8;

}  // namespace

ClockedWork::ClockedWork(const host::Clock& clock, std::size_t workers)
    : clock_(clock), ns_per_tick_(clock.ns_per_tick()), rows_(workers) {}

void ClockedWork::enter(std::size_t worker) {
    begin(worker);
    sample_often(worker);
}

void ClockedWork::leave(std::size_t worker) {
    sample_often(worker);
    end(worker);
}

std::uint64_t ClockedWork::block(std::size_t worker) {
    const std::uint64_t units = work(worker);
    if (++rows_[worker].blocks % kBlocksPerSample == 0)
        sample(worker);
    return units;
}

void ClockedWork::sample(std::size_t worker) {
    Row& row = rows_[worker];
    row.clock_hz = std::max(row.clock_hz, scalar_clock_hz(clock_, ns_per_tick_).value_or(0));
}

void ClockedWork::sample_often(std::size_t worker) {
    for (int turn = 0; turn < kSamplesAtEdges; ++turn)
        sample(worker);
}

std::optional<Finding> impossible_rate(const host::TeamReport& report, const ClockedWork& work,
                                       double most_bytes_per_cycle, std::string_view why) {
    constexpr double kTolerance = 1.03;
    for (std::size_t worker = 0; worker < report.workers.size(); ++worker) {
        const double clock_hz = work.clock_hz(worker);
        if (clock_hz <= 0)
            continue;
        const double per_cycle =
            report.workers[worker].units / to_seconds(report.window_ns) / clock_hz;
        if (per_cycle <= most_bytes_per_cycle * kTolerance)
            continue;
        char text[128];
        std::snprintf(text, sizeof text,
                      "A thread did %.2f bytes a cycle at a measured clock of %.3f GHz; ",
                      per_cycle, clock_hz / static_cast<double>(kNanosecondsPerSecond));
        return make_finding("impossible", text + std::string(why) + ".");
    }
    return std::nullopt;
}

std::optional<double> rate_of(const host::TeamReport& report) {
    double rate = 0;
    for (const host::WorkerReport& worker : report.workers) {
        if (!(worker.units > 0) || worker.late_ns >= report.window_ns)
            return std::nullopt;
        rate += worker.units / to_seconds(report.window_ns - worker.late_ns);
    }
    return rate;
}

}  // namespace assay::cpu
