#include "engine/score/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/score/check.h"
#include "engine/score/compare.h"
#include "engine/score/facts.h"
#include "tests/support/example_run.h"
#include "tests/support/full_run.h"

namespace assay::score {
namespace {

using test::full_run;
using ::testing::Contains;
using ::testing::HasSubstr;

Limit iops_limit(double least) {
    return {"iops", "storage.random_read.iops",  {{"depth", 32}}, Statistic::median, false,
            least,  Unit::operations_per_second, Need::required,  "a test",          {}};
}

Policy with(Limit limit) {
    Policy policy = default_policy();
    policy.limits = {std::move(limit)};
    return policy;
}

LimitResult judged(const assay::Run& run, const Limit& limit) {
    return judge_limits(run, with(limit)).at(0);
}

TEST(Limits, are_met_unproven_or_missed_by_value_and_probability) {
    // 124 000 op/s, rounds from 122 016 to 125 364.
    EXPECT_EQ(judged(full_run(), iops_limit(120'000)).state, LimitState::met);
    EXPECT_EQ(judged(full_run(), iops_limit(120'000)).probability, 1.0);
    const LimitResult close = judged(full_run(), iops_limit(123'900));
    EXPECT_EQ(close.state, LimitState::unproven);
    EXPECT_LT(close.probability, 0.95);
    EXPECT_GT(close.probability, 0.4);
    EXPECT_EQ(judged(full_run(), iops_limit(124'000)).state, LimitState::unproven);
    EXPECT_EQ(judged(full_run(), iops_limit(124'001)).state, LimitState::missed);
    Limit ceiling = iops_limit(124'001);
    ceiling.is_ceiling = true;
    EXPECT_NE(judged(full_run(), ceiling).state, LimitState::missed);
}

TEST(Limits, without_a_number_are_unknown_and_never_met) {
    assay::Run broken = full_run();
    test::add_finding(broken, "storage.random_read.iops", "io_errors");
    EXPECT_EQ(judged(broken, iops_limit(1)).state, LimitState::unknown);
    EXPECT_THAT(judged(broken, iops_limit(1)).why, HasSubstr("io_errors"));
    assay::Run thin = full_run();
    test::set_samples(thin, "storage.random_read.iops", {124'000, 124'000, 124'000, 124'000});
    EXPECT_EQ(judged(thin, iops_limit(1)).state, LimitState::unknown);
    // Nothing speaks for a pass, however few rounds there are.
    EXPECT_EQ(judged(thin, iops_limit(200'000)).state, LimitState::missed);
    Limit other = iops_limit(1);
    other.conditions = {{"depth", 7}};
    EXPECT_EQ(judged(full_run(), other).state, LimitState::unknown);
    other = iops_limit(1);
    other.unit = Unit::bytes_per_second;
    EXPECT_EQ(judged(full_run(), other).state, LimitState::unknown);
    assay::Run skipped = full_run();
    ProbeResult& probe = test::probe_of(skipped, "storage.random_read");
    probe.status = ProbeStatus::skipped;
    probe.measurements.clear();
    probe.reason = Error{ErrorKind::unsupported, "tmpfs has no direct I/O", 0};
    EXPECT_THAT(judged(skipped, iops_limit(1)).why, HasSubstr("tmpfs has no direct I/O"));
    EXPECT_EQ(check(skipped, with(iops_limit(1))).decision, Decision::inconclusive);
}

TEST(Limits, decide_by_need_and_waiver) {
    Policy policy = with(iops_limit(200'000));
    EXPECT_EQ(check(full_run(), policy).decision, Decision::no_go);
    EXPECT_EQ(compare(full_run(), full_run(), policy).decision, Decision::no_go);
    policy.limits[0].need = Need::recommended;
    EXPECT_EQ(check(full_run(), policy).decision, Decision::go_with_conditions);
    policy.limits[0].need = Need::required;
    policy.waivers = {{"iops", "Ada", "the array comes in May", "2030-05-01", {}}};
    const Verdict waived = check(full_run(), policy);
    EXPECT_EQ(waived.decision, Decision::go_with_conditions);
    EXPECT_THAT(waived.reasons, Contains(HasSubstr("Waived by Ada until 2030-05-01")));
    policy.limits[0].bound = 1;
    EXPECT_EQ(check(full_run(), policy).decision, Decision::go);
    EXPECT_EQ(check(full_run(), default_policy()).decision, Decision::inconclusive);
    assay::Run invalid = full_run();
    invalid.valid = false;
    invalid.findings.push_back(make_finding("clock_drift", "120 ppm"));
    EXPECT_EQ(check(invalid, policy).decision, Decision::inconclusive);
}

TEST(Waiver, of_a_category_makes_a_condition_of_its_floor_but_not_of_the_overall_score) {
    assay::Run target = test::example_run();
    test::scale_metric(target, "memory.bandwidth.read", 0.3);
    Policy policy = default_policy();
    EXPECT_EQ(compare(test::example_run(), target, policy).decision, Decision::no_go);
    policy.waivers = {{"memory", "Ada", "more modules are ordered", "2030-05-01", {}}};
    const Verdict verdict = compare(test::example_run(), target, policy);
    EXPECT_EQ(verdict.decision, Decision::go_with_conditions);
    EXPECT_THAT(verdict.reasons, Contains(HasSubstr("more modules are ordered")));
    // 0.3 x 0.8 + 0.2 x 0.3 + 0.4 x 0.45 + 0.1 = 0.58.
    test::scale_metric(target, "storage.random_read.iops", 0.45);
    test::scale_metric(target, "cpu.flops.double", 0.8);
    EXPECT_EQ(compare(test::example_run(), target, policy).decision, Decision::no_go);
}

TEST(Facts, are_the_hosts_or_what_its_control_group_leaves_of_it) {
    assay::Run run = full_run();
    EXPECT_EQ(fact_of(run, HostFact::cores).value, 8);
    EXPECT_EQ(fact_of(run, HostFact::memory).value, 68'719'476'736.0);
    EXPECT_EQ(fact_of(run, HostFact::storage_kind).value, static_cast<double>(StorageKind::nvme));
    EXPECT_EQ(fact_of(run, HostFact::storage).value, std::nullopt);
    EXPECT_EQ(fact_of(run, HostFact::memory_used).value, std::nullopt);
    using Object = Value::Object;
    run.environment = Object{
        {"cpu", Object{{"cores", 8}, {"logical_cpus", 16}}},
        {"memory", Object{{"total_bytes", 16e9}, {"available_bytes", 4e9}}},
        {"storage",
         Object{{"device",
                 Object{{"name", "sda"}, {"rotational_claim", true}, {"size_bytes", 1e12}}}}},
        {"network", Object{{"interfaces",
                            Value::List{Object{{"operstate", "up"}, {"speed_mbps", 1000}},
                                        Object{{"operstate", "down"}, {"speed_mbps", 10'000}}}}}},
        {"cgroup", Object{{"effective_cpus", 2.5}, {"memory_limit_bytes", 8e9}}}};
    EXPECT_EQ(fact_of(run, HostFact::cores).value, 2.5);
    EXPECT_EQ(fact_of(run, HostFact::memory).value, 8e9);
    EXPECT_EQ(fact_of(run, HostFact::memory_available).value, 4e9);
    EXPECT_EQ(fact_of(run, HostFact::memory_used).value, 0.75);
    EXPECT_EQ(fact_of(run, HostFact::storage).value, 1e12);
    EXPECT_EQ(fact_of(run, HostFact::storage_kind).value, static_cast<double>(StorageKind::hdd));
    EXPECT_EQ(fact_of(run, HostFact::link).value, 125e6);
}

TEST(Facts, of_a_link_fall_back_to_what_was_measured_to_another_host) {
    assay::Run run = full_run();
    EXPECT_EQ(fact_of(run, HostFact::link).value, 1.18e9);
    EXPECT_EQ(fact_of(run, HostFact::link).share, 0.9);
    Policy policy = default_policy();
    policy.facts = {{HostFact::link, false, 1.25e9, Need::required, "", {}}};
    EXPECT_EQ(judge_limits(run, policy)[0].state, LimitState::met);
    policy.facts[0].bound = 1.4e9;
    EXPECT_EQ(judge_limits(run, policy)[0].state, LimitState::missed);
    test::make_network_self_test(run);
    EXPECT_EQ(judge_limits(run, policy)[0].state, LimitState::unknown);
}

}  // namespace
}  // namespace assay::score
