#include "probes/storage/evidence.h"

#include <gtest/gtest.h>

namespace assay::storage {
namespace {

constexpr std::uint64_t kIssued = 4'096'000'000;

std::string finding_of(std::uint64_t device_bytes, bool is_simple) {
    const auto finding = judge_traffic({kIssued, device_bytes, is_simple, "sdx"});
    return finding ? finding->id : "";
}

TEST(Traffic, that_agrees_within_one_percent_is_no_finding) {
    EXPECT_EQ(finding_of(kIssued, true), "");
    EXPECT_EQ(finding_of(kIssued - kIssued / 100, true), "");
    EXPECT_EQ(finding_of(kIssued + kIssued / 100, true), "");
}

TEST(Traffic, that_never_reached_a_simple_device_makes_the_round_invalid) {
    EXPECT_EQ(finding_of(0, true), "cached_direct_io");
    EXPECT_EQ(finding_of(kIssued - kIssued / 90, true), "cached_direct_io");
    EXPECT_EQ(judge_traffic({kIssued, 0, true, "sdx"})->severity, Severity::invalid);
}

TEST(Traffic, that_layers_may_explain_is_only_a_warning) {
    EXPECT_EQ(finding_of(kIssued / 2, false), "device_traffic_differs");
    EXPECT_EQ(judge_traffic({kIssued, kIssued / 2, false, "dm-0"})->severity, Severity::warning);
}

TEST(Traffic, of_others_is_told) {
    EXPECT_EQ(finding_of(kIssued + kIssued / 90, true), "device_traffic_differs");
    const auto finding = judge_traffic({1'000'000, 1'500'000, true, "sdx"});
    ASSERT_TRUE(finding);
    EXPECT_NE(finding->message.find("sdx"), std::string::npos);
    EXPECT_NE(finding->message.find("150.0 %"), std::string::npos);
}

TEST(Traffic, of_a_few_blocks_tells_nothing) {
    EXPECT_FALSE(judge_traffic({10 * 4096, 14 * 4096, true, "sdx"}));
    EXPECT_FALSE(judge_traffic({0, 4096, true, "sdx"}));
}

TEST(Failures, are_counted_and_named) {
    LoopTally tally;
    tally.issued = 100;
    EXPECT_FALSE(judge_failures(tally, "/dev/x"));
    tally.failed = 3;
    tally.short_transfers = 1;
    tally.first_errno = EIO;
    const auto finding = judge_failures(tally, "/dev/x");
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->id, "io_errors");
    EXPECT_EQ(finding->message,
              "3 of 100 reads of /dev/x failed, 1 of them cut short; the first with: "
              "Input/output error");
}

TEST(Start, that_came_too_late_makes_the_round_invalid) {
    LoopTally tally;
    EXPECT_FALSE(judge_start(tally));
    tally.began_late = true;
    ASSERT_TRUE(judge_start(tally));
    EXPECT_EQ(judge_start(tally)->severity, Severity::invalid);
}

TEST(Cpu, above_ninety_percent_says_that_the_tool_is_the_limit) {
    LoopTally tally;
    EXPECT_FALSE(judge_cpu(tally));
    tally.wall_ns = 1000;
    tally.cpu_ns = 900;
    EXPECT_FALSE(judge_cpu(tally));
    tally.cpu_ns = 901;
    ASSERT_TRUE(judge_cpu(tally));
    EXPECT_EQ(judge_cpu(tally)->id, "tool_bound");
}

}  // namespace
}  // namespace assay::storage
