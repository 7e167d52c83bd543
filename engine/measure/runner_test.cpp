#include "engine/measure/runner.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "engine/core/profile.h"
#include "engine/core/units.h"
#include "engine/measure/session.h"
#include "tests/support/fake_probe.h"
#include "tests/support/file_tree.h"

namespace assay::measure {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class Runner : public testing::Test {
  protected:
    Runner() {
        test::fake_script = &script_;
        script_.time = &time_;
        script_.measure = [this](std::size_t, std::size_t,
                                 const RoundRequest& request) -> Expected<RoundResult> {
            time_.now += request.duration;
            return speed(100);
        };
    }
    ~Runner() override { test::fake_script = nullptr; }

    static RoundResult speed(double value) {
        return {.values = {{&test::kFakeMetrics[0], value}},
                .latencies = {},
                .findings = {},
                .cpu_use = {}};
    }

    RunPlan plan(std::string_view profile_name = "quick", std::size_t probes = 1) const {
        const Profile profile = find_profile(profile_name).value();
        RunPlan plan{.profile_name = std::string(profile.name),
                     .budget_ns = profile.budget_ns,
                     .rounds = profile.rounds,
                     .min_valid_rounds = profile.min_valid_rounds,
                     .longest_round_ns = profile.longest_round_ns,
                     .seed = 1,
                     .label = "here",
                     .path = "",
                     .probes = {}};
        for (std::size_t index = 0; index < probes; ++index)
            plan.probes.push_back({.probe = &test::kFakeProbe, .request = {}});
        return plan;
    }

    Expected<assay::Run> take(const RunPlan& plan, std::stop_token stop = {}) {
        return take_run(
            host_, plan, std::move(stop), [](const Progress&) {}, time_.pace());
    }

    // An empty tree: nothing of the machine under the test leaks into what is asserted.
    host::Files files_{std::filesystem::path(testing::TempDir()) / "no_such_tree"};
    host::Host host_{.files = files_, .clock = host::Clock(files_), .topology = {}, .cgroup = {}};
    test::FakeTime time_;
    test::FakeScript script_;
};

TEST_F(Runner, takes_every_planned_round_of_every_case) {
    const auto run = take(plan());
    ASSERT_TRUE(run.has_value());
    const ProbeResult& result = run->probes.at(0);
    EXPECT_EQ(result.status, ProbeStatus::measured);
    ASSERT_EQ(result.measurements.size(), 2u);
    EXPECT_EQ(result.measurements[0].samples, std::vector<double>(7, 100.0));
    EXPECT_EQ(result.rounds.size(), 14u);
    EXPECT_TRUE(run->valid);
    EXPECT_EQ(run->run_id.size(), 36u);
    EXPECT_EQ(run->run_id[14], '4');
}

TEST_F(Runner, a_case_that_needs_long_rounds_gets_them_where_the_budget_allows) {
    script_.cases = 40;
    script_.least_rounds.assign(40, {});
    script_.least_rounds[3] = milliseconds(1500);
    script_.least_rounds[4] = seconds(100);  // more than any round may have
    std::map<std::size_t, std::set<std::int64_t>> lengths;
    script_.measure = [&](std::size_t index, std::size_t call,
                          const RoundRequest& request) -> Expected<RoundResult> {
        time_.now += request.duration;
        if (call > 0)
            lengths[index].insert(request.duration.count());
        return speed(100);
    };
    ASSERT_TRUE(take(plan("quick")));
    EXPECT_EQ(lengths[3], std::set<std::int64_t>{nanoseconds(milliseconds(1500)).count()});
    EXPECT_EQ(lengths[4], std::set<std::int64_t>{nanoseconds(seconds(2)).count()});
    // 300 s less the end's reserve and the warm-up, by 1.25; 280 rounds of 50 ms of silence, 24.5 s
    // for the two, and the other 266 share the rest.
    ASSERT_EQ(lengths[0].size(), 1u);
    EXPECT_NEAR(static_cast<double>(*lengths[0].begin()) / 1e9, 0.70, 0.05);
    EXPECT_EQ(lengths[0], lengths[39]);
}

TEST_F(Runner, what_only_the_warm_up_costs_goes_to_the_rounds_after_the_first_pass) {
    script_.cases = 40;
    std::vector<nanoseconds> lengths;
    script_.measure = [&](std::size_t, std::size_t call, const RoundRequest& request) {
        time_.now += request.duration + (call == 0 ? milliseconds(600) : milliseconds(10));
        if (call > 0)
            lengths.push_back(request.duration);
        return Expected<RoundResult>(speed(100));
    };
    const auto run = take(plan("quick"));
    ASSERT_TRUE(run);
    ASSERT_EQ(lengths.size(), 280u);
    // 300 s less 9 s, 24 s + 14 s of warm-up, by 1.25 are 203 s; 280 rounds of 650 ms leave 20 s.
    EXPECT_NEAR(std::chrono::duration<double>(lengths[0]).count(), 0.07, 0.03);
    EXPECT_GT(lengths[40], lengths[0] * 4);
    EXPECT_EQ(lengths[40], lengths[279]) << "once is enough";
    EXPECT_GT(run->duration_s, 200);
    EXPECT_LE(run->duration_s, 300);
}

TEST_F(Runner, long_rounds_leave_the_others_a_modest_one) {
    script_.cases = 40;
    script_.least_rounds.assign(40, {});
    std::fill_n(script_.least_rounds.begin(), 20, seconds(2));  // 280 s of the 300
    std::map<std::size_t, nanoseconds> longest;
    script_.measure = [&](std::size_t index, std::size_t call, const RoundRequest& request) {
        time_.now += request.duration;
        if (call > 0)
            longest[index] = std::max(longest[index], request.duration);
        return Expected<RoundResult>(speed(100));
    };
    const auto run = take(plan("quick"));
    ASSERT_TRUE(run);
    EXPECT_EQ(run->probes[0].rounds.size(), 280u) << "every planned round was taken";
    EXPECT_EQ(longest[39], milliseconds(600));
    EXPECT_NEAR(std::chrono::duration<double>(longest[0] * 140).count(), 124, 5);
}

// A quick run of a disk of 100 operations a second: 18 cases that are refused below 0.9 s and would
// rather have 1.4 s, and 94 that ask for nothing.
TEST_F(Runner, a_slow_device_gets_rounds_that_hold_and_the_others_are_not_starved) {
    script_.cases = 112;
    script_.least_rounds.assign(112, {});
    for (std::size_t index = 0; index < 18; ++index) {
        script_.least_rounds[index] = milliseconds(1400);
        script_.shortest_rounds[index] = milliseconds(900);
    }
    std::map<std::size_t, std::vector<nanoseconds>> lengths;
    script_.measure = [&](std::size_t index, std::size_t call, const RoundRequest& request) {
        time_.now += request.duration;
        if (call > 0)
            lengths[index].push_back(request.duration);
        return Expected<RoundResult>(speed(100));
    };
    const auto run = take(plan("quick"));
    ASSERT_TRUE(run);
    EXPECT_TRUE(run->valid);
    EXPECT_LE(run->duration_s, 300);
    for (std::size_t index = 0; index < 112; ++index) {
        EXPECT_GE(lengths[index].size(), 5u) << index;
        EXPECT_GE(std::ranges::min(lengths[index]), milliseconds(index < 18 ? 900 : 200)) << index;
    }
}

// Slow cases that need more than all of the time, and fast ones with a tenth of a round each.
TEST_F(Runner, beside_slow_cases_no_fast_one_is_cut_to_a_stretch_that_any_disturbance_spoils) {
    script_.cases = 60;
    script_.least_rounds.assign(60, seconds(0));
    script_.round_share = 0.1;
    for (std::size_t index = 0; index < 30; ++index)
        script_.least_rounds[index] = script_.shortest_rounds[index] = seconds(2);
    std::map<std::size_t, std::vector<nanoseconds>> lengths;
    script_.measure = [&](std::size_t index, std::size_t call, const RoundRequest& request) {
        time_.now += request.duration;
        if (call > 0)
            lengths[index].push_back(request.duration);
        return Expected<RoundResult>(speed(100));
    };
    const auto run = take(plan("quick"));
    ASSERT_TRUE(run);
    EXPECT_LE(run->duration_s, 300);
    for (std::size_t index = 30; index < 60; ++index)
        EXPECT_GE(std::ranges::min(lengths[index]), milliseconds(40)) << index;
}

TEST_F(Runner, where_time_is_short_there_are_fewer_rounds_and_none_under_the_shortest_that_holds) {
    script_.cases = 40;
    script_.least_rounds.assign(40, {});
    std::fill_n(script_.least_rounds.begin(), 20, seconds(2));
    for (std::size_t index = 0; index < 20; ++index)
        script_.shortest_rounds[index] = milliseconds(350);
    std::map<std::size_t, std::vector<nanoseconds>> lengths;
    script_.measure = [&](std::size_t index, std::size_t call, const RoundRequest& request) {
        time_.now += request.duration;
        if (call > 0)
            lengths[index].push_back(request.duration);
        return Expected<RoundResult>(speed(100));
    };
    RunPlan small = plan("quick");
    small.budget_ns = from_seconds(100);
    const auto run = take(small);
    ASSERT_TRUE(run);
    EXPECT_TRUE(run->valid);
    EXPECT_LE(run->duration_s, 100);
    for (std::size_t index = 0; index < 40; ++index) {
        EXPECT_GE(lengths[index].size(), 5u) << index;
        EXPECT_GE(std::ranges::min(lengths[index]), milliseconds(index < 20 ? 350 : 200)) << index;
    }
}

TEST_F(Runner, a_case_that_lasts_is_taken_seldom_long_and_within_the_budget) {
    script_.cases = 60;
    script_.lasting[5] = {.rounds = 3, .length = seconds(100)};
    std::vector<nanoseconds> lengths;
    script_.measure = [&](std::size_t index, std::size_t call,
                          const RoundRequest& request) -> Expected<RoundResult> {
        time_.now += request.duration;
        if (index == 5 && call > 0)
            lengths.push_back(request.duration);
        return speed(100);
    };
    const auto run = take(plan("deep"));
    ASSERT_TRUE(run);
    EXPECT_EQ(lengths, std::vector<nanoseconds>(3, seconds(100)));
    EXPECT_LE(run->duration_s, 3600.0);
    for (const Measurement& measurement : run->probes.at(0).measurements) {
        const bool lasts = measurement.condition("index")->as_integer() == 5;
        EXPECT_EQ(measurement.samples.size(), lasts ? 3u : 15u);
        EXPECT_TRUE(measurement.findings.empty()) << measurement.findings.front().message;
    }
    // A short budget cuts its length, to 15 % of the time for all of its rounds.
    lengths.clear();
    RunPlan brief = plan("deep");
    brief.budget_ns = 300 * kNanosecondsPerSecond;
    const auto short_run = take(brief);
    ASSERT_TRUE(short_run);
    EXPECT_LE(short_run->duration_s, 300.0);
    ASSERT_FALSE(lengths.empty());
    EXPECT_NEAR(std::chrono::duration<double>(lengths[0]).count(), 0.15 * 290 / 3, 1.0);
}

TEST_F(Runner, what_the_host_takes_from_a_case_that_lasts_refuses_no_round) {
    const test::FileTree tree;
    const auto machine = host::inspect_host(host::Files());
    ASSERT_TRUE(machine) << machine.error().message;
    host_.topology = machine->topology;
    host_.files = host::Files(tree.root());
    std::size_t stolen = 0;
    const auto write_stat = [&] {
        std::string text;
        for (const int cpu : host_.topology.allowed_cpus())
            text += "cpu" + std::to_string(cpu) + " " + std::to_string(1000 + stolen) +
                    " 0 0 0 0 0 0 " + std::to_string(stolen) + " 0 0\n";
        tree.write("proc/stat", text);
    };
    write_stat();
    script_.cases = 2;
    script_.lasting[1] = {.rounds = 3, .length = seconds(10)};
    script_.measure = [&](std::size_t, std::size_t,
                          const RoundRequest& request) -> Expected<RoundResult> {
        time_.now += request.duration;
        stolen += 100;
        write_stat();
        return speed(100);
    };
    const auto run = take(plan("deep"));
    ASSERT_TRUE(run);
    ASSERT_EQ(run->probes.at(0).measurements.size(), 2u);
    for (const Measurement& measurement : run->probes.at(0).measurements)
        if (measurement.condition("index")->as_integer() == 0) {
            EXPECT_TRUE(measurement.samples.empty());
        } else {
            EXPECT_EQ(measurement.samples.size(), 3u);
            EXPECT_TRUE(measurement.invalid_samples.empty());
            EXPECT_EQ(measurement.findings.at(0).id, "steal");
            EXPECT_EQ(measurement.findings.at(0).severity, Severity::warning);
        }
}

TEST_F(Runner, a_case_without_any_number_is_told_with_what_its_rounds_said) {
    script_.measure = [&](std::size_t, std::size_t, const RoundRequest&) -> Expected<RoundResult> {
        RoundResult nothing;
        nothing.findings.push_back(make_finding("udp_no_lossless_rate", "All trials had a loss."));
        return nothing;
    };
    const auto run = take(plan());
    ASSERT_TRUE(run.has_value());
    EXPECT_TRUE(run->probes.at(0).measurements.empty());
    EXPECT_FALSE(run->valid);
    std::vector<std::string> ids;
    for (const Finding& finding : run->findings)
        ids.push_back(finding.id);
    EXPECT_EQ(std::ranges::count(ids, "no_number"), 2);
    EXPECT_EQ(std::ranges::count(ids, "udp_no_lossless_rate"), 2);
}

TEST_F(Runner, no_probe_is_a_usage_error) {
    EXPECT_EQ(take(plan("quick", 0)).error().kind, ErrorKind::usage);
}

TEST_F(Runner, a_thousand_runs_end_within_their_budget_whatever_a_round_costs_beside_its_work) {
    for (std::uint64_t trial = 0; trial < 1000; ++trial) {
        const auto all = profiles();
        RunPlan tried = plan(all[trial % all.size()].name, 1 + trial % 5);
        tried.seed = trial;
        script_.cases = 1 + trial % 7;
        std::uint64_t calls = 0;
        script_.measure = [&](std::size_t, std::size_t,
                              const RoundRequest& request) -> Expected<RoundResult> {
            // Up to 200 ms of ramp and drain beside the timed work; a workload keeps its deadline.
            const nanoseconds beside(
                static_cast<std::int64_t>(derive_seed(trial, calls++) % 200'000'000));
            time_.now = std::min(time_.now + request.duration + beside,
                                 std::max(request.deadline, time_.now));
            return speed(100);
        };
        const TimePoint start = time_.now;
        const auto run = take(tried);
        ASSERT_TRUE(run.has_value());
        const double used = std::chrono::duration<double>(time_.now - start).count();
        EXPECT_LE(used, to_seconds(tried.budget_ns)) << "trial " << trial;
        EXPECT_FALSE(run->probes[0].measurements.empty());
    }
}

TEST_F(Runner, what_proving_the_work_takes_is_kept_free_at_the_end) {
    script_.cases = 40;
    script_.verify_time = seconds(100);  // a run without it takes 240 s of its 300
    const auto run = take(plan());
    ASSERT_TRUE(run.has_value());
    EXPECT_EQ(run->probes.at(0).rounds.size(), 280u);
    EXPECT_LE(run->duration_s, 300);
    EXPECT_GT(run->duration_s, 200);
}

TEST_F(Runner, one_case_that_takes_long_beside_its_work_leaves_the_others_their_time) {
    script_.cases = 40;
    nanoseconds least = seconds(1000);
    script_.measure = [&](std::size_t index, std::size_t call,
                          const RoundRequest& request) -> Expected<RoundResult> {
        if (index > 0 && call > 0)
            least = std::min(least, request.duration);
        time_.now += request.duration + (index == 0 ? milliseconds(2300) : milliseconds(5));
        return speed(100);
    };
    const auto run = take(plan());
    ASSERT_TRUE(run.has_value());
    // 300 s hold 280 rounds with a quarter of repeats: 240 s, of which the slow case takes 16 s and
    // settling 14 s, and warming up took as much before.
    EXPECT_GT(least, milliseconds(600));
    EXPECT_LE(run->duration_s, 306);
    for (const Measurement& measurement : run->probes.at(0).measurements)
        EXPECT_EQ(measurement.samples.size(), 7u);
}

TEST_F(Runner, a_budget_that_is_too_small_says_so_and_never_invents_rounds) {
    RunPlan small = plan("deep", 3);
    small.budget_ns = from_seconds(4);
    script_.measure = [this](std::size_t, std::size_t,
                             const RoundRequest& request) -> Expected<RoundResult> {
        time_.now = std::min(time_.now + request.duration + milliseconds(100), request.deadline);
        return speed(100);
    };
    const auto run = take(small);
    ASSERT_TRUE(run.has_value());
    EXPECT_FALSE(run->valid);
    const Measurement& first = run->probes[0].measurements.at(0);
    EXPECT_LT(first.samples.size(), 9u);
    std::set<std::string> ids;
    for (const Finding& finding : first.findings)
        ids.insert(finding.id);
    EXPECT_TRUE(ids.contains("budget_exhausted"));
    EXPECT_TRUE(ids.contains("too_few_valid_rounds"));
}

TEST_F(Runner, pauses_for_others_never_lengthen_a_run_beyond_its_budget) {
    // Others are stalled all the time, but each pause ends just before the guard's patience does.
    const std::filesystem::path root = std::filesystem::path(testing::TempDir()) / "busy_tree";
    std::filesystem::create_directories(root / "proc/pressure");
    const TimePoint begin = time_.now;
    TimePoint calm_until = begin;
    const auto write_pressure = [&] {
        static double stalled_us = 0;
        static TimePoint last = begin;
        if (time_.now > calm_until)
            stalled_us += std::chrono::duration<double, std::micro>(time_.now - last).count();
        last = time_.now;
        std::ofstream(root / "proc/pressure/cpu")
            << "some avg10=0.00 avg60=0.00 avg300=0.00 total=" << static_cast<long>(stalled_us)
            << "\n";
    };
    time_.on_sleep = write_pressure;
    write_pressure();
    const host::Files files(root);
    const host::Host busy{
        .files = files, .clock = host::Clock(files), .topology = {}, .cgroup = {}};
    script_.measure = [&](std::size_t, std::size_t,
                          const RoundRequest& request) -> Expected<RoundResult> {
        time_.now = std::min(time_.now + request.duration, std::max(request.deadline, time_.now));
        return speed(100);
    };
    std::size_t pauses = 0;
    const RunPlan smoke = plan("smoke");
    const auto run = take_run(
        busy, smoke, {},
        [&](const Progress& progress) {
            if (progress.phase == Progress::Phase::paused && ++pauses % 36 == 0)
                calm_until = time_.now + milliseconds(300);
        },
        time_.pace());
    std::filesystem::remove_all(root);
    ASSERT_TRUE(run.has_value()) << run.error().message;
    EXPECT_GT(pauses, 36u);
    EXPECT_LE(time_.now - begin, nanoseconds(smoke.budget_ns));
    EXPECT_FALSE(run->valid);
    EXPECT_EQ(run->findings.back().id, "guard_paused");
}

TEST_F(Runner, an_invalid_round_is_kept_and_repeated) {
    script_.cases = 1;
    script_.measure = [this](std::size_t, std::size_t call,
                             const RoundRequest& request) -> Expected<RoundResult> {
        time_.now += request.duration;
        RoundResult result = speed(static_cast<double>(call));
        if (call == 3)
            result.findings.push_back(make_finding("io_errors", "1 of 100 operations failed"));
        return result;
    };
    const auto run = take(plan());
    ASSERT_TRUE(run.has_value());
    const Measurement& measurement = run->probes[0].measurements.at(0);
    EXPECT_EQ(measurement.samples, (std::vector<double>{1, 2, 4, 5, 6, 7, 8}));  // call 0 warms up
    ASSERT_EQ(measurement.invalid_samples.size(), 1u);
    EXPECT_DOUBLE_EQ(measurement.invalid_samples[0].value, 3);
    EXPECT_EQ(run->probes[0].rounds.size(), 8u);
}

TEST_F(Runner, a_probe_that_fails_in_a_round_loses_its_numbers_and_leaves_the_others_alone) {
    int calls = 0;
    script_.cases = 1;
    script_.measure = [&](std::size_t, std::size_t call,
                          const RoundRequest& request) -> Expected<RoundResult> {
        time_.now += request.duration;
        if (call == 4 && calls++ == 0)  // whichever of the two probes comes to its 4th round first
            return failure(ErrorKind::io, "read /dev/x: input/output error");
        return speed(100);
    };
    const auto run = take(plan("quick", 2));
    ASSERT_TRUE(run.has_value());
    const bool first_failed = run->probes[0].status == ProbeStatus::failed;
    const ProbeResult& failed = run->probes[first_failed ? 0 : 1];
    const ProbeResult& fine = run->probes[first_failed ? 1 : 0];
    EXPECT_EQ(failed.status, ProbeStatus::failed);
    EXPECT_EQ(failed.reason->message, "read /dev/x: input/output error");
    EXPECT_TRUE(failed.measurements.empty());
    EXPECT_TRUE(failed.rounds.empty());
    EXPECT_EQ(fine.status, ProbeStatus::measured);
    EXPECT_EQ(fine.measurements.at(0).samples.size(), 7u);
}

TEST_F(Runner, a_probe_that_cannot_prove_its_work_fails_without_numbers) {
    script_.verify_error = Error{ErrorKind::internal, "the checksum differs", 0};
    const auto run = take(plan());
    ASSERT_TRUE(run.has_value());
    EXPECT_EQ(run->probes[0].status, ProbeStatus::failed);
    EXPECT_TRUE(run->probes[0].measurements.empty());
}

TEST_F(Runner, a_blocked_probe_is_skipped_or_failed_by_its_kind_with_the_checks_own_sentence) {
    script_.checks = {CheckLine{CheckLevel::block, "O_DIRECT on /x", "not supported",
                                "choose a disk", ErrorKind::unsupported}};
    auto run = take(plan());
    ASSERT_TRUE(run.has_value());
    EXPECT_EQ(run->probes[0].status, ProbeStatus::skipped);
    EXPECT_EQ(run->probes[0].reason->message, "O_DIRECT on /x: not supported; choose a disk");
    script_.checks[0].kind = ErrorKind::not_found;
    run = take(plan());
    EXPECT_EQ(run->probes[0].status, ProbeStatus::failed);
}

TEST_F(Runner, a_stop_request_ends_the_run_with_interrupted) {
    std::stop_source stopper;
    script_.measure = [&](std::size_t, std::size_t call,
                          const RoundRequest& request) -> Expected<RoundResult> {
        time_.now += request.duration;
        if (call == 2)
            stopper.request_stop();
        return speed(100);
    };
    EXPECT_EQ(take(plan(), stopper.get_token()).error().kind, ErrorKind::interrupted);
}

TEST_F(Runner, every_round_gets_a_seed_of_its_own_and_the_same_run_seed_repeats_them) {
    std::multiset<std::uint64_t> seeds;
    script_.measure = [&](std::size_t, std::size_t,
                          const RoundRequest& request) -> Expected<RoundResult> {
        time_.now += request.duration;
        seeds.insert(request.seed);
        return speed(100);
    };
    ASSERT_TRUE(take(plan()).has_value());
    const auto first = seeds;
    EXPECT_EQ(std::set<std::uint64_t>(seeds.begin(), seeds.end()).size(), seeds.size());
    seeds.clear();
    ASSERT_TRUE(take(plan()).has_value());
    EXPECT_EQ(seeds, first);
}

TEST_F(Runner, checks_are_the_probes_own) {
    script_.checks = {CheckLine{CheckLevel::warn, "a", "b", "c", ErrorKind::unsupported}};
    const auto checks = check_probes(host_, plan());
    ASSERT_EQ(checks.size(), 1u);
    EXPECT_EQ(checks[0].probe, "fake.probe");
    EXPECT_EQ(checks[0].lines.at(0).level, CheckLevel::warn);
}

}  // namespace
}  // namespace assay::measure
