#include "probes/storage/evidence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

namespace assay::storage {
namespace {

constexpr std::uint64_t kOperations = 1'000'000;
constexpr std::uint64_t kSectorsOfBlock = 8;

/// A round of 4 KiB operations whose device saw exactly what was issued.
RoundFacts clean_facts(const AccessStyle& style = kRandomReadStyle) {
    RoundFacts facts;
    facts.style = &style;
    facts.access = {4096, 32, Batching::latency, 0, 1};
    facts.path = "/data";
    facts.window_s = 1;
    facts.ns_per_tick = 1;
    facts.tally.issued = kOperations;
    for (int counted = 0; counted < 40; ++counted)
        facts.tally.service_ticks[style.writes()].record(100);
    facts.disk = CountedDisk{8, 0, "sdx", true};
    facts.before.emplace();
    facts.after.emplace();
    auto& sectors = style.writes() ? facts.after->sectors_written : facts.after->sectors_read;
    sectors = kOperations * kSectorsOfBlock;
    return facts;
}

std::string ids_of(const RoundFacts& facts) {
    std::string ids;
    for (const Finding& finding : judge_round(facts))
        ids += finding.id + " ";
    return ids;
}

std::string traffic_of(double seen_ratio, bool is_simple) {
    RoundFacts facts = clean_facts();
    facts.disk->is_simple = is_simple;
    facts.after->sectors_read =
        static_cast<std::uint64_t>(static_cast<double>(kOperations * kSectorsOfBlock) * seen_ratio);
    const auto finding = judge_traffic(facts);
    return finding ? finding->id : "";
}

TEST(Evidence, of_clean_rounds_is_empty) {
    for (const AccessStyle* style : {&kRandomReadStyle, &kRandomWriteStyle, &kSequentialReadStyle})
        EXPECT_EQ(ids_of(clean_facts(*style)), "") << style->id;
}

TEST(Evidence, of_fewer_than_forty_operations_makes_the_round_invalid) {
    RoundFacts facts = clean_facts();
    EXPECT_FALSE(judge_count(facts));
    facts.tally.service_ticks[0].clear();
    for (int counted = 0; counted < 39; ++counted)
        facts.tally.service_ticks[0].record(100);
    const auto few = judge_count(facts);
    ASSERT_TRUE(few);
    EXPECT_EQ(few->severity, Severity::invalid);
    EXPECT_NE(few->message.find("only 39 reads came back"), std::string::npos) << few->message;
    facts.access.rate = 10;
    EXPECT_FALSE(judge_count(facts)) << "an open loop's count is its rate's";
}

TEST(Evidence, of_books_that_contradict_each_other_refuses_the_round) {
    RoundFacts facts = clean_facts();
    facts.tally.little_residual = 0.02;
    EXPECT_FALSE(judge_books(facts));
    facts.tally.little_residual = 0.075;
    const auto told = judge_books(facts);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->severity, Severity::invalid);
    EXPECT_EQ(told->message,
              "reads in flight and their latencies contradict each other by 7.5 % (Little's law)");
    facts.tally.little_residual = std::nullopt;
    EXPECT_FALSE(judge_books(facts)) << "an open loop keeps none";
}

TEST(Evidence, of_a_window_below_two_slices_of_a_limiter_is_told) {
    RoundFacts facts = clean_facts();
    facts.window_s = 0.2;
    EXPECT_FALSE(judge_window(facts));
    facts.window_s = 0.19;
    const auto told = judge_window(facts);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->id, "short_window");
    EXPECT_EQ(told->severity, Severity::warning);
    EXPECT_EQ(told->message,
              "the window of 190 ms is shorter than two slices of a limiter (200 ms)");
    facts.is_limited = true;
    EXPECT_EQ(judge_window(facts)->severity, Severity::invalid) << "it would count the burst";
    facts.access.rate = 1000;
    EXPECT_FALSE(judge_window(facts)) << "an open loop offers what it offers";
}

TEST(Traffic, that_agrees_within_one_percent_is_no_finding) {
    EXPECT_EQ(traffic_of(1, true), "");
    EXPECT_EQ(traffic_of(0.991, true), "");
    EXPECT_EQ(traffic_of(1.009, true), "");
}

TEST(Traffic, that_never_reached_a_simple_device_makes_the_round_invalid) {
    EXPECT_EQ(traffic_of(0, true), "cached_direct_io");
    EXPECT_EQ(traffic_of(0.989, true), "cached_direct_io");
}

TEST(Traffic, that_layers_may_explain_is_only_a_warning) {
    EXPECT_EQ(traffic_of(0.5, false), "device_traffic_differs");
}

TEST(Traffic, of_others_is_told_with_the_share) {
    EXPECT_EQ(traffic_of(1.011, true), "device_traffic_differs");
    RoundFacts facts = clean_facts();
    facts.after->sectors_read += facts.after->sectors_read / 2;
    EXPECT_NE(judge_traffic(facts)->message.find("150.0 %"), std::string::npos);
}

TEST(Traffic, of_writes_is_counted_in_writes_and_a_journal_beside_reads_is_no_finding) {
    RoundFacts writes = clean_facts(kRandomWriteStyle);
    writes.after->sectors_read = 10 * writes.after->sectors_written;
    EXPECT_EQ(ids_of(writes), "");
    writes.after->sectors_written = 0;
    EXPECT_EQ(ids_of(writes), "cached_direct_io ");
}

TEST(Traffic, of_a_few_blocks_or_without_counters_tells_nothing) {
    RoundFacts facts = clean_facts();
    facts.tally.issued = 10;
    facts.after->sectors_read = 14 * kSectorsOfBlock;
    EXPECT_FALSE(judge_traffic(facts));
    facts = clean_facts();
    facts.after.reset();
    EXPECT_FALSE(judge_traffic(facts));
}

TEST(Failures, are_counted_and_named_with_the_place) {
    RoundFacts facts = clean_facts();
    facts.tally.issued = 100;
    facts.tally.failed = 3;
    facts.tally.short_transfers = 1;
    facts.tally.first_errno = EIO;
    facts.tally.first_failed_offset = 8192;
    const auto finding = judge_failures(facts);
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->severity, Severity::invalid);
    EXPECT_EQ(finding->message,
              "3 of 100 reads on /data failed, the first at byte 8192; 1 of them were cut short; "
              "the first error was: Input/output error");
}

TEST(Start, that_came_too_late_makes_the_round_invalid) {
    RoundFacts facts = clean_facts();
    facts.tally.began_late = true;
    ASSERT_TRUE(judge_start(facts));
    EXPECT_EQ(judge_start(facts)->severity, Severity::invalid);
}

TEST(Cpu, above_ninety_percent_says_that_the_tool_is_the_limit) {
    RoundFacts facts = clean_facts();
    facts.busiest_cpu_ratio = 0.9;
    EXPECT_FALSE(judge_cpu(facts));
    facts.busiest_cpu_ratio = 0.901;
    EXPECT_EQ(judge_cpu(facts)->id, "tool_bound");
}

TEST(WriteLimit, that_cut_a_round_short_is_told) {
    RoundFacts facts = clean_facts(kRandomWriteStyle);
    facts.tally.hit_write_limit = true;
    facts.tally.issued_writes = 500'000;
    facts.window_s = 0.5;
    EXPECT_EQ(judge_write_limit(facts)->message,
              "the round ended after 0.50 s, when 2048000000 B were written");
}

}  // namespace
}  // namespace assay::storage
