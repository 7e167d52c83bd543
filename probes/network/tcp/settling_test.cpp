#include "probes/network/tcp/settling.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace assay::network::tcp {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// Samples each 10 ms of a rate (bytes a millisecond) that may change with time.
template <class Rate>
std::vector<Arrived> samples_of(int milliseconds_long, Rate rate) {
    std::vector<Arrived> samples{{nanoseconds(0), 0}};
    std::uint64_t bytes = 0;
    for (int at = 1; at <= milliseconds_long; ++at) {
        bytes += static_cast<std::uint64_t>(rate(at));
        if (at % 10 == 0)
            samples.push_back({milliseconds(at), bytes});
    }
    return samples;
}

TEST(RateChange, is_zero_for_an_even_rate_and_unknown_before_three_windows) {
    const auto even = samples_of(300, [](int) { return 1000; });
    EXPECT_NEAR(rate_change(even, milliseconds(100)).value(), 0, 1e-12);
    EXPECT_FALSE(rate_change(std::span(even).first(30), milliseconds(100)));
    EXPECT_FALSE(rate_change({}, milliseconds(100)));
}

TEST(RateChange, is_the_share_by_which_a_short_stretch_rose) {
    // 1000, 1100, 1200 bytes a ms in three windows of 100 ms: 200 of a mean of 1100.
    const auto rising = samples_of(300, [](int at) { return 1000 + 100 * ((at - 1) / 100); });
    EXPECT_NEAR(rate_change(rising, milliseconds(100)).value(), 200.0 / 1100, 1e-9);
}

TEST(RateChange, is_a_slope_a_second_where_the_windows_are_long) {
    // Windows of 1 s: first and third are 2 s apart.
    const auto rising = samples_of(3000, [](int at) { return 1000 + 100 * ((at - 1) / 1000); });
    EXPECT_NEAR(rate_change(rising, milliseconds(1000)).value(), 200.0 / 1100 / 2, 1e-9);
}

TEST(RateChange, sees_slow_start_as_unsettled_and_what_follows_as_settled) {
    const auto rate = [](int at) { return at < 400 ? 10 * std::exp2(at / 50.0) : 2560.0; };
    EXPECT_GT(rate_change(samples_of(400, rate), milliseconds(80)).value(), kSettledChange);
    EXPECT_LT(std::abs(rate_change(samples_of(700, rate), milliseconds(80)).value()),
              kSettledChange);
}

TEST(RateChange, is_unknown_while_nothing_arrives) {
    EXPECT_FALSE(rate_change(samples_of(300, [](int) { return 0; }), milliseconds(100)));
}

TEST(SettlingWindow, three_of_them_hold_five_round_trips) {
    EXPECT_EQ(settling_window(milliseconds(1200), std::nullopt), milliseconds(100));
    EXPECT_EQ(settling_window(milliseconds(1200), milliseconds(6)), milliseconds(100));
    EXPECT_EQ(settling_window(milliseconds(1200), milliseconds(300)), milliseconds(500));
}

TEST(JainIndex, is_one_for_equal_streams_and_one_nth_where_one_has_all) {
    EXPECT_DOUBLE_EQ(jain_index(std::array<std::uint64_t, 4>{7, 7, 7, 7}).value(), 1);
    EXPECT_DOUBLE_EQ(jain_index(std::array<std::uint64_t, 4>{9, 0, 0, 0}).value(), 0.25);
    // (1+2+3)^2 / (3 * (1+4+9)) = 36/42.
    EXPECT_DOUBLE_EQ(jain_index(std::array<std::uint64_t, 3>{1, 2, 3}).value(), 36.0 / 42);
    EXPECT_FALSE(jain_index(std::array<std::uint64_t, 2>{0, 0}));
}

}  // namespace
}  // namespace assay::network::tcp
