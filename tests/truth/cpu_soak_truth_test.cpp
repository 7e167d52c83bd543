// What a soak says where the truth is known: a CPU quota that takes hold midway.

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <future>
#include <thread>

#include "engine/host/host.h"
#include "probes/cpu/flops_workload.h"
#include "probes/cpu/soak.h"
#include "tests/support/stolen_time.h"
#include "tests/truth/quota_group.h"
#include "tests/truth/rounds.h"

namespace assay {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using test::context_of;
using test::has;
using test::QuotaGroup;

constexpr seconds kSoak{24}, kFree{12};
constexpr double kShare = 0.5;

/// A soak whose process comes under the quota on the way, and when that was.
struct SoakUnderQuota {
    RoundResult result;
    double quota_at_s = 0;

    std::vector<cpu::SoakPart> parts() const {
        std::vector<cpu::SoakPart> made;
        for (const SeriesPoint& point : result.values.at(1).series)
            made.push_back({.rate = point.per_second});
        return made;
    }
    /// Whether other programs left the thread its CPU while there was no quota, most of the time.
    bool was_quiet_before() const {
        std::vector<double> rates;
        for (const cpu::SoakPart& part : parts())
            if (static_cast<double>(rates.size()) < quota_at_s - 2)
                rates.push_back(part.rate);
        const double middle = test::median(rates);
        const auto steady = std::ranges::count_if(
            rates, [middle](double rate) { return std::abs(rate / middle - 1) < 0.04; });
        return static_cast<double>(steady) >= 0.75 * static_cast<double>(rates.size());
    }
};

Expected<SoakUnderQuota> soak_under_quota(Workload& workload, const QuotaGroup& group) {
    const auto begin = steady_clock::now();
    std::promise<void> ended;
    auto entering = std::async(std::launch::async, [&, over = ended.get_future()]() -> double {
        if (over.wait_for(kFree) == std::future_status::ready || !group.enter())
            return -1;
        return std::chrono::duration<double>(steady_clock::now() - begin).count();
    });
    RoundRequest request = test::round_of(kSoak);
    request.deadline = begin + 4 * kSoak;
    auto result = workload.measure(0, request);
    ended.set_value();
    const double at_s = entering.get();
    EXPECT_TRUE(group.leave()) << std::strerror(errno);
    ASSAY_TRY(RoundResult taken, std::move(result));
    return SoakUnderQuota{std::move(taken), at_s};
}

TEST(CpuSoakTruth, AQuotaThatTakesHoldMidwayIsFoundWithItsTimeAndItsSize) {
    const auto host = host::inspect_host(host::Files());
    ASSERT_TRUE(host) << host.error().message;
    if (host->effective_cpus() < 1)
        GTEST_SKIP() << "this test runs under a quota already";
    constexpr int kPeriodUs = 100'000;
    const auto group = QuotaGroup::make(static_cast<int>(kPeriodUs * kShare), kPeriodUs);
    if (!group)
        GTEST_SKIP() << "no control group with a CPU quota can be made here (root, cgroupfs)";
    const auto kernels = cpu::fma_kernels();
    const auto workload = cpu::make_flops_workload(
        context_of(*host), {{kernels.front(), 1, "one", cpu::FlopsTask::soak}});
    ASSERT_TRUE(workload) << workload.error().message;
    const test::StolenTime stolen;
    const auto soak = soak_under_quota(**workload, *group);
    ASSERT_TRUE(soak) << soak.error().message;
    ASSERT_GT(soak->quota_at_s, 0) << "the process could not enter the group";
    if (!soak->was_quiet_before())
        GTEST_SKIP() << "other programs keep this host too busy for a steady soak";
    const auto fall = cpu::find_fall(soak->parts());
    ASSERT_TRUE(fall);
    ASSERT_TRUE(fall->at);
    const double interval_s = soak->result.values.at(1).series_interval_s;
    EXPECT_NEAR(static_cast<double>(*fall->at) * interval_s, soak->quota_at_s,
                0.05 * static_cast<double>(kSoak.count()));
    EXPECT_NEAR(fall->ratio, 1 - kShare, 0.05 * (1 - kShare));
    EXPECT_TRUE(has(soak->result.findings, "quota_throttled"));
    const double burst = soak->result.values.at(0).value;
    const double sustained = soak->result.values.at(1).value;
    if (std::abs(sustained / burst / kShare - 1) > 0.05 && stolen.spoils())
        GTEST_SKIP() << "the hypervisor took " << stolen.share() * 100 << " % of the CPU time";
    EXPECT_NEAR(sustained / burst, kShare, 0.05 * kShare);
    EXPECT_TRUE((*workload)->verify());
}

}  // namespace
}  // namespace assay
