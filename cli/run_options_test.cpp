#include "cli/run_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::cli {
namespace {

using testing::HasSubstr;

Arguments with(std::map<std::string, std::string, std::less<>> values) {
    Arguments arguments;
    arguments.values = std::move(values);
    return arguments;
}

std::vector<std::string> ids_of(const std::vector<const Probe*>& probes) {
    std::vector<std::string> ids;
    for (const Probe* probe : probes)
        ids.emplace_back(probe->id);
    return ids;
}

TEST(SelectProbes, matches_globs_against_ids_once_each_and_in_the_registrys_order) {
    const auto all = select_probes("*");
    ASSERT_TRUE(all);
    const auto backwards = select_probes("storage.random_read,cpu.*,storage.*");
    ASSERT_TRUE(backwards) << backwards.error().message;
    std::vector<std::string> expected;
    for (const std::string& id : ids_of(*all))
        if (id.starts_with("cpu.") || id.starts_with("storage."))
            expected.push_back(id);
    EXPECT_EQ(ids_of(*backwards), expected);
    EXPECT_FALSE(expected.empty());
}

TEST(SelectProbes, refuses_a_glob_that_matches_nothing_and_shows_what_there_is) {
    for (const char* globs : {"storage.randm_read", "cpu.*,storage.randm_read"}) {
        const auto none = select_probes(globs);
        ASSERT_FALSE(none);
        EXPECT_EQ(none.error().kind, ErrorKind::usage);
        EXPECT_THAT(none.error().message, HasSubstr("Did you mean 'storage.random_read'?"));
        EXPECT_THAT(none.error().message, HasSubstr("cpu.flops"));
    }
    EXPECT_FALSE(select_probes(""));
    EXPECT_FALSE(select_probes("cpu.*,"));
}

TEST(Label, is_bounded_text) {
    EXPECT_EQ(*make_label(with({{"label", "prod-01 (Zürich)"}})), "prod-01 (Zürich)");
    EXPECT_EQ(make_label(with({{"label", std::string(200, 'x')}}))->size(), 200u);
    EXPECT_FALSE(make_label(with({{"label", std::string(201, 'x')}})));
    EXPECT_FALSE(make_label(with({{"label", "two\nlines"}})));
    EXPECT_FALSE(make_label(with({{"label", "\x1b[31mred"}})));
    EXPECT_FALSE(make_label(with({{"label", "\xff\xfe"}}))) << "no UTF-8";
    EXPECT_FALSE(make_label(with({{"label", "\xc0\xaf"}}))) << "overlong";
    EXPECT_FALSE(make_label(with({{"label", "\xed\xa0\x80"}}))) << "a surrogate";
    EXPECT_FALSE(make_label(with({{"label", "cut \xe2\x82"}})));
    EXPECT_FALSE(make_label({})->empty());
}

TEST(Seed, is_what_was_asked_for_or_fits_53_bits) {
    EXPECT_EQ(*make_seed(with({{"seed", "42"}})), 42u);
    EXPECT_EQ(*make_seed(with({{"seed", "9007199254740991"}})), 9007199254740991u);
    EXPECT_FALSE(make_seed(with({{"seed", "9007199254740992"}})));
    for (int draw = 0; draw < 100; ++draw)
        EXPECT_LE(*make_seed({}), 9007199254740991u);
    EXPECT_NE(*make_seed({}), *make_seed({}));
}

TEST(RunPlan, takes_the_profiles_numbers_unless_a_budget_is_given) {
    const auto quick = make_run_plan({});
    ASSERT_TRUE(quick) << quick.error().message;
    EXPECT_EQ(quick->profile_name, "quick");
    EXPECT_EQ(quick->budget_ns, 300'000'000'000);
    EXPECT_EQ(quick->probes.size(), select_probes("*")->size());
    const auto smoke = make_run_plan(with({{"profile", "smoke"}, {"budget", "10s"}}));
    ASSERT_TRUE(smoke);
    EXPECT_EQ(smoke->profile_name, "smoke");
    EXPECT_EQ(smoke->budget_ns, 10'000'000'000);
}

TEST(RunPlan, hands_the_path_to_storage_and_the_peer_to_the_network_only) {
    const auto plan = make_run_plan(with({{"path", "/"}, {"peer", "dr01:7443"}, {"seed", "7"}}));
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(plan->path, "/");
    for (const auto& [probe, request] : plan->probes) {
        EXPECT_EQ(request.seed, 7u);
        EXPECT_EQ(request.find("path") != nullptr, probe->id.starts_with("storage.")) << probe->id;
        EXPECT_EQ(request.find("peer") != nullptr, probe->id.starts_with("network.")) << probe->id;
    }
}

TEST(RunPlan, refuses_an_unknown_profile_and_a_missing_path) {
    const auto profile = make_run_plan(with({{"profile", "qiuck"}}));
    ASSERT_FALSE(profile);
    EXPECT_EQ(profile.error().kind, ErrorKind::usage);
    EXPECT_THAT(profile.error().message, HasSubstr("Did you mean 'quick'?"));
    const auto path = make_run_plan(with({{"path", "/no/such/folder"}}));
    ASSERT_FALSE(path);
    EXPECT_EQ(path.error().kind, ErrorKind::not_found);
    EXPECT_THAT(path.error().message, HasSubstr("/no/such/folder"));
}

measure::RunPlan eight_rounds_in_100_s() {
    measure::RunPlan plan;
    plan.budget_ns = 100'000'000'000;
    plan.rounds = 8;
    plan.longest_round_ns = 10'000'000'000;
    return plan;
}

TEST(TimePlan, divides_the_budget_as_the_runner_does) {
    const measure::RunPlan plan = eight_rounds_in_100_s();
    Footprint footprint;
    footprint.cases = 2;
    footprint.prepare_time = std::chrono::seconds(20);
    const TimePlan time = plan_time(plan, {footprint});
    // 80 s left for 16 rounds and a quarter more: 4 s each, less 50 ms of rest.
    EXPECT_EQ(time.rounds, 16u);
    EXPECT_EQ(time.round, std::chrono::milliseconds(3950));
    EXPECT_EQ(time.total, std::chrono::seconds(20 + 16 * 4));
}

TEST(TimePlan, sets_aside_what_lasts) {
    const measure::RunPlan plan = eight_rounds_in_100_s();
    Footprint footprint;
    footprint.cases = 2;
    footprint.lasting = {{.rounds = 3, .length = std::chrono::seconds(2)}};
    const TimePlan time = plan_time(plan, {footprint});
    // 94 s for 16 rounds and a quarter more: 4.7 s each, less 50 ms of rest.
    EXPECT_EQ(time.rounds, 19u);
    EXPECT_EQ(time.round, std::chrono::milliseconds(4650));
    footprint.lasting[0].length = std::chrono::seconds(100);  // 15 s for all three
    EXPECT_EQ(plan_time(plan, {footprint}).round, std::chrono::milliseconds(4200));
}

TEST(TimePlan, never_exceeds_the_budget) {
    measure::RunPlan plan;
    plan.budget_ns = 1'000'000'000;
    plan.rounds = 100;
    plan.longest_round_ns = 10'000'000'000;
    Footprint footprint;
    footprint.cases = 2;
    footprint.prepare_time = std::chrono::seconds(20);
    EXPECT_EQ(plan_time(plan, {footprint}).total, std::chrono::seconds(1));
}

}  // namespace
}  // namespace assay::cli
