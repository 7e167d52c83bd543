#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>

#include "engine/core/random.h"
#include "engine/measure/statistics.h"
#include "engine/score/change.h"
#include "engine/score/check.h"
#include "engine/score/compare.h"
#include "tests/support/example_run.h"

/// What the stated probabilities are worth: many simulated pairs of runs with 3 % noise and a known
/// true ratio. Seeded, so the counts below are always the same.
namespace assay::score {
namespace {

constexpr double kNoise = 0.03;
constexpr std::size_t kPairs = 1000;

double unit_interval(Xoshiro256& random) {
    return (static_cast<double>(random.next() >> 11) + 0.5) * 0x1p-53;
}

/// Box and Muller (1958).
double standard_normal(Xoshiro256& random) {
    const double radius = std::sqrt(-2 * std::log(unit_interval(random)));
    return radius * std::cos(2 * std::numbers::pi * unit_interval(random));
}

std::vector<double> noisy_samples(double centre, std::size_t rounds, Xoshiro256& random) {
    std::vector<double> samples;
    for (std::size_t round = 0; round < rounds; ++round)
        samples.push_back(centre * std::exp(kNoise * standard_normal(random)));
    return samples;
}

/// A run of the four required metrics, drawn around 1000 * ratio, log-normal.
assay::Run noisy_run(double ratio, std::size_t rounds, Xoshiro256& random) {
    static const assay::Run example = [] {
        assay::Run run = test::example_run();
        // One candidate a metric, so that no best of several shifts the true ratio.
        test::probe_of(run, "cpu.flops")
            .measurements.erase(test::probe_of(run, "cpu.flops").measurements.begin(),
                                test::probe_of(run, "cpu.flops").measurements.begin() + 3);
        auto& memory = test::probe_of(run, "memory.bandwidth").measurements;
        memory.erase(memory.begin(), memory.begin() + 3);
        std::erase_if(test::probe_of(run, "network.tcp").measurements, [](const Measurement& each) {
            return *each.condition("direction")->as_text() == "down";
        });
        return run;
    }();
    assay::Run run = example;
    for (const char* metric : {"cpu.flops.double", "memory.bandwidth.read",
                               "storage.random_read.iops", "network.tcp.bandwidth"})
        test::set_samples(run, metric, noisy_samples(1000 * ratio, rounds, random));
    return run;
}

struct Tally {
    std::size_t go = 0, no_go = 0, inconclusive = 0, covered = 0, below_one = 0;
};

Policy quick_policy() {
    Policy policy = default_policy();
    policy.bootstrap_draws = 400;
    return policy;
}

Tally simulate(double true_ratio, std::size_t rounds, std::size_t pairs = kPairs) {
    Policy policy = quick_policy();
    Xoshiro256 random(rounds);
    Tally tally;
    for (std::size_t pair = 0; pair < pairs; ++pair) {
        const assay::Run source = noisy_run(1, rounds, random);
        const assay::Run target = noisy_run(true_ratio, rounds, random);
        policy.bootstrap_seed = 100 * pair;
        const Verdict verdict = compare(source, target, policy);
        tally.go += verdict.decision == Decision::go;
        tally.no_go += verdict.decision == Decision::no_go;
        tally.inconclusive += verdict.decision == Decision::inconclusive;
        tally.covered += *verdict.overall_low <= true_ratio && true_ratio <= *verdict.overall_high;
        tally.below_one += *verdict.categories[2].ratio_high < 1;
    }
    std::printf("ratio %.2f, %zu rounds: GO %zu, NO-GO %zu, covered %zu, loss seen %zu of %zu\n",
                true_ratio, rounds, tally.go, tally.no_go, tally.covered, tally.below_one, pairs);
    return tally;
}

TEST(Simulation, of_a_host_against_itself_is_go_and_never_no_go) {
    for (const std::size_t rounds : {std::size_t{5}, std::size_t{7}}) {
        const Tally tally = simulate(1.0, rounds);
        EXPECT_EQ(tally.no_go, 0u) << rounds;
        EXPECT_EQ(tally.go, kPairs) << rounds;
        // The interval of the overall score misses 1 in at most 5 %, and two standard errors.
        EXPECT_GE(tally.covered, kPairs * 936 / 1000) << rounds;
    }
}

TEST(Simulation, of_a_target_exactly_at_the_limit_gives_go_in_at_most_5_percent) {
    for (const std::size_t rounds : {std::size_t{5}, std::size_t{7}, std::size_t{10}}) {
        const Tally tally = simulate(0.8, rounds);
        EXPECT_LE(tally.go, kPairs * 5 / 100) << rounds;
        EXPECT_EQ(tally.no_go, 0u) << rounds;
    }
}

TEST(Simulation, of_a_target_clearly_above_or_below_is_seen_as_such) {
    EXPECT_GE(simulate(0.85, 7, 300).go, 270u);
    EXPECT_EQ(simulate(0.75, 7, 300).go, 0u);
    EXPECT_EQ(simulate(0.55, 7, 300).no_go, 300u);
}

TEST(Simulation, sees_a_loss_of_10_percent_with_5_rounds) {
    EXPECT_GE(simulate(0.9, 5).below_one, kPairs * 95 / 100);
}

TEST(Simulation, proves_a_loss_of_10_percent_on_one_metric_with_5_rounds) {
    // One metric in both runs: a family of one, so Holm takes nothing away.
    assay::Run before = test::example_run();
    std::erase_if(before.probes,
                  [](const ProbeResult& probe) { return probe.id != "storage.random_read"; });
    assay::Run after = before;
    Xoshiro256 random(3);
    std::size_t proven = 0, false_alarms = 0;
    for (std::size_t pair = 0; pair < kPairs; ++pair) {
        test::set_samples(before, "storage.random_read.iops", noisy_samples(1000, 5, random));
        for (const double ratio : {0.9, 1.0}) {
            test::set_samples(after, "storage.random_read.iops",
                              noisy_samples(1000 * ratio, 5, random));
            const ChangeReport report = changes_between(before, after, quick_policy());
            (ratio < 1 ? proven : false_alarms) +=
                report.changes.at(0).is_proven && (ratio == 1 || !report.changes[0].is_better);
        }
    }
    std::printf("loss of 10 %% proven %zu, false alarms %zu of %zu\n", proven, false_alarms,
                kPairs);
    EXPECT_GE(proven, kPairs * 95 / 100);
    EXPECT_LE(false_alarms, kPairs * 5 / 100);
}

/// Stated probabilities of one tenth, and how often it was so.
class Calibration {
  public:
    void add(double stated, bool came_true) {
        Bin& bin = bins_[std::min(kBins - 1, static_cast<std::size_t>(stated * kBins))];
        bin.stated += stated;
        bin.true_ones += came_true;
        ++bin.all;
    }
    /// Each tenth that was stated often enough to say so (a standard error of 1.9 points at most).
    void expect_within_5_points(std::size_t fewest_bins) const {
        constexpr std::size_t kEnough = 700;
        std::size_t judged = 0;
        for (const Bin& bin : bins_) {
            if (bin.all < kEnough)
                continue;
            ++judged;
            const auto all = static_cast<double>(bin.all);
            const double stated = bin.stated / all;
            const double true_share = static_cast<double>(bin.true_ones) / all;
            std::printf("stated %.3f, came true %.3f of %zu\n", stated, true_share, bin.all);
            EXPECT_NEAR(stated, true_share, 0.05);
        }
        EXPECT_GE(judged, fewest_bins);
    }

  private:
    struct Bin {
        double stated = 0;
        std::size_t true_ones = 0, all = 0;
    };
    static constexpr std::size_t kBins = 10;
    std::array<Bin, kBins> bins_{};
};

/// A run with one metric of random reads and nothing else.
assay::Run one_metric_run() {
    assay::Run run = test::example_run();
    std::erase_if(run.probes,
                  [](const ProbeResult& probe) { return probe.id != "storage.random_read"; });
    std::erase_if(test::probe_of(run, "storage.random_read").measurements,
                  [](const Measurement& each) {
                      return each.metric != "storage.random_read.iops" ||
                             each.condition("depth")->as_integer() != 32;
                  });
    return run;
}

/// A true value near the limit, so that every probability is stated, spread evenly in the
/// logarithm, wide enough that no edge shows.
double true_value(double limit, double spread, Xoshiro256& random) {
    return limit * std::exp(spread * (2 * unit_interval(random) - 1));
}

TEST(Simulation, states_probabilities_of_limits_that_come_true_as_often) {
    constexpr double kLimit = 1000;
    for (const std::size_t rounds : {std::size_t{5}, std::size_t{7}}) {
        Calibration calibration;
        Xoshiro256 random(11 + rounds);
        assay::Run run = one_metric_run();
        Policy policy = quick_policy();
        policy.limits = {{"enough",
                          "storage.random_read.iops",
                          {},
                          Statistic::median,
                          false,
                          kLimit,
                          Unit::operations_per_second,
                          Need::required,
                          "",
                          {}}};
        for (std::size_t trial = 0; trial < 16'000; ++trial) {
            const double truth = true_value(kLimit, 0.035, random);
            test::set_samples(run, "storage.random_read.iops",
                              noisy_samples(truth, rounds, random));
            policy.bootstrap_seed = trial;
            calibration.add(*check(run, policy).limits[0].probability, truth >= kLimit);
        }
        // The median of five resamples has few values, so some tenths are never stated.
        calibration.expect_within_5_points(4);
    }
}

TEST(Simulation, states_probabilities_of_categories_that_come_true_as_often) {
    for (const std::size_t rounds : {std::size_t{5}, std::size_t{6}, std::size_t{7}}) {
        Calibration calibration;
        Xoshiro256 random(21 + rounds);
        assay::Run source = one_metric_run(), target = source;
        Policy policy = quick_policy();
        policy.without = {"cpu", "memory", "network"};
        for (std::size_t trial = 0; trial < 16'000; ++trial) {
            const double truth = true_value(policy.go_category, 0.05, random);
            test::set_samples(source, "storage.random_read.iops",
                              noisy_samples(1000, rounds, random));
            test::set_samples(target, "storage.random_read.iops",
                              noisy_samples(1000 * truth, rounds, random));
            policy.bootstrap_seed = 100 * trial;
            const Verdict verdict = compare(source, target, policy);
            calibration.add(*verdict.categories[2].floor_probability, truth >= policy.go_category);
        }
        calibration.expect_within_5_points(9);
    }
}

}  // namespace
}  // namespace assay::score
