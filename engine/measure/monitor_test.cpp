#include "engine/measure/monitor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>

namespace assay::measure {
namespace {

/// Watches with a short interval until `wanted` intervals were seen, or a generous deadline passes.
ResourceSeries watch(const host::Host& host, int wanted) {
    std::mutex mutex;
    std::condition_variable seen_enough;
    int seen = 0;
    ResourceMonitor monitor(host, std::chrono::milliseconds(5), [&](std::optional<double>) {
        const std::lock_guard lock(mutex);
        ++seen;
        seen_enough.notify_all();
    });
    {
        std::unique_lock lock(mutex);
        seen_enough.wait_for(lock, std::chrono::seconds(20), [&] { return seen >= wanted; });
    }
    return monitor.finish();
}

std::optional<double> cell(const ResourceSeries& series, std::string_view column) {
    const auto found = std::ranges::find(series.columns, column);
    return series.rows.at(0).at(static_cast<std::size_t>(found - series.columns.begin()));
}

TEST(ResourceMonitor, records_a_full_row_an_interval_of_the_live_host) {
    const host::Files files;
    const host::Host host{
        .files = files, .clock = host::Clock(files), .topology = {}, .cgroup = {}};
    const ResourceSeries series = watch(host, 3);
    ASSERT_GE(series.rows.size(), 3u);
    for (const auto& row : series.rows)
        EXPECT_EQ(row.size(), series.columns.size());
    EXPECT_GT(cell(series, "memory_available_bytes").value(), 1e6);
    EXPECT_GT(cell(series, "own_rss_bytes").value(), 1e5);
    EXPECT_GE(cell(series, "runnable_tasks").value(), 1);
    ASSERT_TRUE(series.monitor_cpu_ratio.has_value());
    EXPECT_GT(*series.monitor_cpu_ratio, 0);
    EXPECT_LT(*series.monitor_cpu_ratio, 1);
    EXPECT_DOUBLE_EQ(series.interval_s, 0.005);
}

TEST(ResourceMonitor, what_the_kernel_does_not_tell_is_absent_and_not_zero) {
    const host::Files files(std::filesystem::path(testing::TempDir()) / "no_such_tree");
    const host::Host host{
        .files = files, .clock = host::Clock(files), .topology = {}, .cgroup = {}};
    const ResourceSeries series = watch(host, 1);
    ASSERT_GE(series.rows.size(), 1u);
    for (const std::optional<double>& value : series.rows[0])
        EXPECT_FALSE(value.has_value());
}

}  // namespace
}  // namespace assay::measure
