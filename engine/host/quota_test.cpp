#include "engine/host/quota.h"

#include <gtest/gtest.h>

#include <chrono>

namespace assay::host {
namespace {

using std::chrono::milliseconds;

Host host_with(std::optional<double> quota, int cpus) {
    Host host{.files = Files(), .clock = Clock{Files()}, .topology = {}, .cgroup = {}};
    for (int cpu = 0; cpu < cpus; ++cpu)
        host.topology.pus.push_back({.os_index = cpu, .core = cpu, .numa_node = {}});
    host.cgroup.cpu_quota = quota;
    host.cgroup.cpu_quota_group = "/limited";
    return host;
}

WindowRequest request_for(std::chrono::nanoseconds duration) {
    WindowRequest request;
    request.duration = duration;
    return request;
}

TEST(Quota, TheFindingSaysTheEffectiveCpusAsADecimal) {
    const auto finding = quota_finding(host_with(0.5, 2));
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->id, "cgroup_quota");
    EXPECT_NE(finding->message.find("0.50 effective CPUs of the 2"), std::string::npos)
        << finding->message;
    EXPECT_NE(finding->message.find("/limited"), std::string::npos);
}

TEST(Quota, AQuotaThatIsNoTighterThanTheCpusIsNone) {
    EXPECT_FALSE(quota_finding(host_with(std::nullopt, 2)));
    EXPECT_FALSE(quota_finding(host_with(2.0, 2)));
    EXPECT_FALSE(quota_finding(host_with(8.0, 2)));
    EXPECT_TRUE(quota_finding(host_with(1.99, 2)));
}

TEST(Quota, UnderAQuotaTheWindowIsWholePeriods) {
    CgroupLimits quota;
    quota.cpu_quota = 0.5;
    struct Row {
        int asked_ms, expected_ms;
    };
    for (const Row& row : {Row{1, 100}, Row{100, 100}, Row{101, 200}, Row{250, 300}}) {
        const WindowRequest window =
            cpu_bound_window(quota, request_for(milliseconds(row.asked_ms)));
        EXPECT_EQ(window.duration, milliseconds(row.expected_ms)) << row.asked_ms;
        EXPECT_EQ(window.lead_in, milliseconds(100));
    }
}

TEST(Quota, WithoutAQuotaTheWindowIsAsAskedWithAShortLeadIn) {
    const WindowRequest window = cpu_bound_window({}, request_for(milliseconds(100)));
    EXPECT_EQ(window.duration, milliseconds(100));
    EXPECT_EQ(window.lead_in, milliseconds(5));
    EXPECT_EQ(cpu_bound_window({}, request_for(milliseconds(2))).lead_in, milliseconds(1));
    EXPECT_EQ(cpu_bound_window({}, request_for(milliseconds(9000))).lead_in, milliseconds(10));
}

}  // namespace
}  // namespace assay::host
