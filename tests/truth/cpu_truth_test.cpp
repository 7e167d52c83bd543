// What the CPU probes say where the truth is known: under a CPU quota, beside a process that spins,
// and on too few CPUs.

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "engine/host/host.h"
#include "engine/measure/gates.h"
#include "probes/cpu/clock.h"
#include "probes/cpu/flops.h"
#include "probes/cpu/scaling.h"
#include "tests/support/stolen_time.h"
#include "tests/truth/quota_group.h"
#include "tests/truth/rounds.h"

namespace assay {
namespace {

using std::chrono::milliseconds;
using test::context_of;
using test::has;
using test::median;
using test::QuotaGroup;
using test::round_of;

constexpr double kHadItsCpu = 0.99;  // of a round

/// Rounds of the first case in which the thread kept its CPU: for at least `cpu_share` of the time.
/// Rounds that other programs disturbed are taken again, a few dozen times.
std::vector<double> undisturbed_rates(Workload& workload, std::size_t rounds, double cpu_share) {
    constexpr int kTries = 40;
    std::vector<double> rates;
    for (int tries = 0; tries < kTries && rates.size() < rounds; ++tries) {
        const auto result = workload.measure(0, round_of(milliseconds(500)));
        EXPECT_TRUE(result) << result.error().message;
        if (!result)
            break;
        const double share = static_cast<double>(result->cpu_use->cpu_ns) /
                             static_cast<double>(result->cpu_use->wall_ns);
        if (share >= cpu_share)
            rates.push_back(result->values.at(0).value);
    }
    return rates;
}

Request one_thread() {
    Request request;
    request.values = {{"threads", "1"}, {"isa", "sse2"}};
    return request;
}

/// A share of one CPU that a quota leaves.
class CpuQuotaTruth : public testing::TestWithParam<int> {};

TEST_P(CpuQuotaTruth, TheRateIsTheQuotasShareAndTheFindingSaysSo) {
    const double share = GetParam() / 100.0;
    const auto free_host = host::inspect_host(host::Files());
    ASSERT_TRUE(free_host) << free_host.error().message;
    if (free_host->effective_cpus() < 1)
        GTEST_SKIP() << "this test runs under a quota already";
    constexpr int kPeriodUs = 100'000;
    const auto group = QuotaGroup::make(kPeriodUs * GetParam() / 100, kPeriodUs);
    if (!group)
        GTEST_SKIP() << "no control group with a CPU quota can be made here (root, cgroupfs)";
    const auto unlimited = cpu::kFlops.prepare(context_of(*free_host), one_thread());
    ASSERT_TRUE(unlimited) << unlimited.error().message;
    EXPECT_FALSE(has((*unlimited)->findings(), "cgroup_quota"));

    const test::StolenTime stolen;
    // Before and after, so that a change of the host's own speed does not look like the quota.
    std::vector<double> full = undisturbed_rates(**unlimited, 3, kHadItsCpu);
    std::vector<double> limited;
    {
        ASSERT_TRUE(group->enter()) << std::strerror(errno);
        const auto bound_host = host::inspect_host(host::Files());
        ASSERT_TRUE(bound_host) << bound_host.error().message;
        EXPECT_DOUBLE_EQ(bound_host->effective_cpus(), share);
        const auto workload = cpu::kFlops.prepare(context_of(*bound_host), one_thread());
        ASSERT_TRUE(workload) << workload.error().message;
        const auto findings = (*workload)->findings();
        ASSERT_TRUE(has(findings, "cgroup_quota"));
        EXPECT_NE(
            findings.at(0).message.find("0." + std::to_string(GetParam()) + " effective CPUs"),
            std::string::npos)
            << findings.at(0).message;
        // The thread's own account runs to the end of its last block, which a throttled slice may
        // stretch beyond the window: a little less than the share is undisturbed.
        limited = undisturbed_rates(**workload, 7, share * 0.97);
        EXPECT_TRUE((*workload)->verify());
        ASSERT_TRUE(group->leave()) << std::strerror(errno);
    }
    const std::vector<double> full_again = undisturbed_rates(**unlimited, 3, kHadItsCpu);
    full.insert(full.end(), full_again.begin(), full_again.end());
    if (full.size() < 3 || limited.size() < 3)
        GTEST_SKIP() << "other programs keep this host too busy to measure a quota";
    const double found = median(limited) / median(full);
    if (std::abs(found - share) > 0.05 * share && stolen.spoils())
        GTEST_SKIP() << "read " << found << " of " << share << "; the hypervisor took "
                     << stolen.share() * 100 << " % of the CPU time";
    EXPECT_NEAR(found, share, 0.05 * share);
}

INSTANTIATE_TEST_SUITE_P(OfOneCpu, CpuQuotaTruth, testing::Values(30, 50, 80),
                         [](const auto& row) { return std::to_string(row.param) + "_percent"; });

/// A process that keeps one CPU busy until it goes out of scope.
class Spinner {
  public:
    explicit Spinner(int cpu) : child_(fork()) {
        if (child_ != 0)
            return;
        // The child of a process with threads: nothing but system calls and the loop.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        cpu_set_t only;
        CPU_ZERO(&only);
        CPU_SET(cpu, &only);
        if (sched_setaffinity(0, sizeof only, &only) != 0)
            _exit(1);
        for (;;)
            asm volatile("");
    }
    Spinner(const Spinner&) = delete;
    Spinner& operator=(const Spinner&) = delete;
    ~Spinner() {
        if (child_ <= 0)
            return;
        EXPECT_EQ(kill(child_, SIGKILL), 0);
        EXPECT_EQ(waitpid(child_, nullptr, 0), child_);
    }
    bool runs() const { return child_ > 0; }

  private:
    pid_t child_;
};

/// What the gates of a run say of one round.
std::vector<Finding> judged_round(const host::Host& host, Workload& workload) {
    const std::vector<int> cpus = host.topology.allowed_cpus();
    const measure::GateReading before = measure::read_gates(host.files, cpus);
    const auto result = workload.measure(0, round_of(milliseconds(500)));
    const measure::GateReading after = measure::read_gates(host.files, cpus);
    EXPECT_TRUE(result) << result.error().message;
    if (!result)
        return {};
    return measure::judge_round(before, after, result->cpu_use, std::nullopt, host.cgroup, {})
        .findings;
}

TEST(CpuTruth, AProcessThatSpinsOnTheMeasuredCpuIsNamedPreempted) {
    const auto host = host::inspect_host(host::Files());
    ASSERT_TRUE(host) << host.error().message;
    if (host->cgroup.cpu_quota)
        GTEST_SKIP() << "under a quota the quota is named instead";
    const auto workload = cpu::kFlops.prepare(context_of(*host), one_thread());
    ASSERT_TRUE(workload) << workload.error().message;
    {
        const Spinner spinner(host->topology.pinning_order().front());
        ASSERT_TRUE(spinner.runs());
        EXPECT_TRUE(has(judged_round(*host, **workload), "preempted"));
    }
    EXPECT_TRUE((*workload)->verify()) << "it took time, not results";
    constexpr int kTries = 10;
    for (int tries = 0; tries < kTries; ++tries)
        if (!has(judged_round(*host, **workload), "preempted"))
            return;
    GTEST_SKIP() << "named with the spinning process; without it other programs keep this host "
                    "too busy to see a quiet round";
}

TEST(CpuTruth, TwoThreadsOnAnAffinityOfOneCpuAreRefused) {
    cpu_set_t before;
    ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
    cpu_set_t only;
    CPU_ZERO(&only);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&only) == 0; ++cpu)
        if (CPU_ISSET(cpu, &before))
            CPU_SET(cpu, &only);
    ASSERT_EQ(sched_setaffinity(0, sizeof only, &only), 0);
    const auto host = host::inspect_host(host::Files());
    ASSERT_TRUE(host) << host.error().message;
    EXPECT_EQ(host->topology.allowed_cpus().size(), 1u);
    Request two;
    two.values = {{"threads", "2"}};
    for (const Probe* probe : {&cpu::kClock, &cpu::kFlops, &cpu::kScaling}) {
        const auto lines = probe->check(context_of(*host), two);
        EXPECT_EQ(lines.at(0).level, CheckLevel::block) << probe->id;
        EXPECT_EQ(lines.at(0).kind, ErrorKind::usage) << probe->id;
        const auto workload = probe->prepare(context_of(*host), two);
        ASSERT_FALSE(workload) << probe->id;
        EXPECT_EQ(workload.error().kind, ErrorKind::usage);
        EXPECT_NE(workload.error().message.find("may use 1 CPUs"), std::string::npos)
            << workload.error().message;
    }
    EXPECT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
}

// The clock that chains of additions show is a fact of the machine: its own second chain, and its
// counter where there is one, must agree with it in quiet rounds.
TEST(CpuTruth, TheMeasuredClockIsVerifiedBySecondWitnesses) {
    const auto host = host::inspect_host(host::Files());
    ASSERT_TRUE(host) << host.error().message;
    Request request;
    request.values = {{"threads", "1"}};
    const auto workload = cpu::kClock.prepare(context_of(*host), request);
    if (!workload)
        GTEST_SKIP() << workload.error().message;
    constexpr int kTries = 20;
    for (int tries = 0; tries < kTries; ++tries) {
        const auto result = (*workload)->measure(0, round_of(milliseconds(60)));
        ASSERT_TRUE(result) << result.error().message;
        if (static_cast<double>(result->cpu_use->cpu_ns) <
            0.98 * static_cast<double>(result->cpu_use->wall_ns))
            continue;
        EXPECT_FALSE(has(result->findings, "clock_unverified")) << result->findings.at(0).message;
        EXPECT_TRUE((*workload)->verify());
        return;
    }
    GTEST_SKIP() << "other programs keep this host too busy for a quiet round";
}

}  // namespace
}  // namespace assay
