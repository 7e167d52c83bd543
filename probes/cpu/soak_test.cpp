#include "probes/cpu/soak.h"

#include <gtest/gtest.h>

#include <array>

namespace assay::cpu {
namespace {

constexpr double kGhz = 1e9;

// 15 parts with a ripple of 0.2 % that has no trend, as a real round has.
std::vector<SoakPart> steady() {
    constexpr std::array kRipple{0.0, 0.002, -0.001, 0.001, -0.002};
    std::vector<SoakPart> parts;
    for (std::size_t part = 0; part < 15; ++part)
        parts.push_back({.rate = 100 * (1 + kRipple[part % kRipple.size()]),
                         .clock_hz = 3.5 * kGhz,
                         .cpu_share = 1});
    return parts;
}

// By `fall` from the first part to the last, in equal steps.
void let_fall(std::vector<SoakPart>& parts, double SoakPart::*member, double fall) {
    for (std::size_t part = 0; part < parts.size(); ++part)
        parts[part].*member *=
            1 - fall * static_cast<double>(part) / static_cast<double>(parts.size() - 1);
}

TEST(Soak, BurstIsTheFirstPartAndSustainedTheMeanOfTheLastThird) {
    std::vector<SoakPart> parts;
    EXPECT_EQ(burst_rate(parts), std::nullopt);
    EXPECT_EQ(sustained_rate(parts), std::nullopt);
    for (const double rate : {9.0, 8.0, 7.0, 6.0, 5.0, 3.0})
        parts.push_back({.rate = rate, .clock_hz = 0, .cpu_share = 1});
    EXPECT_EQ(burst_rate(parts), 9.0);
    EXPECT_EQ(sustained_rate(parts), 4.0);
    parts.resize(1);
    EXPECT_EQ(sustained_rate(parts), 9.0);
}

TEST(Soak, ASteadyRateIsNoFinding) {
    EXPECT_FALSE(judge_soak(steady()));
    auto slow = steady();
    let_fall(slow, &SoakPart::rate, 0.015);
    EXPECT_FALSE(judge_soak(slow)) << "under 2 %";
    auto rising = steady();
    let_fall(rising, &SoakPart::rate, -0.2);
    EXPECT_FALSE(judge_soak(rising));
    auto few = steady();
    let_fall(few, &SoakPart::rate, 0.5);
    few.resize(7);
    EXPECT_FALSE(judge_soak(few)) << "too few parts for a test";
}

TEST(Soak, AFallingClockIsNamedWithItsValues) {
    auto parts = steady();
    let_fall(parts, &SoakPart::rate, 0.2);
    let_fall(parts, &SoakPart::clock_hz, 0.2);
    const auto found = judge_soak(parts);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, "clock_fell");
    // Means of the five first and five last of 15 parts: 3.5 x (1 - 0.2 x 2/14) and x 12/14.
    EXPECT_NE(found->message.find("from 3.40 to 2.90 GHz"), std::string::npos) << found->message;
}

TEST(Soak, LostCpuTimeIsNamedWithItsValues) {
    auto parts = steady();
    let_fall(parts, &SoakPart::rate, 0.28);
    let_fall(parts, &SoakPart::cpu_share, 0.28);
    const auto found = judge_soak(parts);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, "cpu_time_fell");
    EXPECT_NE(found->message.find("from 96.0 to 76.0 %"), std::string::npos) << found->message;
}

TEST(Soak, AFallThatNothingExplainsIsADrift) {
    auto parts = steady();
    let_fall(parts, &SoakPart::rate, 0.05);
    const auto found = judge_soak(parts);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, "drifting");
    EXPECT_EQ(found->severity, Severity::warning);
}

}  // namespace
}  // namespace assay::cpu
