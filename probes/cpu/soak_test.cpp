#include "probes/cpu/soak.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "engine/core/random.h"

namespace assay::cpu {
namespace {

constexpr double kGhz = 1e9;

// A ripple of 0.2 % that has no trend, as a real round has.
std::vector<SoakPart> steady(std::size_t count = 30) {
    constexpr std::array kRipple{0.0, 0.002, -0.001, 0.001, -0.002};
    std::vector<SoakPart> parts;
    for (std::size_t part = 0; part < count; ++part)
        parts.push_back({.rate = 100 * (1 + kRipple[part % kRipple.size()]),
                         .clock_hz = 3.5 * kGhz,
                         .cpu_share = 1,
                         .steal_ratio = 0.001,
                         .throttled_periods = 0,
                         .heat_events = 0,
                         .cooling_steps = 0});
    return parts;
}

// By `fall` from the first part to the last, in equal steps.
void let_slide(std::vector<SoakPart>& parts, double SoakPart::*member, double fall) {
    for (std::size_t part = 0; part < parts.size(); ++part)
        parts[part].*member *=
            1 - fall * static_cast<double>(part) / static_cast<double>(parts.size() - 1);
}

void let_step(std::vector<SoakPart>& parts, double SoakPart::*member, std::size_t at, double fall) {
    for (std::size_t part = at; part < parts.size(); ++part)
        parts[part].*member *= 1 - fall;
}

void set_from(std::vector<SoakPart>& parts, std::optional<double> SoakPart::*member, std::size_t at,
              std::optional<double> value) {
    for (std::size_t part = at; part < parts.size(); ++part)
        parts[part].*member = value;
}

void expect_finding(const std::vector<SoakPart>& parts, std::string_view id,
                    std::string_view words) {
    const auto found = judge_soak(parts, 1);
    ASSERT_TRUE(found) << id;
    EXPECT_EQ(found->id, id) << found->message;
    EXPECT_NE(found->message.find(words), std::string::npos) << found->message;
    EXPECT_EQ(found->severity, Severity::warning);
}

TEST(Soak, BurstIsTheFirstFiveSecondsAndSustainedTheMeanOfTheLastThird) {
    std::vector<SoakPart> parts;
    EXPECT_EQ(burst_rate(parts), std::nullopt);
    EXPECT_EQ(sustained_rate(parts), std::nullopt);
    for (const double rate : {9.0, 8.0, 7.0, 6.0, 5.0, 3.0})
        parts.push_back({.rate = rate});
    EXPECT_EQ(burst_rate(parts), 8.5) << "of six the first third";
    EXPECT_EQ(sustained_rate(parts), 4.0);
    parts.resize(1);
    EXPECT_EQ(burst_rate(parts), 9.0);
    EXPECT_EQ(sustained_rate(parts), 9.0);
    parts = steady(60);
    for (std::size_t part = 0; part < parts.size(); ++part)
        parts[part].rate = part < 5 ? 10 : part < 40 ? 7 : 5;
    EXPECT_EQ(burst_rate(parts), 10.0);
    EXPECT_EQ(sustained_rate(parts), 5.0);
}

TEST(Soak, ASteadyRateIsNoFinding) {
    EXPECT_FALSE(judge_soak(steady(), 1));
    auto slow = steady();
    let_slide(slow, &SoakPart::rate, 0.015);
    EXPECT_FALSE(judge_soak(slow, 1)) << "under 2 %";
    auto rising = steady();
    let_slide(rising, &SoakPart::rate, -0.2);
    EXPECT_FALSE(judge_soak(rising, 1));
    auto few = steady(7);
    let_slide(few, &SoakPart::rate, 0.5);
    EXPECT_FALSE(judge_soak(few, 1)) << "too few parts for a test";
    auto dip = steady(60);
    for (std::size_t part = 20; part < 30; ++part)
        dip[part].rate *= 0.5;
    EXPECT_FALSE(judge_soak(dip, 1)) << "it came back";
}

// Without any change, over many seeds: the two tests may err in 1 % and 0.1 % of them.
TEST(Soak, NoiseAloneIsHardlyEverAFall) {
    std::size_t falls = 0;
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        Xoshiro256 random(seed);
        auto parts = steady(100);
        for (SoakPart& part : parts)
            part.rate = 100 * (1 + 0.03 * (static_cast<double>(random.below(2001)) / 1000 - 1));
        falls += find_fall(parts).has_value();
    }
    EXPECT_LE(falls, 4u);
}

// Wherever it lies: time within one part, size within 5 % of itself or the noise of 0.5 %.
TEST(Soak, AStepIsFoundWithItsTimeAndItsSize) {
    for (const std::size_t at : {10u, 50u, 85u})
        for (const double size : {0.05, 0.2, 0.5, 0.9})
            for (std::uint64_t seed = 1; seed <= 20; ++seed) {
                Xoshiro256 random(seed);
                auto parts = steady(100);
                for (SoakPart& part : parts)
                    part.rate *= 1 + 0.004 * (static_cast<double>(random.below(2001)) / 1000 - 1);
                let_step(parts, &SoakPart::rate, at, size);
                const auto fall = find_fall(parts);
                ASSERT_TRUE(fall) << at << " " << size << " seed " << seed;
                ASSERT_TRUE(fall->at) << at << " " << size << " seed " << seed;
                EXPECT_NEAR(static_cast<double>(*fall->at), static_cast<double>(at), 1);
                EXPECT_NEAR(fall->ratio, size, std::max(0.05 * size, 0.005));
            }
}

TEST(Soak, ASlideIsFoundWithItsSizeAndWithoutATime) {
    for (const double size : {0.04, 0.2, 0.5}) {
        auto parts = steady(100);
        let_slide(parts, &SoakPart::rate, size);
        const auto fall = find_fall(parts);
        ASSERT_TRUE(fall) << size;
        EXPECT_FALSE(fall->at) << size;
        EXPECT_NEAR(fall->ratio, size, 0.05 * size);
    }
}

TEST(Soak, AQuotaThatTakesHoldIsNamed) {
    auto parts = steady();
    let_step(parts, &SoakPart::rate, 15, 0.5);
    let_step(parts, &SoakPart::cpu_share, 15, 0.5);
    set_from(parts, &SoakPart::throttled_periods, 15, 10);
    // Steal that the hypervisor counts as well is not the first cause.
    set_from(parts, &SoakPart::steal_ratio, 15, 0.4);
    expect_finding(parts, "quota_throttled", "At second 15 of 30 the rate fell by 50.0 %");
    expect_finding(parts, "quota_throttled", "10.0 periods a second instead of 0.0");
    // A quota from the start on throttles as much before: something else fell.
    set_from(parts, &SoakPart::throttled_periods, 0, 10);
    expect_finding(parts, "steal_rose", "from 0.1 to 40.0 %");
}

TEST(Soak, StealThatExplainsHalfOfTheFallIsNamedAndLessIsNot) {
    auto parts = steady();
    let_step(parts, &SoakPart::rate, 20, 0.6);
    set_from(parts, &SoakPart::steal_ratio, 20, 0.55);
    expect_finding(
        parts, "steal_rose",
        "At second 20 of 30 the rate fell by 60.0 %, while steal rose from 0.1 to 55.0 %");
    set_from(parts, &SoakPart::steal_ratio, 20, 0.2);
    expect_finding(parts, "drifting", "cause unknown");
}

TEST(Soak, AClockThatFallsIsHeatWhereItIsCountedAndElseHeatOrAPowerLimit) {
    auto parts = steady();
    let_slide(parts, &SoakPart::rate, 0.2);
    let_slide(parts, &SoakPart::clock_hz, 0.2);
    // Means of the ten first and ten last of 30 parts: 3.5 x (1 - 0.2 x 4.5/29), x (1 - 0.2 x
    // 24.5/29).
    expect_finding(parts, "clock_fell", "from 3.39 to 2.91 GHz; neither steal nor a counter");
    auto blind = parts;
    set_from(blind, &SoakPart::heat_events, 0, std::nullopt);
    set_from(blind, &SoakPart::cooling_steps, 0, std::nullopt);
    expect_finding(blind, "clock_fell", "heat cannot be read here: heat or a power limit");
    auto counted = parts;
    set_from(counted, &SoakPart::heat_events, 20, 3);
    expect_finding(counted, "heat_throttled", "3.0 throttlings by heat a second instead of 0.0");
    auto cooled = parts;
    set_from(cooled, &SoakPart::cooling_steps, 20, 2);
    expect_finding(cooled, "heat_throttled", "by 2.0 steps instead of 0.0");
}

TEST(Soak, LostCpuTimeThatNothingExplainsIsNamedWithItsValues) {
    auto parts = steady();
    let_step(parts, &SoakPart::rate, 10, 0.28);
    let_step(parts, &SoakPart::cpu_share, 10, 0.28);
    expect_finding(parts, "cpu_time_fell", "from 100.0 to 72.0 %");
}

TEST(Soak, AFallThatNothingExplainsIsADriftOfUnknownCause) {
    auto parts = steady();
    let_slide(parts, &SoakPart::rate, 0.05);
    expect_finding(parts, "drifting", "Over the 30 s of the soak the rate slid down by 5.");
    // Heat that is counted while the clock holds did not slow this work down.
    set_from(parts, &SoakPart::heat_events, 20, 3);
    expect_finding(parts, "drifting", "cause unknown");
}

}  // namespace
}  // namespace assay::cpu
