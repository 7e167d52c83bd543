#include "probes/memory/cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "engine/core/units.h"
#include "engine/host/cache_counter.h"
#include "probes/memory/hit_estimate.h"

namespace assay::memory {
namespace {

TEST(HitEstimate, IsWhereTheLatencyLiesBetweenThePlateaus) {
    EXPECT_DOUBLE_EQ(*estimated_hit_ratio({.hit = 20, .miss = 100, .seen = 20}), 1);
    EXPECT_DOUBLE_EQ(*estimated_hit_ratio({.hit = 20, .miss = 100, .seen = 100}), 0);
    EXPECT_DOUBLE_EQ(*estimated_hit_ratio({.hit = 20, .miss = 100, .seen = 80}), 0.25);
    EXPECT_DOUBLE_EQ(*estimated_hit_ratio({.hit = 20, .miss = 100, .seen = 15}), 1);
    EXPECT_DOUBLE_EQ(*estimated_hit_ratio({.hit = 20, .miss = 100, .seen = 130}), 0);
}

TEST(HitEstimate, IsAbsentWhereThePlateausAreTooClose) {
    EXPECT_EQ(estimated_hit_ratio({.hit = 81, .miss = 100, .seen = 90}), std::nullopt);
    EXPECT_TRUE(estimated_hit_ratio({.hit = 79, .miss = 100, .seen = 90}));
    EXPECT_EQ(estimated_hit_ratio({.hit = 120, .miss = 100, .seen = 110}), std::nullopt);
    EXPECT_EQ(estimated_hit_ratio({.hit = 0, .miss = 0, .seen = 0}), std::nullopt);
    EXPECT_EQ(estimated_hit_ratio({.hit = 20, .miss = 100, .seen = 0}), std::nullopt)
        << "nothing was seen";
}

TEST(Cache, CountsWhereItCanAndElseOnlyEstimatesAndSaysSo) {
    const auto host = host::inspect_host(host::Files());
    ASSERT_TRUE(host);
    const RunContext context{
        .host = *host,
        .stop = {},
        .prepare_deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60),
        .memory_allowance_bytes = host->memory_allowance_bytes()};
    if (kCache.check(context, {}).at(0).level == CheckLevel::block)
        GTEST_SKIP() << kCache.check(context, {}).at(0).message;
    const auto workload = kCache.prepare(context, {});
    ASSERT_TRUE(workload) << workload.error().message;
    const auto result = (*workload)->measure(
        0, {.duration = std::chrono::milliseconds(90),
            .seed = 1,
            .stop = {},
            .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60)});
    ASSERT_TRUE(result) << result.error().message;
    bool counted = false, judged = false;
    for (const RoundValue& row : result->values) {
        EXPECT_GE(row.value, 0);
        EXPECT_LE(row.value, 1);
        counted = counted || row.metric->id == "memory.cache.hit_ratio";
        judged = judged || row.metric->id == "memory.cache.estimated_hit_ratio";
    }
    EXPECT_TRUE(host::CacheCounter::open() || !counted) << "no counters, so no counted ratio";
    const auto has = [](const std::vector<Finding>& findings, std::string_view id) {
        return std::ranges::any_of(findings, [&](const Finding& found) { return found.id == id; });
    };
    EXPECT_EQ(has((*workload)->findings(), "cache_counters_absent"), !counted);
    EXPECT_EQ(judged, !has(result->findings, "plateau_unclear"));
    EXPECT_TRUE((*workload)->verify());
}

TEST(Cache, NeedsMemoryForFourTimesTheCache) {
    const auto host = host::inspect_host(host::Files());
    ASSERT_TRUE(host);
    const RunContext context{
        .host = *host, .stop = {}, .prepare_deadline = {}, .memory_allowance_bytes = kMiB};
    EXPECT_EQ(kCache.check(context, {}).at(0).level, CheckLevel::block);
    EXPECT_FALSE(kCache.plan(context, {}));
}

}  // namespace
}  // namespace assay::memory
