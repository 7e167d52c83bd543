#pragma once

#include <time.h>

#include <cstdint>
#include <memory>
#include <optional>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "engine/host/files.h"

namespace assay::host {

/// Ticks for the measuring loops: the time-stamp counter where it is invariant and the kernel
/// itself trusts it (its clock source is "tsc"), else CLOCK_MONOTONIC_RAW in ns. Never compare
/// ticks of two threads closer than some 100 ns.
///
/// Calibration costs no time of its own: pairs of (ticks, CLOCK_MONOTONIC_RAW) are taken at the
/// start, by `calibrate()` each second, and whenever a scale is asked for; the scale is the slope
/// from the first pair to the newest. Thread-safe. Copies share the calibration.
class Clock {
  public:
    /// Looks at CPUID and at sys/devices/system/clocksource under `files`. Takes the first pair.
    explicit Clock(const Files& files);

    std::uint64_t ticks() const {
#if defined(__x86_64__)
        if (uses_tsc_)
            return __rdtsc();
#endif
        return raw_nanoseconds();
    }
    static std::uint64_t raw_nanoseconds() {
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC_RAW,
                      &now);  // cannot fail: the clock id is constant and the pointer valid
        return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
               static_cast<std::uint64_t>(now.tv_nsec);
    }

    bool uses_tsc() const {
        return uses_tsc_;
    }
    /// Takes a pair now. Called each second by the resource monitor.
    void calibrate() const;
    /// ns per tick, from a fresh pair. In the first millisecond after construction it waits until a
    /// millisecond is over.
    double ns_per_tick() const;
    std::uint64_t ticks_of_ns(std::int64_t nanoseconds) const;
    /// The largest distance of the rate between neighbouring pairs (at least half a second apart)
    /// from the overall rate, in ppm. nullopt before two such intervals exist, and where ticks are
    /// ns.
    std::optional<double> drift_ppm() const;

  private:
    struct Calibration;
    bool uses_tsc_ = false;
    std::shared_ptr<Calibration> calibration_;
};

}  // namespace assay::host
