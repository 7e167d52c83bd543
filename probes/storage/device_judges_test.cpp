#include "probes/storage/device_judges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/units.h"

namespace assay::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> ids_of(const std::vector<Finding>& findings) {
    std::vector<std::string> ids;
    for (const Finding& finding : findings)
        ids.push_back(finding.id);
    return ids;
}

std::string id_of(const std::optional<Finding>& finding) {
    return finding ? finding->id : "";
}

FlushEvidence flushed() {
    return {.syncs = 1000,
            .device_flushes = 1000,
            .write_cache = "write back",
            .median_sync_ns = 900e3,
            .disk = "sdx"};
}

TEST(Flushes, that_all_arrive_raise_nothing) {
    EXPECT_THAT(ids_of(judge_flushes(flushed())), IsEmpty());
    FlushEvidence merged = flushed();
    merged.device_flushes = 1;
    EXPECT_THAT(ids_of(judge_flushes(merged)), IsEmpty());
}

TEST(Flushes, of_which_none_arrives_make_the_number_invalid) {
    FlushEvidence swallowed = flushed();
    swallowed.device_flushes = 0;
    const auto findings = judge_flushes(swallowed);
    ASSERT_THAT(ids_of(findings), ElementsAre("flush_swallowed"));
    EXPECT_EQ(findings[0].severity, Severity::invalid);
    EXPECT_THAT(findings[0].message, HasSubstr("none of 1000 syncs reached sdx"));
}

TEST(Flushes, that_nobody_counts_or_needs_are_not_missed) {
    FlushEvidence evidence = flushed();
    evidence.median_sync_ns = 5e3;
    evidence.device_flushes.reset();
    EXPECT_THAT(ids_of(judge_flushes(evidence)), ElementsAre("flush_suspicious"));
    evidence.device_flushes = 0;
    evidence.write_cache = "write through";
    EXPECT_THAT(ids_of(judge_flushes(evidence)), IsEmpty());
    evidence.write_cache.reset();
    EXPECT_THAT(ids_of(judge_flushes(evidence)), IsEmpty());
    evidence.write_cache = "write back";
    evidence.is_memory = true;
    EXPECT_THAT(ids_of(judge_flushes(evidence)), IsEmpty());
    evidence.is_memory = false;
    evidence.syncs = 0;
    EXPECT_THAT(ids_of(judge_flushes(evidence)), IsEmpty());
}

TEST(Flushes, faster_than_flash_are_suspicious) {
    FlushEvidence fast = flushed();
    fast.median_sync_ns = 19'999;
    EXPECT_THAT(ids_of(judge_flushes(fast)), ElementsAre("flush_suspicious"));
    EXPECT_EQ(judge_flushes(fast)[0].severity, Severity::warning);
    fast.median_sync_ns = 20'000;
    EXPECT_THAT(ids_of(judge_flushes(fast)), IsEmpty());
    fast.median_sync_ns = 10'000;
    fast.syncs = 19;
    EXPECT_THAT(ids_of(judge_flushes(fast)), IsEmpty()) << "too few to tell";
    fast.syncs = 20;
    fast.device_flushes = 0;
    EXPECT_THAT(ids_of(judge_flushes(fast)), ElementsAre("flush_swallowed", "flush_suspicious"));
}

constexpr std::int64_t kTenSeconds = 10 * kNanosecondsPerSecond;

TEST(Rate, within_a_thousandth_is_kept) {
    EXPECT_EQ(id_of(judge_rate({5000, 5000, 0, kTenSeconds})), "");
    EXPECT_EQ(id_of(judge_rate({5000, 4995, 0, kTenSeconds})), "");
    EXPECT_EQ(id_of(judge_rate({5000, 4994, 0, kTenSeconds})), "rate_not_kept");
    EXPECT_EQ(id_of(judge_rate({5000, 5006, 0, kTenSeconds})), "rate_not_kept");
}

TEST(Rate, of_few_operations_may_be_off_by_one_of_them) {
    EXPECT_EQ(id_of(judge_rate({10, 9.9, 0, kTenSeconds})), "");  // 100 due, 99 done
    EXPECT_EQ(id_of(judge_rate({10, 9.8, 0, kTenSeconds})), "rate_not_kept");
}

TEST(Rate, with_operations_that_never_started_is_not_kept) {
    const auto finding = judge_rate({5000, 5000, 3, kTenSeconds});
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->message,
              "asked for 5000 op/s, achieved 5000 op/s; 3 operations were due and never started");
}

TEST(PollingThreads, that_sleep_do_not_poll) {
    EXPECT_EQ(id_of(judge_polling({true, 900, 1000})), "");
    EXPECT_EQ(id_of(judge_polling({true, 899, 1000})), "polling_ineffective");
    EXPECT_EQ(id_of(judge_polling({std::nullopt, 500, 1000})), "polling_ineffective");
    EXPECT_EQ(id_of(judge_polling({std::nullopt, 1000, 1000})), "");
    EXPECT_EQ(id_of(judge_polling({std::nullopt, 0, 0})), "");
    EXPECT_EQ(id_of(judge_polling({false, 1000, 1000})), "polling_ineffective") << "no poll queues";
}

constexpr std::uint64_t kBlock = 1 << 20;

TEST(OperationSizes, that_arrive_as_issued_raise_nothing) {
    EXPECT_THAT(judge_operation_sizes({1000, 1000 * kBlock, 1000, 1000 * kBlock, 0, "sdx"}),
                IsEmpty());
    EXPECT_THAT(judge_operation_sizes({1000, 1000 * kBlock, 1010, 1000 * kBlock, 10, "sdx"}),
                IsEmpty());
    EXPECT_THAT(judge_operation_sizes({}), IsEmpty());
    EXPECT_THAT(judge_operation_sizes({1000, 1000 * kBlock, 0, 0, 0, "sdx"}), IsEmpty());
}

TEST(OperationSizes, halved_on_the_way_are_split) {
    const auto findings =
        judge_operation_sizes({1000, 1000 * kBlock, 2000, 1000 * kBlock, 0, "sdx"});
    ASSERT_THAT(ids_of(findings), ElementsAre("io_split"));
    EXPECT_EQ(findings[0].severity, Severity::info);
    EXPECT_EQ(findings[0].message,
              "1000 operations became 2000: 1048576 B as issued, 524288 B at sdx");
    // One in fifty was cut in two.
    EXPECT_THAT(ids_of(judge_operation_sizes({1000, 1000 * kBlock, 1020, 1000 * kBlock, 0, "sdx"})),
                ElementsAre("io_split"));
}

// A journal of 4 KiB blocks beside our 1 MiB: more and smaller operations, none of them ours.
TEST(OperationSizes, of_others_are_not_called_split) {
    EXPECT_THAT(
        judge_operation_sizes({1000, 1000 * kBlock, 1500, 1000 * kBlock + 500 * 4096, 0, "sdx"}),
        IsEmpty());
}

// Somebody copies a file in pieces of 1 MiB, merged from pages, beside our blocks of 4 KiB; and a
// cache that answers a third of our reads makes them fewer, but not larger.
TEST(OperationSizes, of_others_and_of_a_cache_are_not_called_merged) {
    EXPECT_THAT(judge_operation_sizes(
                    {1000, 4096'000, 1008, 4096'000 + 8 * kBlock, 8 * (kBlock / 4096 - 1), "sdx"}),
                IsEmpty());
    EXPECT_THAT(judge_operation_sizes({1000, 4096'000, 667, 667 * 4096, 0, "sdx"}), IsEmpty());
}

TEST(OperationSizes, merged_on_the_way_are_told) {
    EXPECT_THAT(ids_of(judge_operation_sizes({1000, 4096'000, 900, 4096'000, 100, "sdx"})),
                ElementsAre("io_merged"));
    EXPECT_THAT(ids_of(judge_operation_sizes({1000, 4096'000, 989, 4096'000, 11, "sdx"})),
                ElementsAre("io_merged"));
    EXPECT_THAT(ids_of(judge_operation_sizes({1000, 4096'000, 500, 4096'000, 0, "sdx"})),
                ElementsAre("io_merged"))
        << "larger operations tell it where no merges are counted";
}

}  // namespace
}  // namespace assay::storage
