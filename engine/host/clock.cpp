#include "engine/host/clock.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "engine/core/units.h"

namespace assay::host {
namespace {

struct Pair {
    std::uint64_t ticks;
    std::uint64_t raw_ns;
};

bool has_invariant_tsc() {
#if defined(__x86_64__)
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    constexpr unsigned kPowerManagementLeaf = 0x80000007;
    constexpr unsigned kInvariantTscBit = 1u << 8;
    return __get_cpuid(kPowerManagementLeaf, &eax, &ebx, &ecx, &edx) != 0 &&
           (edx & kInvariantTscBit) != 0;
#else
    return false;
#endif
}

// An interrupt between the two reads would tear the pair; of several tries the tightest one is
// nearest to the truth.
Pair take_pair(const Clock& clock) {
    constexpr int kTries = 8;
    Pair best{};
    std::uint64_t tightest = ~std::uint64_t{0};
    for (int attempt = 0; attempt < kTries; ++attempt) {
        const std::uint64_t before = clock.ticks();
        const std::uint64_t raw = Clock::raw_nanoseconds();
        const std::uint64_t after = clock.ticks();
        if (after - before < tightest) {
            tightest = after - before;
            best = {before + (after - before) / 2, raw};
        }
    }
    return best;
}

double slope(const Pair& from, const Pair& to) {
    return static_cast<double>(to.raw_ns - from.raw_ns) /
           static_cast<double>(to.ticks - from.ticks);
}

}  // namespace

struct Clock::Calibration {
    std::mutex mutex;
    Pair first{};
    Pair last_kept{};
    double lowest_rate = 0, highest_rate = 0;
    int intervals = 0;
};

Clock::Clock(const Files& files) : calibration_(std::make_shared<Calibration>()) {
    const auto source =
        files.read_line("sys/devices/system/clocksource/clocksource0/current_clocksource");
    uses_tsc_ = has_invariant_tsc() && source == "tsc";
    calibration_->first = take_pair(*this);
    calibration_->last_kept = calibration_->first;
}

void Clock::calibrate() const {
    const Pair now = take_pair(*this);
    const std::lock_guard lock(calibration_->mutex);
    Calibration& state = *calibration_;
    if (now.raw_ns - state.last_kept.raw_ns < static_cast<std::uint64_t>(kNanosecondsPerSecond / 2))
        return;
    const double rate = slope(state.last_kept, now);
    state.lowest_rate = state.intervals == 0 ? rate : std::min(state.lowest_rate, rate);
    state.highest_rate = state.intervals == 0 ? rate : std::max(state.highest_rate, rate);
    ++state.intervals;
    state.last_kept = now;
}

double Clock::ns_per_tick() const {
    if (!uses_tsc_)
        return 1.0;
    // `first` is written once, before any other thread can see the object.
    const Pair first = calibration_->first;
    Pair now = take_pair(*this);
    while (now.raw_ns - first.raw_ns < static_cast<std::uint64_t>(kNanosecondsPerMillisecond))
        now = take_pair(*this);
    return slope(first, now);
}

std::uint64_t Clock::ticks_of_ns(std::int64_t nanoseconds) const {
    return static_cast<std::uint64_t>(static_cast<double>(nanoseconds) / ns_per_tick());
}

std::optional<double> Clock::drift_ppm() const {
    if (!uses_tsc_)
        return std::nullopt;
    const double overall = ns_per_tick();
    const std::lock_guard lock(calibration_->mutex);
    if (calibration_->intervals < 2)
        return std::nullopt;
    constexpr double kPartsPerMillion = 1e6;
    return std::max(std::abs(calibration_->highest_rate / overall - 1),
                    std::abs(calibration_->lowest_rate / overall - 1)) *
           kPartsPerMillion;
}

}  // namespace assay::host
