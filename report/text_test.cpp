#include "report/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "engine/score/check.h"
#include "engine/score/compare.h"
#include "report/json_writer.h"
#include "report/plain_text.h"
#include "report/quantity.h"
#include "tests/support/example_run.h"
#include "tests/support/full_run.h"

namespace assay::report {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

assay::Run example_target() {
    assay::Run target = test::example_run();
    target.run_id = "7d1f0c1e-52a1-4c8e-8f0b-90c8f2f6a1b2";
    target.label = "dr01";
    test::scale_metric(target, "cpu.flops.double", 0.90);
    test::scale_metric(target, "memory.bandwidth.read", 0.95);
    test::scale_metric(target, "storage.random_read.iops", 0.80);
    return target;
}

Verdict verdict_of(const assay::Run& target) {
    return score::compare(test::example_run(), target, score::default_policy());
}

std::string screen_of(const assay::Run& target, const TextStyle& style = {}) {
    return comparison_to_text(test::example_run(), target, verdict_of(target), style);
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

/// Compares with a file of tests/golden. What is new is kept beside the temporary files, so that a
/// wanted change is one copy away.
void expect_golden(const std::string& name, const std::string& text) {
    const fs::path path = fs::path(ASSAY_SOURCE_DIR) / "tests" / "golden" / name;
    std::ifstream stream(path, std::ios::binary);
    const std::string golden{std::istreambuf_iterator<char>(stream), {}};
    if (golden == text)
        return;
    const fs::path actual = fs::temp_directory_path() / ("assay_golden_" + name);
    std::ofstream(actual, std::ios::binary) << text;
    EXPECT_EQ(text, golden) << "if the change is wanted: cp " << actual << " " << path;
}

TEST(Golden, run_screen) {
    expect_golden("run.txt", run_to_text(test::example_run(), {}));
}

TEST(Golden, run_screen_in_ascii_on_80_columns) {
    expect_golden("run_ascii_80.txt", run_to_text(test::example_run(),
                                                  {.colour = false, .utf8 = false, .columns = 80}));
}

TEST(Golden, run_document) {
    expect_golden("run.json", run_to_json(test::example_run()));
}

TEST(Golden, comparison_screen) {
    expect_golden("comparison.txt", screen_of(example_target()));
}

TEST(Golden, comparison_screen_of_a_no_go_with_self_test) {
    assay::Run target = example_target();
    test::scale_metric(target, "storage.random_read.iops", 0.35 / 0.80);
    test::scale_metric(target, "cpu.flops.double", 3 / 0.90);
    test::make_network_self_test(target);
    expect_golden("comparison_no_go.txt", screen_of(target));
}

TEST(Golden, comparison_screen_of_every_metric_and_a_policys_limits) {
    assay::Run source = test::full_run(), target = source;
    target.label = "dr01";
    test::scale_metric(target, "storage.random_write.iops", 0.72);
    test::scale_metric(target, "storage.fsync.latency", 1.6);
    test::scale_metric(target, "cpu.zstd.decompress", 1.3);
    std::erase_if(target.probes,
                  [](const ProbeResult& probe) { return probe.id == "network.rtt"; });
    Policy policy = score::default_policy();
    policy.name = "orders";
    policy.limits = {{"commit p99",
                      "storage.fsync.commit",
                      {{"method", "fdatasync"}, {"block_bytes", 4096}, {"load", "none"}},
                      Statistic::p99,
                      true,
                      2e6,
                      Unit::nanoseconds,
                      Need::required,
                      "runbook 4.2",
                      {}}};
    policy.facts = {{HostFact::cores, false, 8, Need::required, "runbook 2", {}},
                    {HostFact::storage_kind, false, 2, Need::recommended, "runbook 2", {}}};
    const Verdict verdict = score::compare(source, target, policy, &quantity);
    expect_golden("comparison_full.txt", comparison_to_text(source, target, verdict, {}));
}

TEST(Golden, screen_of_before_and_after) {
    assay::Run after = test::full_run();
    test::scale_metric(after, "storage.random_read.iops", 6);
    test::scale_metric(after, "cpu.lz4.compress", 0.8);
    test::scale_metric(after, "cpu.zstd.compress", 1.002);
    after.label = "prod-01 new array";
    expect_golden("change.txt",
                  to_text(document_of_change(test::full_run(), after,
                                             score::changes_between(test::full_run(), after,
                                                                    score::default_policy())),
                          {}));
}

TEST(Golden, screen_of_a_host_that_is_checked) {
    Policy policy = score::default_policy();
    policy.name = "runbook";
    const auto commit = [](const char* name, Statistic statistic, double bound) {
        return Limit{name,
                     "storage.fsync.commit",
                     {{"block_bytes", 4096}, {"load", "none"}},
                     statistic,
                     true,
                     bound,
                     Unit::nanoseconds,
                     Need::required,
                     "runbook 4.2",
                     {}};
    };
    policy.limits = {commit("commit p50", Statistic::p50, 0.95e6),
                     commit("commit p99", Statistic::p99, 1.8e6),
                     commit("commit p99.9", Statistic::p999, 50e6)};
    policy.facts = {{HostFact::cores, false, 16, Need::recommended, "runbook 2", {}},
                    {HostFact::storage, false, 1e12, Need::required, "runbook 2", {}}};
    const assay::Run run = test::full_run();
    expect_golden("check.txt",
                  to_text(document_of_check(run, score::check(run, policy, &quantity)), {}));
}

TEST(Golden, screen_of_three_targets) {
    const assay::Run source = test::full_run();
    std::vector<score::Candidate> candidates;
    for (const auto& [name, storage] :
         {std::pair{"azure", 0.3}, std::pair{"aws", 1.2}, std::pair{"cloudstack", 0.9}}) {
        assay::Run target = source;
        for (const char* metric : {"storage.random_read.iops", "storage.random_write.iops",
                                   "storage.mixed.iops", "storage.sequential_read.bandwidth"})
            test::scale_metric(target, metric, storage);
        candidates.push_back({name, score::compare(source, target, score::default_policy())});
    }
    expect_golden("ranking.txt",
                  to_text(document_of_ranking(source, candidates, score::rank(candidates)), {}));
}

TEST(Golden, comparison_document) {
    const assay::Run target = example_target();
    expect_golden("comparison.json",
                  comparison_to_json(test::example_run(), target, verdict_of(target)));
}

TEST(RunScreen, reads_in_ten_seconds) {
    const std::vector<std::string> lines = lines_of(run_to_text(test::example_run(), {}));
    EXPECT_LE(lines.size(), 40u);
    EXPECT_THAT(lines[0], AllOf(HasSubstr("prod-01"), HasSubstr("quick"), HasSubstr("4:47"),
                                HasSubstr("valid")));
    for (const std::string& line : lines)
        EXPECT_LE(display_width(line), 100u) << line;
}

TEST(RunScreen, shows_the_best_of_each_metric_and_its_spread) {
    const std::string text = run_to_text(test::example_run(), {});
    EXPECT_THAT(text, AllOf(HasSubstr("1.33 TFLOP/s"), Not(HasSubstr("91.5 GFLOP/s")),
                            Not(HasSubstr("702 GFLOP/s")), Not(HasSubstr("48.0 GFLOP/s"))));
    // The most operations are those of the deep queue, the lowest latency that of depth 1.
    EXPECT_THAT(text, AllOf(HasSubstr("124 kop/s"), HasSubstr("254 us"), HasSubstr("1.18 GB/s")));
    // (1.011 - 0.984) / 2 of the median: the interval of seven samples is their range.
    EXPECT_THAT(text, HasSubstr("1.3 %"));
}

TEST(RunScreen, names_the_work_of_a_page_gain_and_leaves_the_skew_of_windows_to_a_probe_alone) {
    assay::Run run = test::example_run();
    const auto memory = std::ranges::find(run.probes, "memory.bandwidth", &ProbeResult::id);
    ASSERT_NE(memory, run.probes.end());
    const Measurement like = memory->measurements.front();
    memory->measurements.clear();
    for (const char* metric : {"read", "window_skew", "write", "copy"}) {
        memory->measurements.push_back(like);
        memory->measurements.back().metric = "memory.bandwidth." + std::string(metric);
    }
    EXPECT_THAT(run_to_text(run, {}),
                AllOf(HasSubstr("bandwidth copy"), Not(HasSubstr("window skew"))));
    memory->measurements = {like};
    memory->measurements.front().metric = "memory.bandwidth.page_gain";
    memory->measurements.front().conditions = {{"threads", std::uint64_t{1}},
                                               {"operation", "triad"},
                                               {"pages", "4k"},
                                               {"pages_against", "thp"}};
    EXPECT_THAT(run_to_text(run, {}), HasSubstr("triad"));
}

TEST(RunScreen, of_one_probe_shows_all_of_it) {
    assay::Run run = test::example_run();
    run.probes.resize(1);
    EXPECT_THAT(run_to_text(run, {}), AllOf(HasSubstr("702 GFLOP/s"), HasSubstr("48.0 GFLOP/s")));
}

TEST(RunScreen, says_why_a_probe_has_no_number) {
    const std::string text = run_to_text(test::example_run(), {});
    EXPECT_THAT(text, HasSubstr("skipped: open a raw socket for ICMP"));
    EXPECT_THAT(text, HasSubstr("failed: fdatasync of the test file"));
}

TEST(RunScreen, says_what_to_type_against_a_self_test) {
    assay::Run run = test::example_run();
    test::make_network_self_test(run);
    EXPECT_THAT(run_to_text(run, {}), AllOf(HasSubstr("SELF-TEST"), HasSubstr("--peer HOST:PORT"),
                                            HasSubstr("self_test (network.tcp)")));
}

TEST(RunScreen, marks_an_invalid_run) {
    assay::Run run = test::example_run();
    run.valid = false;
    test::add_finding(run, "cpu.flops.double", "impossible");
    EXPECT_THAT(run_to_text(run, {}), AllOf(HasSubstr("INVALID"), HasSubstr("\u2717 flops double"),
                                            HasSubstr("impossible (cpu.flops)")));
}

TEST(RunScreen, of_an_empty_run_is_still_a_screen) {
    assay::Run run;
    run.run_id = "0b9f6a52-6c5e-4c1b-9a4e-2f8f7c1d3e55";
    EXPECT_THAT(run_to_text(run, {}), AllOf(HasSubstr(run.run_id), HasSubstr("host unknown")));
}

TEST(RunScreen, of_a_measurement_without_valid_rounds_names_the_findings_instead) {
    assay::Run run = test::example_run();
    test::set_samples(run, "storage.random_read.iops", {});
    test::add_finding(run, "storage.random_read.iops", "noisy");
    test::add_finding(run, "storage.random_read.iops", "too_few_valid_rounds");
    EXPECT_THAT(run_to_text(run, {}), HasSubstr("no valid number: too_few_valid_rounds +1"));
    test::set_samples(run, "storage.random_read.iops", {1, 2, 3});
    EXPECT_THAT(run_to_text(run, {.colour = false, .utf8 = true, .columns = 120}),
                HasSubstr("50 % MAD"));
}

TEST(RunScreen, without_an_interval_shows_the_mad) {
    assay::Run run = test::example_run();
    test::set_samples(run, "storage.random_read.iops", {100, 110, 120});
    EXPECT_THAT(run_to_text(run, {}), HasSubstr("9.1 % MAD"));
}

TEST(ComparisonScreen, begins_with_the_verdict_and_shows_score_grade_and_ratios) {
    const std::string text = screen_of(example_target());
    EXPECT_TRUE(text.starts_with("GO  ")) << text;
    EXPECT_THAT(text, AllOf(HasSubstr("overall 0.88 Good"), HasSubstr("weakest storage 0.80"),
                            HasSubstr("1.00  Excellent"), HasSubstr("0.90  Good"),
                            HasSubstr("124 kop/s \u2192 99.2 kop/s"), HasSubstr("left out")));
}

TEST(ComparisonScreen, of_a_run_with_itself_says_one_everywhere) {
    assay::Run run = test::example_run();
    test::make_network_self_test(run);
    const std::string text =
        comparison_to_text(run, run, score::compare(run, run, score::default_policy()), {});
    EXPECT_TRUE(text.starts_with("INCONCLUSIVE"));
    EXPECT_THAT(text, HasSubstr("overall 1.00 Excellent"));
    std::size_t ones = 0;
    for (const std::string& line : lines_of(text))
        ones += line.find("1.00  Excellent") != std::string::npos;
    EXPECT_EQ(ones, 3u);
    EXPECT_THAT(text, AllOf(HasSubstr("SELF-TEST"), HasSubstr("--peer HOST:PORT"),
                            HasSubstr("--without network")));
}

TEST(ComparisonScreen, shows_the_renormalised_weights) {
    assay::Run target = example_target();
    test::make_network_self_test(target);
    EXPECT_THAT(screen_of(target), AllOf(HasSubstr("renormalised over cpu, memory, storage"),
                                         HasSubstr("network 10 %"), HasSubstr("33.3 %"),
                                         HasSubstr("22.2 %"), HasSubstr("44.4 %")));
}

TEST(ComparisonScreen, without_any_score_says_so) {
    assay::Run target = example_target();
    target.workload_version = kWorkloadVersion + 1;
    const std::string text = screen_of(target);
    const std::string versions = "workload version " + std::to_string(kWorkloadVersion) +
                                 " on the source and " + std::to_string(kWorkloadVersion + 1) +
                                 " on the target";
    EXPECT_THAT(text, AllOf(HasSubstr("no score: nothing was compared"), HasSubstr(versions)));
}

TEST(Screen, is_plain_unless_colour_is_asked_for) {
    EXPECT_THAT(screen_of(example_target()), Not(HasSubstr("\x1b")));
    const std::string coloured =
        screen_of(example_target(), {.colour = true, .utf8 = true, .columns = 100});
    EXPECT_THAT(coloured, HasSubstr("\x1b[32mGO\x1b[0m"));
    // The colours are all that differs.
    std::string stripped;
    for (std::size_t index = 0; index < coloured.size(); ++index) {
        if (coloured[index] == '\x1b')
            index = coloured.find('m', index);
        else
            stripped += coloured[index];
    }
    EXPECT_EQ(stripped, screen_of(example_target()));
}

TEST(Screen, in_ascii_holds_nothing_else) {
    for (const std::string& text :
         {run_to_text(test::example_run(), {.colour = true, .utf8 = false, .columns = 100}),
          screen_of(example_target(), {.colour = true, .utf8 = false, .columns = 100})})
        for (const char letter : text)
            ASSERT_LT(static_cast<unsigned char>(letter), 0x80);
}

TEST(Screen, is_never_wider_than_asked) {
    assay::Run target = example_target();
    test::scale_metric(target, "memory.bandwidth.read", 0.5);
    test::make_network_self_test(target);
    for (const bool utf8 : {true, false})
        for (const int columns : {40, 41, 57, 80, 100, 200})
            for (const std::string& text :
                 {run_to_text(target, {.colour = false, .utf8 = utf8, .columns = columns}),
                  screen_of(target, {.colour = false, .utf8 = utf8, .columns = columns})})
                for (const std::string& line : lines_of(text))
                    EXPECT_LE(display_width(line), static_cast<std::size_t>(columns)) << line;
}

TEST(Screen, on_a_narrow_one_names_go_on_below_and_only_the_last_column_is_cut) {
    Document document;
    Section section;
    section.title = "cpu";
    section.columns = {
        {"cpu", false}, {"ratio", true}, {"source to target", false}, {"conditions", false}};
    section.rows = {{{"aes 256 gcm encrypt", "0.60", "4.27 GB/s to 2.56 GB/s", "16384 B, 1 thread"},
                     "",
                     Mark::bad,
                     {}},
                    {{"aes 256 gcm decrypt", "0.61", "1 GB/s", "16384 B"}, "", Mark::none, {}}};
    document.sections = {section};
    EXPECT_EQ(to_text(document, {.colour = false, .utf8 = false, .columns = 46}),
              "\n"
              "  cpu          ratio  source to ~  conditions\n"
              "x aes 256 gcm   0.60  4.27 GB/s    16384 B, 1~\n"
              "  encrypt             to\n"
              "                      2.56 GB/s\n"
              "  aes 256 gcm   0.61  1 GB/s       16384 B\n"
              "  decrypt\n");
}

TEST(Screen, no_number_and_no_name_of_a_run_is_cut_on_80_columns) {
    const Document document = document_of(test::full_run());
    const std::string text = to_text(document, {.colour = false, .utf8 = true, .columns = 80});
    std::set<std::string> words;
    for (const std::string& line : lines_of(text)) {
        std::istringstream stream(line);
        for (std::string word; stream >> word;)
            words.insert(word);
    }
    for (const Section& section : document.sections)
        for (const Row& row : section.rows)
            for (std::size_t index = 0; index + 1 < row.cells.size(); ++index) {
                std::istringstream stream(row.cells[index]);
                for (std::string word; stream >> word;)
                    EXPECT_TRUE(words.contains(word)) << word << " of " << row.cells[index];
            }
}

TEST(Screen, survives_hostile_texts) {
    const std::string escape = "\x1b[2J\x1b]0;owned\x07\r\n\u202efdp.exe\xff";
    assay::Run run = test::example_run();
    run.label = escape + std::string(70'000, 'L');
    run.probes[4].reason->message = escape + std::string(70'000, 'm');
    run.findings[0].message = escape;
    for (Measurement& measurement : run.probes[2].measurements)
        measurement.conditions[3].value = escape + std::string(70'000, 'e');
    run.environment = Value::Object{{"cpu", Value::Object{{"model_name", escape}}}};
    for (const std::string& text :
         {run_to_text(run, {}),
          comparison_to_text(run, run, score::compare(run, run, score::default_policy()), {})}) {
        for (const char letter : text)
            ASSERT_TRUE(letter == '\n' || static_cast<unsigned char>(letter) >= 0x20);
        EXPECT_THAT(text,
                    AllOf(Not(HasSubstr("\u202e")), Not(HasSubstr("\xff")), HasSubstr("\\x1b[2J")));
        EXPECT_LE(lines_of(text).size(), 60u);
        for (const std::string& line : lines_of(text))
            EXPECT_LE(display_width(line), 100u);
    }
}

}  // namespace
}  // namespace assay::report
