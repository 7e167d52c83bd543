#include "report/quantity.h"

#include <gtest/gtest.h>

#include <limits>

namespace assay::report {
namespace {

TEST(Quantity, has_three_significant_digits_and_an_si_prefix) {
    EXPECT_EQ(quantity(12'400, Unit::operations_per_second), "12.4 kop/s");
    EXPECT_EQ(quantity(3.214e9, Unit::bytes_per_second), "3.21 GB/s");
    EXPECT_EQ(quantity(102e9, Unit::flop_per_second), "102 GFLOP/s");
    EXPECT_EQ(quantity(2.1e9, Unit::hertz), "2.10 GHz");
    EXPECT_EQ(quantity(1'073'741'824.0, Unit::bytes), "1.07 GB");
    EXPECT_EQ(quantity(7, Unit::operations_per_second), "7.00 op/s");
}

TEST(Quantity, scales_nanoseconds_to_seconds) {
    EXPECT_EQ(quantity(84, Unit::nanoseconds), "84.0 ns");
    EXPECT_EQ(quantity(84'100, Unit::nanoseconds), "84.1 us");
    EXPECT_EQ(quantity(5'000'000, Unit::nanoseconds), "5.00 ms");
    EXPECT_EQ(quantity(2.5e9, Unit::nanoseconds), "2.50 s");
    EXPECT_EQ(quantity(4'321e9, Unit::nanoseconds), "4321 s");
    EXPECT_EQ(quantity(0.45, Unit::nanoseconds), "0.450 ns");
}

TEST(Quantity, carries_a_rounding_into_the_next_prefix) {
    EXPECT_EQ(quantity(999.4, Unit::bytes), "999 B");
    EXPECT_EQ(quantity(999.96, Unit::bytes), "1.00 kB");
    EXPECT_EQ(quantity(999.96, Unit::hertz), "1.00 kHz");
    EXPECT_EQ(quantity(999'960, Unit::nanoseconds), "1.00 ms");
    EXPECT_EQ(quantity(9.996, Unit::bytes), "10.0 B");
    EXPECT_EQ(quantity(99.97, Unit::bytes), "100 B");
    EXPECT_EQ(quantity(0.99996, Unit::bytes), "1.00 B");
    EXPECT_EQ(quantity(0.099996, Unit::bytes), "0.100 B");
}

TEST(Quantity, keeps_whole_counts_exact_and_ratios_without_a_unit) {
    EXPECT_EQ(quantity(12'345, Unit::count), "12345");
    EXPECT_EQ(quantity(0, Unit::count), "0");
    EXPECT_EQ(quantity(1.5, Unit::count), "1.50");
    EXPECT_EQ(quantity(1'234'567, Unit::count), "1.23 M");
    EXPECT_EQ(quantity(999'999.96, Unit::count), "1.00 M");
    EXPECT_EQ(quantity(0.88, Unit::ratio), "0.880");
    EXPECT_EQ(quantity(1234.5, Unit::ratio), "1234");
}

TEST(Quantity, has_no_negative_zero) {
    EXPECT_EQ(quantity(-0.0, Unit::count), "0");
    EXPECT_EQ(quantity(-0.0, Unit::bytes), "0.00 B");
    EXPECT_EQ(quantity(-1500, Unit::bytes), "-1.50 kB");
}

TEST(Quantity, of_what_is_absent_or_no_number_is_a_dash) {
    EXPECT_EQ(quantity(std::nullopt, Unit::bytes), "-");
    EXPECT_EQ(quantity(std::numeric_limits<double>::quiet_NaN(), Unit::bytes), "-");
    EXPECT_EQ(quantity(std::numeric_limits<double>::infinity(), Unit::bytes), "-");
}

TEST(Quantity, beyond_all_prefixes_is_scientific) {
    EXPECT_EQ(quantity(1e300, Unit::bytes), "1.00e+282 EB");
    EXPECT_EQ(quantity(1e-9, Unit::ratio), "1.00e-09");
}

TEST(Percent, shows_what_the_size_deserves) {
    EXPECT_EQ(percent(0.018), "1.8 %");
    EXPECT_EQ(percent(0.123), "12 %");
    EXPECT_EQ(percent(0.0997), "10 %");
    EXPECT_EQ(percent(0.0008), "0.08 %");
    EXPECT_EQ(percent(0.00001), "< 0.01 %");
    EXPECT_EQ(percent(0), "0 %");
    EXPECT_EQ(percent(-0.05), "-5.0 %");
}

TEST(ScoreText, has_two_decimals) {
    EXPECT_EQ(score_text(1), "1.00");
    EXPECT_EQ(score_text(0.88), "0.88");
    EXPECT_EQ(score_text(0.854321), "0.85");
    EXPECT_EQ(score_text(12.5), "12.50");
}

TEST(ScoreText, never_rounds_into_another_grade) {
    EXPECT_EQ(score_text(0.996), "0.996");
    EXPECT_EQ(score_text(0.9999), "0.9999");
    EXPECT_EQ(score_text(0.7951), "0.795");
    EXPECT_EQ(score_text(0.3999), "0.3999");
    EXPECT_EQ(score_text(0.4001), "0.40");
}

TEST(ByteSize, is_binary_where_it_is_exact) {
    EXPECT_EQ(byte_size(4096), "4 KiB");
    EXPECT_EQ(byte_size(kGiB), "1 GiB");
    EXPECT_EQ(byte_size(256 * kMiB), "256 MiB");
    EXPECT_EQ(byte_size(8 * kTiB), "8 TiB");
    EXPECT_EQ(byte_size(0), "0 B");
    EXPECT_EQ(byte_size(512), "512 B");
    EXPECT_EQ(byte_size(1025), "1.02 kB");
    EXPECT_EQ(byte_size(500'107'862'016), "500 GB");
    EXPECT_EQ(byte_size(~std::uint64_t{0}), "18.4 EB");
}

TEST(ClockTime, is_minutes_or_hours) {
    EXPECT_EQ(clock_time(0), "0:00");
    EXPECT_EQ(clock_time(372), "6:12");
    EXPECT_EQ(clock_time(59.6), "1:00");
    EXPECT_EQ(clock_time(3723), "1:02:03");
    EXPECT_EQ(clock_time(-1), "-");
    EXPECT_EQ(clock_time(std::numeric_limits<double>::infinity()), "-");
}

}  // namespace
}  // namespace assay::report
