#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "engine/core/random.h"
#include "engine/measure/statistics.h"
#include "engine/score/compare.h"
#include "tests/support/example_run.h"

/// What the stated probabilities are worth: many simulated pairs of runs with 3 % noise and a known
/// true ratio. Seeded, so the counts below are always the same.
namespace assay::score {
namespace {

constexpr double kNoise = 0.03;
constexpr std::size_t kPairs = 200;

double unit_interval(Xoshiro256& random) {
    return (static_cast<double>(random.next() >> 11) + 0.5) * 0x1p-53;
}

/// Box and Muller (1958).
double standard_normal(Xoshiro256& random) {
    const double radius = std::sqrt(-2 * std::log(unit_interval(random)));
    return radius * std::cos(2 * std::numbers::pi * unit_interval(random));
}

/// The example run with every headline metric drawn anew around 1000 * ratio, log-normal.
Run noisy_run(double ratio, std::size_t rounds, Xoshiro256& random) {
    assay::Run run = test::example_run();
    for (const char* metric : {"cpu.flops.double", "memory.bandwidth.read",
                               "storage.random_read.iops", "network.tcp.bandwidth"}) {
        std::vector<double> samples;
        for (std::size_t round = 0; round < rounds; ++round)
            samples.push_back(1000 * ratio * std::exp(kNoise * standard_normal(random)));
        test::set_samples(run, metric, samples);
    }
    return run;
}

struct Tally {
    std::size_t go = 0, no_go = 0, covered = 0, reached_95 = 0;
};

Tally simulate(double true_ratio, std::size_t rounds) {
    Policy policy = default_policy();
    policy.bootstrap_draws = 400;
    Xoshiro256 random(rounds);
    Tally tally;
    for (std::size_t pair = 0; pair < kPairs; ++pair) {
        const assay::Run source = noisy_run(1, rounds, random);
        const assay::Run target = noisy_run(true_ratio, rounds, random);
        policy.bootstrap_seed = pair;
        const Verdict verdict = compare(source, target, policy);
        tally.go += verdict.decision == Decision::go;
        tally.no_go += verdict.decision == Decision::no_go;
        tally.covered += *verdict.overall_low <= true_ratio && true_ratio <= *verdict.overall_high;
    }
    return tally;
}

TEST(Simulation, a_host_against_itself_is_always_go_and_its_interval_holds_one) {
    for (const std::size_t rounds : {std::size_t{5}, std::size_t{7}, std::size_t{9}}) {
        const Tally tally = simulate(1.0, rounds);
        EXPECT_EQ(tally.go, kPairs) << rounds;
        // A/A: at most 5 % of the intervals may miss 1; two standard errors are 3.1 %.
        EXPECT_GE(tally.covered, kPairs * 919 / 1000) << rounds;
    }
}

TEST(Simulation, a_target_exactly_at_the_limit_gets_go_in_at_most_5_percent) {
    for (const std::size_t rounds : {std::size_t{5}, std::size_t{7}, std::size_t{9}}) {
        const Tally tally = simulate(0.8, rounds);
        // Two standard errors at 5 % of 200 are 3.1 %.
        EXPECT_LE(tally.go, kPairs * 81 / 1000) << rounds;
        EXPECT_EQ(tally.no_go, 0u);
    }
}

TEST(Simulation, a_target_clearly_above_or_below_is_seen_as_such) {
    EXPECT_GE(simulate(0.85, 7).go, kPairs * 90 / 100);
    EXPECT_EQ(simulate(0.75, 7).go, 0u);
    EXPECT_EQ(simulate(0.55, 7).no_go, kPairs);
}

}  // namespace
}  // namespace assay::score
