#include "engine/score/recommend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/score/compare.h"
#include "tests/support/example_run.h"
#include "tests/support/restore_runs.h"

namespace assay::score {
namespace {

using test::example_run;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<Recommendation> of_rule(const std::vector<Recommendation>& all, std::string_view rule) {
    std::vector<Recommendation> found;
    std::ranges::copy_if(all, std::back_inserter(found),
                         [&](const auto& row) { return row.rule == rule; });
    return found;
}

std::vector<Recommendation> advice(const assay::Run& source, const assay::Run& target) {
    return recommend(source, target, compare(source, target, default_policy()));
}

/// Sets a fact of the environment: set(run, {"cpu", "cores"}, 4).
void set(Value& object, std::vector<std::string_view> path, Value value) {
    if (!object.as_object())
        object = Value(Value::Object{});
    auto& members = std::get<Value::Object>(object.data);
    auto member = std::ranges::find(members, path.front(), &Member::name);
    if (member == members.end())
        member = members.insert(members.end(), Member{std::string(path.front()), Value()});
    path.erase(path.begin());
    if (path.empty())
        member->value = std::move(value);
    else
        set(member->value, path, std::move(value));
}

void set_isa(assay::Run& run, std::string_view feature, bool is_there) {
    set(run.environment, {"cpu", "isa", feature, "cpuid"}, is_there);
    set(run.environment, {"cpu", "isa", feature, "os_enabled"}, is_there);
}

void set_link(assay::Run& run, std::int64_t megabits) {
    set(run.environment, {"network", "interfaces"},
        Value(Value::List{Value(Value::Object{{"name", "eth0"},
                                              {"virtual", false},
                                              {"operstate", "up"},
                                              {"speed_mbps", megabits}})}));
}

TEST(RecommendPages, every_rule_has_a_page_and_every_page_a_rule) {
    std::string missing;
    std::set<std::string_view> ids, pages;
    for (const Rule& rule : rules()) {
        EXPECT_TRUE(ids.insert(rule.id).second) << rule.id << " is there twice";
        if (rule_page(rule.id) == nullptr)
            missing += " " + std::string(rule.id);
    }
    EXPECT_EQ(missing, "") << "These rules have no page in engine/score/recommend_pages.cpp.";
    for (const RulePage& page : rule_pages()) {
        EXPECT_TRUE(pages.insert(page.id).second) << page.id << " has two pages";
        EXPECT_TRUE(ids.contains(page.id)) << page.id << " is no rule";
    }
}

TEST(RecommendPages, say_different_things_in_whole_sentences) {
    std::map<std::string_view, std::string_view> said;
    for (const RulePage& page : rule_pages())
        for (const std::string_view text : {page.means, page.detected, page.remedy}) {
            EXPECT_GE(text.size(), 60u) << page.id << ": " << text;
            EXPECT_TRUE(text.ends_with('.')) << page.id << ": " << text;
            EXPECT_TRUE(said.emplace(text, page.id).second) << page.id << ": " << text;
        }
    for (const RulePage& page : rule_pages())
        EXPECT_NE(page.detected.find_first_of("0123456789/_`"), std::string_view::npos)
            << page.id << " names neither its limit nor where it was read: " << page.detected;
}

TEST(Recommend, equals_are_excellent_exceed_nothing_and_need_no_upgrade) {
    const auto all = advice(example_run(), example_run());
    const auto praise = of_rule(all, "target_exceeds");
    ASSERT_THAT(praise, SizeIs(2));
    EXPECT_EQ(praise[0].text, "Excellent candidate for failover");
    EXPECT_THAT(of_rule(all, "not_recommended"), IsEmpty());
    EXPECT_THAT(of_rule(all, "metric_lower"), IsEmpty());
    for (const Recommendation& row : all) {
        EXPECT_NE(row.kind, RecommendationKind::required_upgrade) << row.text;
        EXPECT_NE(row.kind, RecommendationKind::critical_warning) << row.text;
    }
}

TEST(Recommend, every_amount_has_its_place_in_the_sentence) {
    assay::Run target = example_run();
    for (const char* metric : {"cpu.flops.double", "memory.bandwidth.read",
                               "storage.random_read.iops", "network.tcp.bandwidth"})
        test::scale_metric(target, metric, 0.3);
    set(target.environment, {"cpu", "cores"}, 4);
    set_link(target, 1000);
    assay::Run source = example_run();
    set_link(source, 10'000);
    for (const Recommendation& row : advice(source, target)) {
        std::size_t places = 0;
        for (std::size_t at = row.text.find("{}"); at != std::string::npos;
             at = row.text.find("{}", at + 2))
            ++places;
        EXPECT_EQ(places, row.amounts.size()) << row.text;
        EXPECT_FALSE(row.evidence.empty()) << row.text;
        EXPECT_NE(rule_page(row.rule), nullptr) << row.rule;
    }
}

// Requirement, scenario 3: CPU 40 %, 4 cores: `Minimum 8 cores (currently 4 cores)`. The limit is
// 0.8 of the source: 4 * 0.8 / 0.4 = 8.
TEST(Recommend, computes_the_cores_that_are_missing) {
    assay::Run target = example_run();
    test::scale_metric(target, "cpu.flops.double", 0.4);
    set(target.environment, {"cpu", "cores"}, 4);
    const auto rows = of_rule(advice(example_run(), target), "required_cores");
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_EQ(rows[0].text, "CPU: Minimum {} cores (currently {} cores)");
    EXPECT_EQ(rows[0].amounts,
              (std::vector<Amount>{{8, AmountStyle::count}, {4, AmountStyle::count}}));
    test::scale_metric(target, "cpu.flops.double", 0.65 / 0.4);
    EXPECT_THAT(of_rule(advice(example_run(), target), "required_cores"), IsEmpty());
}

// 0.70 needs +43 %, not +30 %.
TEST(Recommend, computes_what_a_ratio_needs_to_reach_the_source) {
    assay::Run target = example_run();
    test::scale_metric(target, "memory.bandwidth.read", 0.70);
    const auto rows = of_rule(advice(example_run(), target), "suggest_memory");
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_NEAR(rows[0].amounts.at(0).value, 1 / 0.7 - 1, 1e-9);
}

TEST(Recommend, compares_the_memory_of_the_two_inventories) {
    assay::Run source = example_run(), target = example_run();
    set(source.environment, {"memory", "total_bytes"}, 64e9);
    set(target.environment, {"memory", "total_bytes"}, 48e9);
    const auto rows = of_rule(advice(source, target), "suggest_memory");
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_NEAR(rows[0].amounts.at(0).value, 64.0 / 48 - 1, 1e-12);
    set(target.environment, {"memory", "total_bytes"}, 63.5e9);
    EXPECT_THAT(of_rule(advice(source, target), "suggest_memory"), IsEmpty());
}

// Use case 4.
TEST(Recommend, names_the_slower_link) {
    assay::Run source = example_run(), target = example_run();
    set_link(source, 10'000);
    set_link(target, 1000);
    const auto rows = of_rule(advice(source, target), "link_speed");
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_EQ(rows[0].text, "Network is only {}, source has {}");
    EXPECT_EQ(rows[0].amounts[0], (Amount{125e6, AmountStyle::bit_rate}));
    EXPECT_EQ(rows[0].amounts[1], (Amount{1250e6, AmountStyle::bit_rate}));
    EXPECT_EQ(rows[1].text, "Upgrade network or throttle source");
    EXPECT_THAT(of_rule(advice(target, source), "link_speed"), IsEmpty());
}

// The requirement's API example: 8000 of 10000 IOPS.
TEST(Recommend, says_what_a_loss_is_felt_by) {
    assay::Run target = example_run();
    test::scale_metric(target, "storage.random_read.iops", 0.8);
    const auto rows = of_rule(advice(example_run(), target), "metric_lower");
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_EQ(rows[0].text, "Storage IOPS {} lower than source - may impact database workloads");
    EXPECT_NEAR(rows[0].amounts[0].value, 0.2, 1e-9);
    EXPECT_EQ(rows[0].concern, Concern::caution);  // Good, and a warning all the same
}

TEST(Recommend, a_loss_that_the_interval_does_not_exclude_is_no_warning) {
    MetricRatio metric{"storage.random_read.iops", "", 100, 90, 0.9, 0.7, 1.1};
    Verdict verdict;
    verdict.categories.push_back({"storage", 0.4, 0.9, Grade::good, 1.0, {metric}, std::nullopt});
    const assay::Run run;
    EXPECT_THAT(of_rule(recommend(run, run, verdict), "metric_lower"), IsEmpty());
    verdict.categories[0].metrics[0].ratio_high = 0.95;
    EXPECT_THAT(of_rule(recommend(run, run, verdict), "metric_lower"), SizeIs(1));
}

TEST(Recommend, names_instruction_sets_and_cores_that_are_missing) {
    assay::Run source = example_run(), target = example_run();
    for (const char* feature : {"avx2", "avx512f", "aes"}) {
        set_isa(source, feature, true);
        set_isa(target, feature, false);
    }
    set(source.environment, {"cpu", "cores"}, 16);
    set(target.environment, {"cpu", "cores"}, 12);
    const auto all = advice(source, target);
    EXPECT_THAT(of_rule(all, "missing_isa"), SizeIs(3));
    const auto cores = of_rule(all, "fewer_cores");
    ASSERT_THAT(cores, SizeIs(1));
    EXPECT_NEAR(cores[0].amounts[2].value, 0.25, 1e-12);
    EXPECT_THAT(of_rule(advice(target, source), "missing_isa"), IsEmpty());
}

TEST(Recommend, what_is_not_known_is_not_said) {
    assay::Run source = example_run(), target = example_run();
    source.environment = target.environment = Value(Value::Object{});
    const auto all = advice(source, target);
    for (const char* rule : {"missing_isa", "fewer_cores", "link_speed", "suggest_memory",
                             "io_scheduler", "cpu_governor", "huge_pages", "clock_source"})
        EXPECT_THAT(of_rule(all, rule), IsEmpty()) << rule;
}

TEST(Recommend, storage_upgrades_name_what_is_there) {
    assay::Run target = example_run();
    test::scale_metric(target, "storage.random_read.iops", 0.35);
    const auto disk = [](const char* name, bool rotates) {
        return Value(
            Value::List{Value(Value::Object{{"name", name}, {"rotational_claim", rotates}})});
    };
    set(target.environment, {"storage", "disks"}, disk("sda", true));
    auto rows = of_rule(advice(example_run(), target), "required_storage");
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_EQ(rows[0].text, "Storage: NVMe SSD required (currently SATA/SAS HDD)");
    set(target.environment, {"storage", "disks"}, disk("nvme0n1", false));
    rows = of_rule(advice(example_run(), target), "required_storage");
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_NEAR(rows[0].amounts.at(0).value, 0.8 / 0.35, 1e-9);
}

TEST(Recommend, names_the_bottleneck_of_a_restore) {
    const auto rows = of_rule(recommend(test::restore_source(), test::restore_target(), {}),
                              "restore_bottleneck");
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_THAT(rows[0].text, HasSubstr("stage network (target, {})"));
    EXPECT_DOUBLE_EQ(rows[0].amounts[0].value, 200e6);
    EXPECT_DOUBLE_EQ(rows[0].amounts[1].value, 500e6);
    EXPECT_DOUBLE_EQ(rows[0].amounts[2].value, 2.5);
    test::RestoreRates rates;
    rates.write.clear();
    EXPECT_THAT(of_rule(recommend(test::restore_source(), test::restore_target(rates), {}),
                        "restore_bottleneck"),
                IsEmpty());
}

TEST(Recommend, judges_syncs_on_both_sides_of_the_limit) {
    const auto rows = [](double sync_ns) {
        test::RestoreRates source, target;
        source.sync_ns = {1e6, 1e6, 1e6};
        target.sync_ns = {sync_ns, sync_ns, sync_ns};
        return of_rule(recommend(test::restore_target(source), test::restore_target(target), {}),
                       "slower_fsync");
    };
    EXPECT_THAT(rows(1.19e6), IsEmpty());
    ASSERT_THAT(rows(3e6), SizeIs(1));
    EXPECT_DOUBLE_EQ(rows(3e6)[0].amounts[2].value, 3);
}

assay::Run with_latency(std::string_view metric, double p50_ns, double p99_ns) {
    assay::Run run = test::restore_target();
    test::add_metric(run, "probe.x", metric, Unit::nanoseconds, {}, {p50_ns, p50_ns});
    Percentiles percentiles;
    percentiles.count = 1000;
    percentiles.values[0] = p50_ns;
    percentiles.values[4] = p99_ns;
    run.probes.back().measurements.back().percentiles = percentiles;
    return run;
}

// consensus-benchmarker: p99 > 10 * p50.
TEST(Recommend, a_tail_of_over_ten_medians_is_a_latency_tail) {
    const auto rows = [](double p99_ns) {
        return of_rule(recommend({}, with_latency("storage.random_read.latency", 1e5, p99_ns), {}),
                       "latency_tail");
    };
    EXPECT_THAT(rows(1e6), IsEmpty());
    ASSERT_THAT(rows(1.2e6), SizeIs(1));
    EXPECT_THAT(rows(1.2e6)[0].text, HasSubstr("LATENCY_TAIL"));
    EXPECT_DOUBLE_EQ(rows(1.2e6)[0].amounts[1].value, 12);
}

// consensus-benchmarker: optimal < 0.8 * maximum.
TEST(Recommend, a_sustained_rate_below_four_fifths_is_a_degradation) {
    const auto rows = [](double sustained) {
        assay::Run run;
        test::add_metric(run, "cpu.flops", "cpu.flops.burst", Unit::flop_per_second, {}, {100e9});
        test::add_metric(run, "cpu.flops", "cpu.flops.sustained", Unit::flop_per_second, {},
                         {sustained});
        return of_rule(recommend({}, run, {}), "throughput_degradation");
    };
    EXPECT_THAT(rows(81e9), IsEmpty());
    ASSERT_THAT(rows(70e9), SizeIs(1));
    EXPECT_NEAR(rows(70e9)[0].amounts[0].value, 0.3, 1e-12);
}

TEST(Recommend, findings_of_the_target_become_warnings) {
    const auto with = [](std::string_view finding) {
        assay::Run run = example_run();
        test::add_finding(run, "storage.random_read.iops", finding);
        return recommend(example_run(), run, {});
    };
    EXPECT_THAT(of_rule(with("performance_fell"), "throughput_degradation"), SizeIs(1));
    EXPECT_THAT(of_rule(with("cgroup_quota"), "resource_constraint"), testing::Not(IsEmpty()));
    EXPECT_THAT(of_rule(with("hidden_smt"), "hidden_siblings"), SizeIs(1));
    EXPECT_THAT(of_rule(with("flush_swallowed"), "data_at_risk"), SizeIs(1));
    EXPECT_THAT(of_rule(with("steal"), "stolen_time"), SizeIs(1));
}

TEST(Recommend, counts_the_rounds_that_steal_refused) {
    assay::Run target;
    target.probes.emplace_back();
    for (const bool stolen : {true, false, true, false, false}) {
        RoundRecord round;
        round.valid = !stolen;
        if (stolen)
            round.reasons = {"steal"};
        target.probes.back().rounds.push_back(round);
    }
    const auto rows = of_rule(recommend({}, target, {}), "stolen_time");
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_EQ(rows[0].amounts[0].value, 2);
    EXPECT_EQ(rows[0].amounts[1].value, 5);
}

TEST(Recommend, braces_in_a_file_are_no_places_for_amounts) {
    assay::Run target;
    target.findings.push_back({"performance_fell", Severity::warning, "{} {}", ""});
    const auto rows = of_rule(recommend({}, target, {}), "throughput_degradation");
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_EQ(rows[0].text, "THROUGHPUT_DEGRADATION: () ()");
}

TEST(Recommend, tuning_follows_the_settings_and_is_silent_where_they_are_right) {
    assay::Run target;
    target.environment = Value(Value::Object{});
    set(target.environment, {"storage", "device", "scheduler"}, "mq-deadline");
    set(target.environment, {"storage", "device", "disk_name"}, "nvme0n1");
    set(target.environment, {"cpu", "governor"}, "powersave");
    set(target.environment, {"memory", "transparent_huge_pages"}, "never");
    set(target.environment, {"memory", "swap_used_bytes"}, 4096);
    set(target.environment, {"kernel", "clock_source"}, "hpet");
    set(target.environment, {"kernel", "clock_sources_available"}, "tsc hpet acpi_pm");
    for (const char* rule :
         {"io_scheduler", "cpu_governor", "huge_pages", "swap_in_use", "clock_source"})
        EXPECT_THAT(of_rule(recommend({}, target, {}), rule), SizeIs(1)) << rule;
    set(target.environment, {"storage", "device", "scheduler"}, "none");
    set(target.environment, {"cpu", "governor"}, "performance");
    set(target.environment, {"memory", "transparent_huge_pages"}, "madvise");
    set(target.environment, {"memory", "swap_used_bytes"}, 0);
    set(target.environment, {"kernel", "clock_source"}, "tsc");
    EXPECT_THAT(recommend({}, target, {}), IsEmpty());
}

TEST(Recommend, a_disk_name_that_is_no_name_becomes_no_command) {
    assay::Run target;
    target.environment = Value(Value::Object{});
    set(target.environment, {"storage", "device", "scheduler"}, "mq-deadline");
    set(target.environment, {"storage", "device", "disk_name"}, "nvme0n1; reboot");
    EXPECT_THAT(of_rule(recommend({}, target, {}), "io_scheduler"), IsEmpty());
}

// p99 of the round trip 2 ms and of fsync 33 ms: 35 ms, up to 40; the election is ten of them.
TEST(Recommend, derives_the_timers_of_a_consensus_protocol) {
    assay::Run target = with_latency("storage.fsync.latency", 10e6, 33e6);
    const assay::Run network = with_latency("network.rtt.tcp", 1e6, 2e6);
    EXPECT_THAT(of_rule(recommend({}, target, {}), "consensus_timers"), IsEmpty());
    target.probes.push_back(network.probes.back());
    const auto rows = of_rule(recommend({}, target, {}), "consensus_timers");
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_DOUBLE_EQ(rows[0].amounts[0].value, 40e6);
    EXPECT_DOUBLE_EQ(rows[0].amounts[1].value, 400e6);
}

// 1 GB/s over 10 ms are 10 MB under way; the kernel wants twice that.
TEST(Recommend, sizes_socket_buffers_by_the_bandwidth_delay_product) {
    assay::Run target;
    target.environment = Value(Value::Object{});
    set(target.environment, {"network", "receive_buffer_max_bytes"}, 4'194'304);
    test::add_metric(target, "network.tcp", "network.tcp.bandwidth", Unit::bytes_per_second, {},
                     {1e9});
    test::add_metric(target, "network.rtt", "network.rtt.tcp", Unit::nanoseconds, {}, {10e6});
    const auto rows = of_rule(recommend({}, target, {}), "socket_buffers");
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_DOUBLE_EQ(rows[0].amounts[0].value, 20e6);
    set(target.environment, {"network", "receive_buffer_max_bytes"}, 20'000'000);
    EXPECT_THAT(of_rule(recommend({}, target, {}), "socket_buffers"), IsEmpty());
}

TEST(Recommend, numbers_that_divide_into_nothing_are_not_said) {
    test::RestoreRates source, target;
    source.sync_ns = {0, 0, 0};
    target.sync_ns = {1e6, 1e6, 1e6};
    EXPECT_THAT(of_rule(recommend(test::restore_target(source), test::restore_target(target), {}),
                        "slower_fsync"),
                IsEmpty());
}

}  // namespace
}  // namespace assay::score
