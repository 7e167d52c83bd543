#include "engine/host/clock.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "engine/core/units.h"

namespace assay::host {
namespace {

/// A tree of files in which only the kernel's clock source is known.
class ClockSourceTree {
  public:
    explicit ClockSourceTree(const std::string& source) {
        std::string pattern = (std::filesystem::temp_directory_path() / "clock-XXXXXX").string();
        root_ = mkdtemp(pattern.data());
        const auto folder = root_ / "sys/devices/system/clocksource/clocksource0";
        std::filesystem::create_directories(folder);
        if (!source.empty())
            std::ofstream(folder / "current_clocksource") << source << "\n";
    }
    ~ClockSourceTree() {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }
    ClockSourceTree(const ClockSourceTree&) = delete;
    ClockSourceTree& operator=(const ClockSourceTree&) = delete;
    Clock clock() const { return Clock(Files(root_)); }

  private:
    std::filesystem::path root_;
};

TEST(Clock, TakesTheKernelsNanosecondsWhereTheKernelDoesNotTrustTheCounter) {
    for (const char* source : {"hpet", "acpi_pm", "kvm-clock", ""}) {
        const Clock clock = ClockSourceTree(source).clock();
        EXPECT_FALSE(clock.uses_tsc()) << source;
        EXPECT_EQ(clock.ns_per_tick(), 1.0);
        EXPECT_EQ(clock.ticks_of_ns(12'345), 12'345u);
        EXPECT_EQ(clock.drift_ppm(), std::nullopt);
        const std::uint64_t before = Clock::raw_nanoseconds();
        const std::uint64_t ticks = clock.ticks();
        EXPECT_GE(ticks, before);
        EXPECT_LE(ticks, Clock::raw_nanoseconds());
    }
}

TEST(Clock, TicksNeverRunBackwardsOnOneThread) {
    const Clock clock{Files()};
    std::uint64_t last = clock.ticks();
    for (int i = 0; i < 100'000; ++i) {
        const std::uint64_t now = clock.ticks();
        ASSERT_GE(now, last);
        last = now;
    }
}

// No clock source but the two clocks themselves: what a second of ticks is by the scale must be
// between the raw nanoseconds taken around the same ticks.
TEST(Clock, TheScaleTurnsTicksIntoTheKernelsRawNanoseconds) {
    const Clock clock{Files()};
    const double scale = clock.ns_per_tick();
    const std::uint64_t outer_begin = Clock::raw_nanoseconds();
    const std::uint64_t ticks_begin = clock.ticks();
    const std::uint64_t inner_begin = Clock::raw_nanoseconds();
    constexpr std::uint64_t kSpanNs = 20'000'000;
    while (Clock::raw_nanoseconds() - inner_begin < kSpanNs) {
    }
    const std::uint64_t inner_end = Clock::raw_nanoseconds();
    const std::uint64_t ticks_end = clock.ticks();
    const std::uint64_t outer_end = Clock::raw_nanoseconds();
    const double by_ticks = static_cast<double>(ticks_end - ticks_begin) * scale;
    EXPECT_GE(by_ticks, static_cast<double>(inner_end - inner_begin) * 0.999);
    EXPECT_LE(by_ticks, static_cast<double>(outer_end - outer_begin) * 1.001);
}

TEST(Clock, TicksOfNanosecondsAndTheScaleUndoEachOther) {
    const Clock clock{Files()};
    const auto second = static_cast<double>(clock.ticks_of_ns(kNanosecondsPerSecond));
    EXPECT_NEAR(second * clock.ns_per_tick(), static_cast<double>(kNanosecondsPerSecond),
                0.001 * static_cast<double>(kNanosecondsPerSecond));
}

TEST(Clock, DriftIsUnknownUntilTwoIntervalsExistAndCopiesShareThem) {
    const Clock clock{Files()};
    EXPECT_EQ(clock.drift_ppm(), std::nullopt);
    clock.calibrate();
    clock.calibrate();
    EXPECT_EQ(clock.drift_ppm(), std::nullopt)
        << "pairs closer than half a second would measure the noise of reading";
    const Clock copy = clock;  // NOLINT(performance-unnecessary-copy-initialization)
    EXPECT_EQ(copy.uses_tsc(), clock.uses_tsc());
}

}  // namespace
}  // namespace assay::host
