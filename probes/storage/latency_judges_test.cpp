#include "probes/storage/latency_judges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/core/random.h"
#include "engine/core/units.h"

namespace assay::storage {
namespace {

using testing::HasSubstr;

std::string id_of(const std::optional<Finding>& finding) {
    return finding ? finding->id : "";
}

double unit(Xoshiro256& random) {
    return (static_cast<double>(random.next() >> 11) + 0.5) / 0x1p53;
}

// Box and Muller: a standard normal deviate.
double normal(Xoshiro256& random) {
    return std::sqrt(-2 * std::log(unit(random))) * std::cos(2 * 3.141592653589793 * unit(random));
}

// `count` log-normal latencies about `median` with a deviation of `sigma` in the logarithm.
void add(Histogram& histogram, int count, double median, double sigma, std::uint64_t seed) {
    Xoshiro256 random(seed);
    for (int at = 0; at < count; ++at)
        histogram.record(static_cast<std::uint64_t>(median * std::exp(sigma * normal(random))));
}

// Three ticks a nanosecond: 300 000 ticks are 100 us.
constexpr double kNsPerTick = 1.0 / 3;

// Slices of 100 ms in each of which `quick` operations take 0.1 ms and `in_flight` are held.
Histogram bursts(int slices, int quick, int in_flight, double hold_ms) {
    Histogram ticks;
    for (int slice = 0; slice < slices; ++slice) {
        for (int at = 0; at < quick; ++at)
            ticks.record(300'000);
        for (int at = 0; at < in_flight; ++at)
            ticks.record(static_cast<std::uint64_t>(hold_ms * 3e6));
    }
    return ticks;
}

std::string bursts_of(const Histogram& ticks) {
    return id_of(judge_bursts(ticks, kNsPerTick, 1e9));
}

TEST(Bursts, of_a_limiters_slices_are_a_throttle) {
    const auto finding = judge_bursts(bursts(10, 468, 32, 97), kNsPerTick, 1e9);
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->id, "throttled_volume");
    EXPECT_EQ(finding->message,
              "320 of 5000 operations were held for 50 ms to 97 ms, the others came back at once "
              "(median 100 us): a limiter that accounts in slices of time, about 5000 op/s");
    EXPECT_EQ(bursts_of(bursts(10, 9, 1, 99)), "throttled_volume") << "depth 1, 100 op/s";
}

TEST(Bursts, are_no_few_stalls_no_slow_disk_and_no_long_hold) {
    // 32 in flight all the time: two holds of 100 ms are 0.2 s, three 0.3 s.
    EXPECT_EQ(id_of(judge_bursts(bursts(2, 468, 32, 100), kNsPerTick, 0.203e9)), "");
    EXPECT_EQ(id_of(judge_bursts(bursts(3, 468, 32, 100), kNsPerTick, 0.31e9)), "throttled_volume");
    EXPECT_EQ(bursts_of(bursts(10, 468, 32, 49)), "") << "not long enough";
    EXPECT_EQ(bursts_of(bursts(3, 468, 32, 301)), "") << "longer than a slice";
    EXPECT_EQ(bursts_of(bursts(10, 20, 32, 97)), "") << "most are held: a queue that waits";
    EXPECT_EQ(bursts_of(bursts(3, 10'000, 1, 60)), "") << "three of 30 003: stalls, far apart";
    EXPECT_EQ(bursts_of(Histogram()), "");
}

TEST(Modes, of_hits_and_misses_are_named_with_their_shares) {
    Histogram ticks;
    add(ticks, 7000, 300'000, 0.1, 1);
    add(ticks, 3000, 15'000'000, 0.2, 2);
    const auto gap = find_gap(ticks, kNsPerTick);
    ASSERT_TRUE(gap);
    EXPECT_NEAR(gap->low_share, 0.7, 0.001);
    EXPECT_NEAR(gap->low_ns, 100'000, 2000);
    EXPECT_NEAR(gap->high_ns, 5'000'000, 100'000);
    const auto finding = judge_modes(ticks, kNsPerTick);
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->id, "bimodal_latency");
    EXPECT_THAT(finding->message, HasSubstr("about 70 % of 10000 operations take about"));
    EXPECT_THAT(finding->message, HasSubstr("the other 30 % about"));
}

TEST(Modes, begin_at_a_factor_of_four) {
    const auto modes = [](std::uint64_t low, std::uint64_t high) {
        Histogram ticks;
        for (int at = 0; at < 500; ++at)
            ticks.record(at % 2 == 0 ? low : high);
        return id_of(judge_modes(ticks, 1));
    };
    EXPECT_EQ(modes(60, 240), "bimodal_latency");
    EXPECT_EQ(modes(60, 239), "");
}

TEST(Modes, are_one_however_broad_or_skewed) {
    for (const double sigma : {0.05, 0.3, 1.0, 2.0}) {
        Histogram ticks;
        add(ticks, 20'000, 300'000, sigma, 3);
        EXPECT_EQ(id_of(judge_modes(ticks, kNsPerTick)), "") << sigma;
    }
    Histogram exponential;  // what a busy queue makes of service times
    Xoshiro256 random(4);
    for (int at = 0; at < 20'000; ++at)
        exponential.record(static_cast<std::uint64_t>(-1e6 * std::log(unit(random))));
    EXPECT_EQ(id_of(judge_modes(exponential, 1)), "");
}

TEST(Modes, of_a_rare_tail_or_of_few_operations_are_not_told) {
    Histogram tail;
    add(tail, 9500, 300'000, 0.1, 5);
    add(tail, 500, 15'000'000, 0.1, 6);  // 5 %: percentiles show it
    EXPECT_EQ(id_of(judge_modes(tail, kNsPerTick)), "");
    Histogram few;
    add(few, 250, 300'000, 0.1, 7);
    add(few, 249, 15'000'000, 0.1, 8);
    EXPECT_EQ(id_of(judge_modes(few, kNsPerTick)), "");
    few.record(15'000'000);
    EXPECT_EQ(id_of(judge_modes(few, kNsPerTick)), "bimodal_latency");
    EXPECT_EQ(id_of(judge_modes(Histogram{}, kNsPerTick)), "");
}

TEST(FirstTouch, over_one_and_a_half_times_the_second_is_a_lazy_volume) {
    const auto touched = [](std::uint64_t first, std::uint64_t second, int count) {
        Histogram firsts, seconds;
        for (int at = 0; at < count; ++at) {
            firsts.record(first);
            seconds.record(second);
        }
        return id_of(judge_first_touch(firsts, seconds, kNanosecondsPerMicrosecond));
    };
    EXPECT_EQ(touched(151, 100, 50), "lazy_volume");
    EXPECT_EQ(touched(150, 100, 50), "");
    EXPECT_EQ(touched(100, 100, 50), "");
    EXPECT_EQ(touched(90, 100, 50), "");
    EXPECT_EQ(touched(151, 100, 49), "");
}

TEST(FirstTouch, that_is_slower_by_less_than_a_fetch_from_afar_was_only_cold_here) {
    Histogram first, second;
    add(first, 200, 3'000, 0.3, 9);
    add(second, 200, 1'500, 0.3, 10);
    EXPECT_EQ(id_of(judge_first_touch(first, second, 1)), "");
}

TEST(FirstTouch, tells_both_medians) {
    Histogram first, second;
    add(first, 200, 60'000'000, 0.3, 9);
    add(second, 200, 1'500'000, 0.3, 10);
    const auto finding = judge_first_touch(first, second, kNsPerTick);
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->severity, Severity::warning);
    EXPECT_THAT(finding->message, HasSubstr("(median of 200), second reads of the same offsets"));
    second.clear();
    EXPECT_EQ(id_of(judge_first_touch(first, second, kNsPerTick)), "");
}

}  // namespace
}  // namespace assay::storage
