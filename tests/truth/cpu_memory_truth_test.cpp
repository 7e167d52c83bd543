// What cpu.flops and memory.bandwidth say where the truth is known: under a CPU quota, with arrays
// inside the cache, and when the work was skipped.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/units.h"
#include "engine/host/host.h"
#include "probes/cpu/flops.h"
#include "probes/cpu/flops_workload.h"
#include "probes/memory/bandwidth.h"
#include "probes/memory/bandwidth_settings.h"
#include "probes/memory/bandwidth_workload.h"

namespace assay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// A control group of our own with a CPU quota, as the kernel's version 1 or 2 has it. The process
/// is inside while `enter` lasts; the destructor takes it out and removes the group.
class QuotaGroup {
  public:
    static std::optional<QuotaGroup> make(int quota_us, int period_us) {
        const std::string name = "assay-truth-" + std::to_string(getpid());
        const std::filesystem::path v1 = "/sys/fs/cgroup/cpu";
        const std::filesystem::path v2 = "/sys/fs/cgroup";
        if (std::filesystem::exists(v1 / "cpu.cfs_quota_us") ||
            std::filesystem::exists(v1 / "cgroup.procs")) {
            QuotaGroup group(v1, name, own_path("cpu"));
            if (group.created_ && group.put("cpu.cfs_period_us", std::to_string(period_us)) &&
                group.put("cpu.cfs_quota_us", std::to_string(quota_us)))
                return group;
            return std::nullopt;
        }
        QuotaGroup group(v2, name, own_path(""));
        if (group.created_ &&
            group.put("cpu.max", std::to_string(quota_us) + " " + std::to_string(period_us)))
            return group;
        return std::nullopt;
    }
    QuotaGroup(QuotaGroup&& other) noexcept
        : home_(std::move(other.home_)),
          folder_(std::move(other.folder_)),
          created_(std::exchange(other.created_, false)) {}
    QuotaGroup& operator=(QuotaGroup&&) = delete;
    ~QuotaGroup() {
        if (!created_)
            return;
        EXPECT_TRUE(leave());
        EXPECT_EQ(rmdir(folder_.c_str()), 0) << folder_ << ": " << std::strerror(errno);
    }

    bool enter() const { return put("cgroup.procs", std::to_string(getpid())); }
    bool leave() const { return write(home_ / "cgroup.procs", std::to_string(getpid())); }

  private:
    QuotaGroup(const std::filesystem::path& mount, const std::string& name, const std::string& home)
        : home_(mount / std::filesystem::path(home).relative_path()),
          folder_(mount / name),
          created_(mkdir(folder_.c_str(), 0755) == 0) {}

    /// Our group in the hierarchy of that controller: "8:cpu,cpuacct:/path".
    static std::string own_path(const std::string& controller) {
        std::ifstream file("/proc/self/cgroup");
        for (std::string line; std::getline(file, line);) {
            const auto first = line.find(':');
            const auto second = line.find(':', first + 1);
            const std::string list = "," + line.substr(first + 1, second - first - 1) + ",";
            if (list.find("," + controller + ",") != std::string::npos)
                return line.substr(second + 1);
        }
        return "/";
    }
    static bool write(const std::filesystem::path& path, const std::string& text) {
        const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
        if (fd < 0)
            return false;
        const bool written =
            ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
        return close(fd) == 0 && written;
    }
    bool put(const std::string& file, const std::string& text) const {
        return write(folder_ / file, text);
    }

    std::filesystem::path home_, folder_;
    bool created_ = false;
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values.at(values.size() / 2);
}

RunContext context_of(const host::Host& host) {
    return {.host = host,
            .stop = {},
            .prepare_deadline = steady_clock::now() + seconds(60),
            .memory_allowance_bytes = host.memory_allowance_bytes()};
}

RoundRequest round_of(milliseconds duration) {
    return {
        .duration = duration, .seed = 1, .stop = {}, .deadline = steady_clock::now() + seconds(60)};
}

bool has(const std::vector<Finding>& findings, std::string_view id) {
    return std::ranges::any_of(findings, [&](const Finding& found) { return found.id == id; });
}

/// Rounds of the first case in which the thread kept its CPU: on average for `cpu_share` of the
/// time, within 1 %. Rounds that other programs disturbed are taken again, a few dozen times.
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
        if (share >= cpu_share - 0.01)
            rates.push_back(result->values.at(0).value);
    }
    return rates;
}

Request one_thread() {
    Request request;
    request.values = {{"threads", "1"}, {"isa", "sse2"}};
    return request;
}

TEST(CpuTruth, UnderAQuotaOfHalfACpuTheRateIsHalfAndTheFindingSaysSo) {
    const auto free_host = host::inspect_host(host::Files());
    ASSERT_TRUE(free_host) << free_host.error().message;
    if (free_host->effective_cpus() < 1)
        GTEST_SKIP() << "this test runs under a quota already";
    constexpr int kPeriodUs = 100'000;
    const auto group = QuotaGroup::make(kPeriodUs / 2, kPeriodUs);
    if (!group)
        GTEST_SKIP() << "no control group with a CPU quota can be made here (root, cgroupfs)";
    const auto unlimited = cpu::kFlops.prepare(context_of(*free_host), one_thread());
    ASSERT_TRUE(unlimited) << unlimited.error().message;
    EXPECT_FALSE(has((*unlimited)->findings(), "cgroup_quota"));

    // Before and after, so that a change of the host's own speed does not look like the quota.
    std::vector<double> full = undisturbed_rates(**unlimited, 3, 1.0);
    std::vector<double> limited;
    {
        ASSERT_TRUE(group->enter()) << std::strerror(errno);
        const auto bound_host = host::inspect_host(host::Files());
        ASSERT_TRUE(bound_host) << bound_host.error().message;
        EXPECT_DOUBLE_EQ(bound_host->effective_cpus(), 0.5);
        const auto workload = cpu::kFlops.prepare(context_of(*bound_host), one_thread());
        ASSERT_TRUE(workload) << workload.error().message;
        const auto findings = (*workload)->findings();
        ASSERT_TRUE(has(findings, "cgroup_quota"));
        EXPECT_NE(findings.at(0).message.find("0.50 effective CPUs"), std::string::npos)
            << findings.at(0).message;
        // The thread's own account runs to the end of its last block, which a throttled slice may
        // stretch beyond the window: a little less than a half is undisturbed.
        limited = undisturbed_rates(**workload, 7, 0.48);
        EXPECT_TRUE((*workload)->verify());
        ASSERT_TRUE(group->leave()) << std::strerror(errno);
    }
    const std::vector<double> full_again = undisturbed_rates(**unlimited, 3, 1.0);
    full.insert(full.end(), full_again.begin(), full_again.end());
    if (full.size() < 3 || limited.size() < 3)
        GTEST_SKIP() << "other programs keep this host too busy to measure a quota";
    EXPECT_NEAR(median(limited) / median(full), 0.5, 0.025);
}

TEST(CpuTruth, AKernelThatSkipsItsWorkFailsTheProof) {
    if (cpu::fma_kernels().empty())
        GTEST_SKIP() << "no kernels for this processor";
    const auto host = host::inspect_host(host::Files());
    ASSERT_TRUE(host);
    cpu::FmaKernel kernel = cpu::fma_kernels().front();
    kernel.run = [](const cpu::ChainValues&, std::uint64_t, cpu::FoldedBits&) {};
    const auto workload = cpu::make_flops_workload(context_of(*host), {{kernel, 1, "one"}});
    ASSERT_TRUE(workload);
    const auto result = (*workload)->measure(0, round_of(milliseconds(20)));
    ASSERT_TRUE(result);
    EXPECT_TRUE(has(result->findings, "impossible"));
    EXPECT_FALSE((*workload)->verify());
}

// Two units of multiply-add with vectors of `lanes` numbers cannot do more; 20 honest rounds of
// each instruction set must never be called impossible.
TEST(CpuTruth, NoHonestRoundIsCalledImpossible) {
    const auto host = host::inspect_host(host::Files());
    ASSERT_TRUE(host);
    const auto workload = cpu::kFlops.prepare(context_of(*host), {});
    if (!workload)
        GTEST_SKIP() << workload.error().message;
    for (int round = 0; round < 20; ++round)
        for (std::size_t index = 0; index < (*workload)->cases().size(); ++index) {
            const auto result = (*workload)->measure(index, round_of(milliseconds(10)));
            ASSERT_TRUE(result) << result.error().message;
            EXPECT_FALSE(has(result->findings, "impossible"))
                << (*workload)->cases()[index].name << ": " << result->findings.at(0).message;
        }
    const auto verified = (*workload)->verify();
    EXPECT_TRUE(verified) << verified.error().message;
}

TEST(MemoryTruth, ArraysInsideTheCacheAreCalledCacheResidentAndLargerOnesAreNot) {
    const auto host = host::inspect_host(host::Files());
    ASSERT_TRUE(host);
    const auto llc = host->topology.last_level_cache_bytes();
    if (!llc)
        GTEST_SKIP() << "the last-level cache is unknown here";
    Request request;
    request.values = {{"size", std::to_string(*llc / 4)}};
    const auto inside = memory::kBandwidth.prepare(context_of(*host), request);
    if (!inside)
        GTEST_SKIP() << inside.error().message;
    EXPECT_TRUE(has((*inside)->findings(), "cache_resident"));
    EXPECT_TRUE((*inside)->measure(0, round_of(milliseconds(100))));
    EXPECT_TRUE((*inside)->verify());
    if (host->memory_allowance_bytes() < 5 * *llc)
        GTEST_SKIP() << "not enough memory for four times the last-level cache";
    const auto outside = memory::kBandwidth.prepare(context_of(*host), {});
    ASSERT_TRUE(outside) << outside.error().message;
    EXPECT_FALSE(has((*outside)->findings(), "cache_resident"));
}

TEST(MemoryTruth, AKernelThatSkipsReadsFailsTheProof) {
    const auto host = host::inspect_host(host::Files());
    ASSERT_TRUE(host);
    Request request;
    request.values = {{"size", "16m"}, {"threads", "1"}};
    auto settings = memory::bandwidth_settings(context_of(*host), request);
    if (!settings)
        GTEST_SKIP() << settings.error().message;
    settings->kernel.read = [](const std::byte*, std::size_t, std::size_t) {
        return std::uint64_t{0};
    };
    const auto workload = memory::make_bandwidth_workload(context_of(*host), *settings);
    ASSERT_TRUE(workload);
    ASSERT_TRUE((*workload)->measure(0, round_of(milliseconds(20))));
    EXPECT_FALSE((*workload)->verify());
}

}  // namespace
}  // namespace assay
