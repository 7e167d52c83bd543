#include "engine/score/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/measure/statistics.h"
#include "tests/support/example_run.h"

namespace assay::score {
namespace {

using test::add_finding;
using test::example_run;
using test::make_measurement;
using test::make_network_self_test;
using test::probe_of;
using test::scale_metric;
using test::set_samples;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr std::string_view kFlops = "cpu.flops.double";
constexpr std::string_view kRead = "memory.bandwidth.read";
constexpr std::string_view kIops = "storage.random_read.iops";
constexpr std::string_view kTcp = "network.tcp.bandwidth";

/// The example run against a copy whose four headline metrics are scaled.
Verdict compare_scaled(double cpu, double memory, double storage, double network,
                       const Policy& policy = default_policy()) {
    assay::Run target = example_run();
    scale_metric(target, kFlops, cpu);
    scale_metric(target, kRead, memory);
    scale_metric(target, kIops, storage);
    scale_metric(target, kTcp, network);
    return compare(example_run(), target, policy);
}

const CategoryScore& category(const Verdict& verdict, std::string_view name) {
    for (const CategoryScore& row : verdict.categories)
        if (row.name == name)
            return row;
    throw std::out_of_range("no such category");
}

Policy without(std::vector<std::string> categories) {
    Policy policy = default_policy();
    policy.without = std::move(categories);
    return policy;
}

TEST(Compare, a_run_with_itself_is_one_everywhere_and_go) {
    const Verdict verdict = compare(example_run(), example_run(), default_policy());
    ASSERT_EQ(verdict.categories.size(), 4u);
    for (const CategoryScore& row : verdict.categories) {
        EXPECT_EQ(row.ratio, 1.0) << row.name;
        EXPECT_EQ(row.grade, Grade::excellent) << row.name;
        EXPECT_EQ(row.floor_probability, 1.0) << row.name;
        ASSERT_EQ(row.metrics.size(), row.name == "network" ? 2u : 1u);
        // The sides are resampled independently, so the interval is not the point itself.
        EXPECT_LT(row.metrics[0].ratio_low, 1.0);
        EXPECT_GT(row.metrics[0].ratio_high, 1.0);
        EXPECT_GT(row.metrics[0].ratio_low, 0.97);
        EXPECT_LT(row.metrics[0].ratio_high, 1.03);
    }
    EXPECT_EQ(verdict.overall, 1.0);
    EXPECT_EQ(verdict.geometric, 1.0);
    EXPECT_EQ(verdict.grade, Grade::excellent);
    EXPECT_EQ(verdict.decision, Decision::go);
    EXPECT_EQ(verdict.overall_probability, 1.0);
}

TEST(Compare, gives_the_same_verdict_for_the_same_input) {
    const Verdict first = compare_scaled(0.9, 0.8, 0.79, 1.1);
    const Verdict second = compare_scaled(0.9, 0.8, 0.79, 1.1);
    EXPECT_EQ(first.overall_low, second.overall_low);
    EXPECT_EQ(first.overall_high, second.overall_high);
    EXPECT_EQ(first.overall_probability, second.overall_probability);
    EXPECT_EQ(first.reasons, second.reasons);
}

TEST(Compare, gives_the_requirements_example_0_88) {
    const Verdict verdict = compare_scaled(0.90, 0.95, 0.80, 1.00);
    EXPECT_DOUBLE_EQ(*verdict.overall, 0.88);
    EXPECT_NEAR(*verdict.geometric, 0.877, 0.0005);
    EXPECT_EQ(verdict.grade, Grade::good);
    EXPECT_EQ(verdict.weakest, "storage");
    EXPECT_EQ(verdict.decision, Decision::go);
}

TEST(Compare, gives_the_scenarios_of_the_requirement_their_true_sums) {
    // The requirement prints 75 % and 45 %; its own formula gives 73.0 % and 48.5 %.
    const Verdict adequate = compare_scaled(0.85, 0.70, 0.60, 0.95);
    EXPECT_DOUBLE_EQ(*adequate.overall, 0.73);
    EXPECT_NEAR(*adequate.geometric, 0.719, 0.0005);
    EXPECT_EQ(adequate.grade, Grade::adequate);
    EXPECT_EQ(adequate.decision, Decision::go_with_conditions);

    const Verdict inadequate = compare_scaled(0.40, 0.80, 0.35, 0.65);
    EXPECT_DOUBLE_EQ(*inadequate.overall, 0.485);
    EXPECT_NEAR(*inadequate.geometric, 0.457, 0.0005);
    EXPECT_EQ(inadequate.decision, Decision::no_go);
}

struct FormulaCase {
    double cpu, memory, storage, network;
    double overall, geometric, weakest;
    Grade grade;
    Decision decision;
};

TEST(Compare, shows_three_numbers_so_that_no_mean_hides_a_weak_category) {
    // Overall by the formula, by hand; the geometric mean from the reference table.
    const FormulaCase cases[] = {
        {2, 1, 0.5, 1, 1.10, 0.93, 0.50, Grade::adequate, Decision::go_with_conditions},
        {3, 1, 0.35, 1, 1.34, 0.91, 0.35, Grade::poor, Decision::no_go},
        {1, 1, 0.35, 10, 1.64, 0.83, 0.35, Grade::poor, Decision::no_go},
    };
    for (const FormulaCase& row : cases) {
        const Verdict verdict = compare_scaled(row.cpu, row.memory, row.storage, row.network);
        EXPECT_NEAR(*verdict.overall, row.overall, 1e-9);
        EXPECT_NEAR(*verdict.geometric, row.geometric, 0.005);
        EXPECT_EQ(verdict.weakest, "storage");
        EXPECT_NEAR(*category(verdict, "storage").ratio, row.weakest, 1e-9);
        EXPECT_EQ(verdict.grade, row.grade);
        EXPECT_EQ(verdict.decision, row.decision);
    }
}

TEST(Grades, belong_to_the_better_side_of_each_boundary) {
    for (const double limit : {1.0, 0.8, 0.6, 0.4}) {
        const Verdict at = compare_scaled(limit, limit, limit, limit);
        EXPECT_EQ(at.overall, limit);
        EXPECT_EQ(at.grade, grade_of(limit)) << limit;
        const Verdict below =
            compare_scaled(limit - 1e-6, limit - 1e-6, limit - 1e-6, limit - 1e-6);
        EXPECT_EQ(static_cast<int>(*below.grade), static_cast<int>(*at.grade) + 1) << limit;
    }
}

TEST(Grades, are_at_most_one_step_above_the_weakest) {
    EXPECT_EQ(capped_grade(1.5, 1.0), Grade::excellent);
    EXPECT_EQ(capped_grade(1.5, 0.8), Grade::excellent);
    EXPECT_EQ(capped_grade(1.5, 0.79), Grade::good);
    EXPECT_EQ(capped_grade(1.5, 0.5), Grade::adequate);
    EXPECT_EQ(capped_grade(1.5, 0.1), Grade::poor);
    EXPECT_EQ(capped_grade(0.7, 0.65), Grade::adequate);
    EXPECT_EQ(capped_grade(0.2, 0.1), Grade::critical);
}

TEST(Ratios, are_inverted_where_lower_is_better) {
    EXPECT_EQ(ratio_of(100, 200, Better::higher), 2);
    EXPECT_EQ(ratio_of(100, 200, Better::lower), 0.5);
}

TEST(Ratios, of_a_lower_is_better_headline_fall_when_the_target_is_slower) {
    static constexpr MetricRow kLatency[] = {{.category = "storage",
                                              .probe = "storage.random_read",
                                              .metric = "storage.random_read.latency",
                                              .unit = Unit::nanoseconds,
                                              .better = Better::lower,
                                              .required = true}};
    Policy policy = default_policy();
    policy.categories = {{"storage", 1.0}};
    assay::Run target = example_run();
    scale_metric(target, "storage.random_read.latency", 2);
    const Verdict verdict = compare_by(kLatency, example_run(), target, policy);
    EXPECT_EQ(verdict.overall, 0.5);
    // The best candidate is the smallest median: depth 1.
    EXPECT_EQ(verdict.categories[0].metrics[0].source, 82'000);
    EXPECT_LT(verdict.categories[0].metrics[0].ratio_low, 0.5);
    EXPECT_GT(verdict.categories[0].metrics[0].ratio_high, 0.5);
}

TEST(Decision, is_no_go_for_slow_storage_however_fast_the_processor) {
    assay::Run target = example_run();
    scale_metric(target, kIops, 0.35);
    scale_metric(target, kFlops, 3);
    make_network_self_test(target);
    const Verdict verdict = compare(example_run(), target, default_policy());
    EXPECT_EQ(verdict.decision, Decision::no_go);
    EXPECT_THAT(verdict.reasons,
                Contains(AllOf(HasSubstr("storage ratio 0.35 is below 0.40"),
                               HasSubstr("storage.random_read.iops (4096 B, depth 32"))));
    // What was not compared is said all the same.
    EXPECT_THAT(verdict.reasons, Contains(HasSubstr("SELF-TEST")));
}

TEST(Decision, is_no_go_for_a_low_overall_score_without_any_critical_category) {
    const Verdict verdict = compare_scaled(0.55, 0.55, 0.55, 0.55);
    EXPECT_EQ(verdict.decision, Decision::no_go);
    EXPECT_THAT(verdict.reasons, Contains(HasSubstr("overall score 0.55")));
    // By a hair: the text must not say that 0.60 is below 0.60.
    const Verdict close = compare_scaled(0.5999, 0.5999, 0.5999, 0.5999);
    EXPECT_THAT(close.reasons, Contains(HasSubstr("0.5999")));
}

TEST(Decision, at_the_limits_is_no_longer_no_go) {
    EXPECT_EQ(compare_scaled(0.6, 0.6, 0.6, 0.6).decision, Decision::go_with_conditions);
    EXPECT_EQ(compare_scaled(1, 1, 0.4, 1).decision, Decision::go_with_conditions);
}

TEST(Decision, names_each_condition_with_values_and_probability) {
    const Verdict verdict = compare_scaled(0.9, 0.55, 0.79, 1);
    EXPECT_EQ(verdict.decision, Decision::go_with_conditions);
    EXPECT_THAT(verdict.reasons, Contains(AllOf(HasSubstr("overall score 0.796"),
                                                HasSubstr("with a probability of"))));
    EXPECT_THAT(verdict.reasons, Contains(AllOf(HasSubstr("memory ratio 0.55"),
                                                HasSubstr("memory.bandwidth.read"))));
    EXPECT_EQ(verdict.reasons.size(), 2u);
}

TEST(Network, as_self_test_is_not_compared_and_the_score_is_over_the_others) {
    assay::Run run = example_run();
    make_network_self_test(run);
    const Verdict verdict = compare(run, run, default_policy());
    const CategoryScore& network = category(verdict, "network");
    EXPECT_EQ(network.ratio, std::nullopt);
    EXPECT_EQ(network.grade, std::nullopt);
    EXPECT_THAT(*network.not_compared,
                AllOf(HasSubstr("SELF-TEST"), HasSubstr("--peer HOST:PORT")));
    for (const char* name : {"cpu", "memory", "storage"})
        EXPECT_EQ(category(verdict, name).ratio, 1.0);
    EXPECT_EQ(verdict.overall, 1.0);
    EXPECT_EQ(verdict.decision, Decision::inconclusive);
    EXPECT_THAT(verdict.reasons,
                Contains(AllOf(HasSubstr("--peer HOST:PORT"), HasSubstr("--without network"))));
}

TEST(Network, left_out_openly_renormalises_the_weights) {
    assay::Run target = example_run();
    scale_metric(target, kFlops, 0.90);
    scale_metric(target, kRead, 0.95);
    scale_metric(target, kIops, 0.80);
    make_network_self_test(target);
    const Verdict verdict = compare(example_run(), target, without({"network"}));
    // (0.3 * 0.9 + 0.2 * 0.95 + 0.4 * 0.8) / 0.9
    EXPECT_NEAR(*verdict.overall, 0.78 / 0.9, 1e-12);
    EXPECT_EQ(verdict.decision, Decision::go);
    EXPECT_THAT(*category(verdict, "network").not_compared, HasSubstr("left out openly"));
    EXPECT_EQ(category(verdict, "network").weight, 0.1);
}

TEST(Network, takes_the_largest_stream_count_to_the_same_peer) {
    assay::Run target = example_run();
    const Verdict same = compare(example_run(), target, default_policy());
    EXPECT_EQ(category(same, "network").metrics[0].source, 1.18e9);
    for (Measurement& measurement : probe_of(target, "network.tcp").measurements)
        measurement.conditions[2].value = "10.0.0.10:7443";
    const Verdict other = compare(example_run(), target, default_policy());
    EXPECT_THAT(*category(other, "network").not_compared,
                AllOf(HasSubstr("10.0.0.9:7443"), HasSubstr("10.0.0.10:7443")));
    EXPECT_EQ(other.decision, Decision::inconclusive);
}

TEST(Network, counts_each_direction_for_itself) {
    assay::Run target = example_run();
    auto& measurements = probe_of(target, "network.tcp").measurements;
    // 8 streams down are halved; up stays.
    measurements[3].samples = std::vector<double>(7, 0.59e9);
    measurements[3].summary = measure::summarize(measurements[3].samples);
    const Verdict verdict = compare(example_run(), target, default_policy());
    const CategoryScore& network = category(verdict, "network");
    ASSERT_EQ(network.metrics.size(), 2u);
    EXPECT_EQ(network.metrics[0].conditions, "up, 8 streams");
    EXPECT_EQ(network.metrics[0].ratio, 1.0);
    EXPECT_EQ(network.metrics[1].conditions, "down, 8 streams");
    EXPECT_EQ(network.metrics[1].ratio, 0.5);
    EXPECT_NEAR(*network.ratio, std::sqrt(0.5), 1e-12);
}

TEST(Network, without_a_direction_is_up) {
    assay::Run target = example_run();
    auto& measurements = probe_of(target, "network.tcp").measurements;
    measurements.erase(measurements.begin() + 3);
    measurements.erase(measurements.begin() + 1);
    for (Measurement& measurement : measurements)
        std::erase_if(measurement.conditions,
                      [](const Condition& condition) { return condition.name == "direction"; });
    const Verdict verdict = compare(example_run(), target, default_policy());
    EXPECT_EQ(category(verdict, "network").ratio, 1.0);
    // What only the source has is said, and is no clean pass.
    ASSERT_EQ(category(verdict, "network").gaps.size(), 3u);
    EXPECT_TRUE(category(verdict, "network").gaps[0].is_one_sided);
    EXPECT_EQ(verdict.decision, Decision::go_with_conditions);
}

TEST(Headline, of_one_is_said_in_the_singular) {
    assay::Run one = example_run();
    std::erase_if(probe_of(one, "network.tcp").measurements, [](const Measurement& measurement) {
        return *measurement.condition("streams") == Value{8};
    });
    const Verdict verdict = compare(one, one, default_policy());
    ASSERT_FALSE(category(verdict, "network").metrics.empty());
    EXPECT_EQ(category(verdict, "network").metrics[0].conditions, "up, 1 stream");
}

TEST(Headline, of_the_processor_is_the_best_instruction_set_of_each_side) {
    assay::Run target = example_run();
    auto& measurements = probe_of(target, "cpu.flops").measurements;
    measurements.pop_back();  // no avx512 with all CPUs
    const Verdict verdict = compare(example_run(), target, default_policy());
    const MetricRatio& cpu = category(verdict, "cpu").metrics[0];
    EXPECT_EQ(cpu.source, 1334e9);
    EXPECT_EQ(cpu.target, 702e9);
    EXPECT_EQ(cpu.conditions, "avx512 -> avx2, 16 threads");
}

TEST(Headline, that_is_missing_skipped_or_failed_makes_it_inconclusive_with_the_reason) {
    assay::Run missing = example_run();
    std::erase_if(missing.probes, [](const auto& probe) { return probe.id == "cpu.flops"; });
    Verdict verdict = compare(example_run(), missing, default_policy());
    EXPECT_EQ(verdict.decision, Decision::inconclusive);
    EXPECT_THAT(*category(verdict, "cpu").not_compared,
                HasSubstr("target: probe cpu.flops is not in the run"));

    for (const ProbeStatus status : {ProbeStatus::skipped, ProbeStatus::failed}) {
        assay::Run broken = example_run();
        ProbeResult& storage = probe_of(broken, "storage.random_read");
        storage.status = status;
        storage.measurements.clear();
        storage.reason = Error{ErrorKind::unsupported, "tmpfs has no direct I/O", 0};
        verdict = compare(broken, example_run(), default_policy());
        EXPECT_EQ(verdict.decision, Decision::inconclusive);
        EXPECT_THAT(*category(verdict, "storage").not_compared,
                    AllOf(HasSubstr("source: "), HasSubstr("tmpfs has no direct I/O")));
    }

    assay::Run no_headline = example_run();
    for (Measurement& measurement : probe_of(no_headline, "storage.random_read").measurements)
        measurement.conditions[1].value = 16;
    verdict = compare(example_run(), no_headline, default_policy());
    EXPECT_THAT(*category(verdict, "storage").not_compared, HasSubstr("depth 32"));
}

TEST(Headline, with_an_invalid_finding_is_not_compared) {
    for (const char* finding : {"impossible", "too_few_valid_rounds", "io_errors"}) {
        assay::Run target = example_run();
        add_finding(target, kIops, finding);
        const Verdict verdict = compare(example_run(), target, default_policy());
        EXPECT_EQ(verdict.decision, Decision::inconclusive) << finding;
        EXPECT_THAT(*category(verdict, "storage").not_compared, HasSubstr(finding));
    }
}

TEST(Headline, passes_over_an_invalid_candidate_only_if_it_could_not_have_been_the_best) {
    assay::Run target = example_run();
    auto& measurements = probe_of(target, "cpu.flops").measurements;
    measurements[1].findings.push_back(make_finding("steal", "avx2 with all CPUs, 702 GFLOP/s"));
    EXPECT_EQ(category(compare(example_run(), target, default_policy()), "cpu").ratio, 1.0);
    measurements[3].findings.push_back(make_finding("steal", "avx512 with all CPUs, the best"));
    EXPECT_THAT(*category(compare(example_run(), target, default_policy()), "cpu").not_compared,
                HasSubstr("steal"));
    // Without any number it might have been anything.
    measurements[3].findings.clear();
    measurements[1].samples.clear();
    measurements[1].summary = {};
    EXPECT_TRUE(
        category(compare(example_run(), target, default_policy()), "cpu").not_compared.has_value());
}

TEST(Headline, refuses_values_that_no_ratio_can_be_made_of) {
    const double kNaN = std::numeric_limits<double>::quiet_NaN();
    const double kInfinity = std::numeric_limits<double>::infinity();
    for (const double bad : {0.0, -3.0, kNaN, kInfinity}) {
        assay::Run broken = example_run();
        set_samples(broken, kIops, std::vector<double>(7, bad));
        for (const bool as_source : {true, false}) {
            const Verdict verdict = as_source ? compare(broken, example_run(), default_policy())
                                              : compare(example_run(), broken, default_policy());
            EXPECT_EQ(category(verdict, "storage").ratio, std::nullopt) << bad;
            EXPECT_EQ(verdict.decision, Decision::inconclusive) << bad;
        }
    }
    assay::Run one_zero = example_run();
    set_samples(one_zero, kIops, {1, 1, 1, 0, 1, 1, 1});
    EXPECT_TRUE(category(compare(one_zero, example_run(), default_policy()), "storage")
                    .not_compared.has_value());
    assay::Run tiny = example_run();
    set_samples(tiny, kIops, std::vector<double>(7, 1e-300));
    EXPECT_TRUE(category(compare(tiny, example_run(), default_policy()), "storage")
                    .not_compared.has_value());
}

struct ConditionCase {
    std::size_t index;
    const char* name;
    Value value;
    bool comparable;
};

TEST(Headline, of_storage_compares_only_equal_conditions) {
    const ConditionCase cases[] = {
        {0, "block_bytes", 8192, false},
        {2, "threads", 4, false},
        {3, "engine", "sync", false},
        {4, "path", "/elsewhere", true},
        {5, "size_bytes", std::int64_t{2'147'483'648}, true},
        {5, "size_bytes", std::int64_t{2'147'479'552}, false},
        {0, "block_bytes", 4096.0, true},
    };
    for (const ConditionCase& row : cases) {
        assay::Run target = example_run();
        for (Measurement& measurement : probe_of(target, "storage.random_read").measurements) {
            ASSERT_EQ(measurement.conditions[row.index].name, row.name);
            measurement.conditions[row.index].value = row.value;
        }
        const Verdict verdict = compare(example_run(), target, default_policy());
        EXPECT_EQ(category(verdict, "storage").ratio.has_value(), row.comparable) << row.name;
        if (!row.comparable) {
            EXPECT_THAT(*category(verdict, "storage").not_compared, HasSubstr(row.name));
            EXPECT_EQ(verdict.decision, Decision::inconclusive);
        }
    }
}

TEST(SizeClass, is_a_factor_of_two_or_beyond_any_cache) {
    constexpr double kOne = static_cast<double>(kGiB);
    EXPECT_TRUE(same_size_class(kOne, 2 * kOne));
    EXPECT_FALSE(same_size_class(kOne, 2 * kOne + 1));
    EXPECT_TRUE(same_size_class(64 * kOne, 8000 * kOne));
    EXPECT_FALSE(same_size_class(63 * kOne, 8000 * kOne));
    EXPECT_TRUE(same_size_class(0, 0));
    EXPECT_FALSE(same_size_class(0, kOne));
}

TEST(Runs, of_other_workload_versions_are_not_compared_at_all) {
    assay::Run target = example_run();
    target.workload_version = kWorkloadVersion + 1;
    scale_metric(target, kIops, 0.1);
    const Verdict verdict = compare(example_run(), target, default_policy());
    EXPECT_EQ(verdict.decision, Decision::inconclusive);
    EXPECT_EQ(verdict.overall, std::nullopt);
    EXPECT_EQ(verdict.grade, std::nullopt);
    for (const CategoryScore& row : verdict.categories)
        EXPECT_THAT(*row.not_compared, HasSubstr("not comparable: workload version " +
                                                 std::to_string(kWorkloadVersion)));
}

TEST(Runs, that_are_invalid_as_a_whole_are_never_a_pass) {
    assay::Run broken = example_run();
    broken.valid = false;
    broken.findings.push_back(make_finding("clock_drift", "120 ppm"));
    const Verdict verdict = compare(broken, example_run(), default_policy());
    EXPECT_EQ(verdict.decision, Decision::inconclusive);
    EXPECT_THAT(verdict.reasons, Contains(HasSubstr("clock_drift: 120 ppm")));

    assay::Run unexplained = example_run();
    unexplained.valid = false;
    EXPECT_EQ(compare(example_run(), unexplained, default_policy()).decision,
              Decision::inconclusive);

    // One invalid measurement that is no headline makes the run invalid, but not the comparison.
    assay::Run partly = example_run();
    partly.valid = false;
    add_finding(partly, "storage.random_read.latency", "io_errors");
    EXPECT_EQ(compare(example_run(), partly, default_policy()).decision, Decision::go);
}

TEST(Rounds, too_few_are_compared_but_never_a_pass) {
    for (const std::size_t rounds : {std::size_t{1}, std::size_t{2}, std::size_t{4}}) {
        assay::Run thin = example_run();
        set_samples(thin, kIops, std::vector<double>(rounds, 124'000));
        const Verdict verdict = compare(thin, example_run(), default_policy());
        EXPECT_EQ(category(verdict, "storage").ratio, 1.0);
        EXPECT_EQ(category(verdict, "storage").metrics[0].ratio_low.has_value(), rounds >= 2);
        EXPECT_EQ(verdict.overall_probability.has_value(), rounds >= 2);
        EXPECT_EQ(verdict.overall, 1.0);
        EXPECT_EQ(verdict.decision, Decision::inconclusive);
        EXPECT_THAT(verdict.reasons,
                    Contains(HasSubstr("only " + std::to_string(rounds) + " valid rounds")));
    }
}

TEST(Rounds, that_do_not_differ_give_an_interval_of_zero_width) {
    assay::Run flat = example_run();
    set_samples(flat, kIops, std::vector<double>(7, 124'000));
    const Verdict verdict = compare(flat, flat, default_policy());
    EXPECT_EQ(category(verdict, "storage").metrics[0].ratio_low, 1.0);
    EXPECT_EQ(category(verdict, "storage").metrics[0].ratio_high, 1.0);
    EXPECT_EQ(category(verdict, "storage").floor_probability, 1.0);
}

TEST(Everything, left_out_leaves_nothing_to_say) {
    const Verdict verdict =
        compare_scaled(1, 1, 1, 1, without({"cpu", "memory", "storage", "network"}));
    EXPECT_EQ(verdict.decision, Decision::inconclusive);
    EXPECT_EQ(verdict.overall, std::nullopt);
    EXPECT_FALSE(verdict.reasons.empty());
}

}  // namespace
}  // namespace assay::score
