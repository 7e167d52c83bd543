// What a soak says where the truth is known: a CPU quota that takes hold midway.

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <future>
#include <numeric>
#include <span>
#include <string>
#include <thread>
#include <vector>

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
constexpr int kAttempts = 3;

/// Whether other programs left the thread its CPU nearly all the time: those parts that were not
/// far from the middle one are most, and the mean is near it too.
bool is_steady(std::span<const double> rates) {
    const double middle = test::median({rates.begin(), rates.end()});
    const auto near = std::ranges::count_if(
        rates, [middle](double rate) { return std::abs(rate / middle - 1) < 0.04; });
    const auto count = static_cast<double>(rates.size());
    const double mean = std::accumulate(rates.begin(), rates.end(), 0.0) / count;
    return static_cast<double>(near) >= 0.75 * count && std::abs(mean / middle - 1) < 0.02;
}

/// A soak whose process comes under the quota on the way, and when that was.
struct SoakUnderQuota {
    RoundResult result;
    double quota_at_s = 0;

    std::vector<double> rates() const {
        std::vector<double> made;
        for (const SeriesPoint& point : result.values.at(1).series)
            made.push_back(point.per_second);
        return made;
    }
    bool was_quiet() const {
        const std::vector<double> all = rates();
        const auto quota_at = static_cast<std::size_t>(quota_at_s / series_interval_s());
        const std::span<const double> parts(all);
        return quota_at >= 4 && quota_at + 4 <= parts.size() &&
               is_steady(parts.first(quota_at - 1)) && is_steady(parts.subspan(quota_at + 2));
    }
    double series_interval_s() const { return result.values.at(1).series_interval_s; }

    /// What the soak says and is not so, a line each; empty where it tells the truth.
    std::string untruths() const {
        std::vector<cpu::SoakPart> parts;
        for (const double rate : rates())
            parts.push_back({.rate = rate});
        const auto fall = cpu::find_fall(parts);
        if (!fall || !fall->at)
            return "no fall was found\n";
        std::string wrong;
        const auto expect = [&wrong](const char* what, double got, double asked, double slack) {
            if (std::abs(got - asked) > slack)
                wrong += std::string(what) + " " + std::to_string(got) + ", not " +
                         std::to_string(asked) + "\n";
        };
        expect("the fall was at", static_cast<double>(*fall->at) * series_interval_s(), quota_at_s,
               0.05 * static_cast<double>(kSoak.count()));
        expect("it fell by", fall->ratio, 1 - kShare, 0.05 * (1 - kShare));
        expect("of the burst is sustained", result.values.at(1).value / result.values.at(0).value,
               kShare, 0.05 * kShare);
        if (!has(result.findings, "quota_throttled"))
            wrong += "the quota is not named\n";
        return wrong;
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
    // What shares the core with this guest's CPU slows it for seconds, now and then.
    bool was_quiet = false;
    std::string untruths = "not begun";
    for (int attempt = 0; attempt < kAttempts && !untruths.empty(); ++attempt) {
        const test::StolenTime stolen;
        const auto soak = soak_under_quota(**workload, *group);
        ASSERT_TRUE(soak) << soak.error().message;
        ASSERT_GT(soak->quota_at_s, 0) << "the process could not enter the group";
        was_quiet = was_quiet || (soak->was_quiet() && !stolen.spoils());
        untruths = soak->untruths();
        std::printf("attempt %d: %s", attempt, untruths.empty() ? "true\n" : untruths.c_str());
    }
    if (!untruths.empty() && !was_quiet)
        GTEST_SKIP() << "other programs keep this host too busy for a steady soak: " << untruths;
    EXPECT_EQ(untruths, "");
    EXPECT_TRUE((*workload)->verify());
}

}  // namespace
}  // namespace assay
