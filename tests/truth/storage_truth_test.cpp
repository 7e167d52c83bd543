#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>

#include "engine/core/units.h"
#include "probes/storage/access_probes.h"
#include "tests/support/block_throttle.h"
#include "tests/support/loop_device.h"
#include "tests/support/withheld_cpu.h"

/// The storage probe against devices whose truth is known: a loop device in memory that a control
/// group lets serve N reads a second, one whose end is missing, one that hardly answers.
namespace assay::storage {
namespace {

using test::BlockThrottle;
using test::LoopDevice;
using test::MountedExt4;

// The median of five rounds, so that one in which this host was busy elsewhere decides nothing.
constexpr auto kRound = std::chrono::seconds(1);
constexpr int kRounds = 5;
// Large enough for an ext4 that keeps 2 GB free; memory is taken for the test file only.
constexpr std::uint64_t kFilesystemBytes = 4 * kGiB;

class StorageTruth : public testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0)
            GTEST_SKIP() << "loop devices and control groups need root";
        auto host = host::inspect_host(host::Files{});
        ASSERT_TRUE(host) << host.error().message;
        host_ = std::make_unique<host::Host>(std::move(*host));
    }

    RunContext context() const {
        return {
            *host_, {}, std::chrono::steady_clock::now() + std::chrono::minutes(1), kGiB, nullptr};
    }

    static RoundRequest round(std::chrono::nanoseconds duration = kRound) {
        return {duration, 4711, {}, std::chrono::steady_clock::now() + std::chrono::minutes(1)};
    }

    static Request request(
        std::initializer_list<std::pair<const std::string, std::string>> values) {
        Request made;
        made.values.insert(values.begin(), values.end());
        made.most_rounds = 20;
        return made;
    }

    std::unique_ptr<host::Host> host_;
};

#define MAKE_OR_SKIP(name, expression)               \
    auto name##_made = (expression);                 \
    if (!name##_made)                                \
        GTEST_SKIP() << name##_made.error().message; \
    auto name = std::move(*name##_made)

double iops_of(const RoundResult& result) {
    return result.values.at(0).value;
}

double mean_ns_of(const RoundResult& result) {
    const RoundLatency& latency = result.latencies.at(0);
    return *latency.ticks.mean() * latency.ns_per_tick;
}

std::string ids_of(const std::vector<Finding>& findings) {
    std::string ids;
    for (const Finding& finding : findings)
        ids += finding.id + " (" + finding.message + ") ";
    return ids;
}

double median_of(std::vector<double> samples) {
    std::sort(samples.begin(), samples.end());
    return samples.at(samples.size() / 2);
}

class ThrottledStorage : public StorageTruth, public testing::WithParamInterface<std::uint64_t> {
  protected:
    void expect_limit(const Request& asked) {
        const double limit = static_cast<double>(GetParam());
        const auto workload = kRandomRead.prepare(context(), asked);
        ASSERT_TRUE(workload) << workload.error().message;
        std::vector<double> iops, means_ns;
        int named = 0;
        const test::WithheldCpu withheld;
        std::string others;
        for (int index = 0; index < kRounds; ++index) {
            const auto result = (*workload)->measure(0, round());
            ASSERT_TRUE(result) << result.error().message;
            for (const Finding& finding : result->findings)
                if (finding.id != "throttled_volume")
                    others += finding.id + ": " + finding.message + "; ";
            named += result->findings.empty() ? 0 : 1;
            iops.push_back(iops_of(*result));
            means_ns.push_back(mean_ns_of(*result));
        }
        // Little's law: 32 in flight at `limit` a second take 32 / limit seconds each.
        const double expected_ns = 32 / limit * static_cast<double>(kNanosecondsPerSecond);
        const bool is_off = !others.empty() || named <= kRounds / 2 ||
                            std::abs(median_of(iops) / limit - 1) > 0.01 ||
                            std::abs(median_of(means_ns) / expected_ns - 1) > 0.02;
        if (is_off && withheld.spoils(std::chrono::milliseconds(10)))
            GTEST_SKIP() << others << withheld.said();
        EXPECT_EQ(others, "");
        EXPECT_GT(named, kRounds / 2) << "rounds in which the limiter was recognised";
        EXPECT_NEAR(median_of(iops), limit, limit * 0.01);
        EXPECT_NEAR(median_of(means_ns), expected_ns, expected_ns * 0.02);
        const auto verified = (*workload)->verify();
        EXPECT_TRUE(verified) << verified.error().message;
        std::printf("limit %.0f op/s: read %.1f op/s (%+.3f %%), mean %.0f ns (law says %.0f)\n",
                    limit, median_of(iops), (median_of(iops) / limit - 1) * 100,
                    median_of(means_ns), expected_ns);
    }
};

TEST_P(ThrottledStorage, reads_a_devices_limit_within_one_percent) {
    MAKE_OR_SKIP(loop, LoopDevice::create(256 * kMiB));
    MAKE_OR_SKIP(throttle, BlockThrottle::reads(loop.major(), loop.minor(), GetParam()));
    expect_limit(request({{"device", loop.path()}, {"depth", "32"}}));
}

TEST_P(ThrottledStorage, reads_a_filesystems_limit_within_one_percent) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kFilesystemBytes));
    MAKE_OR_SKIP(filesystem, MountedExt4::create(loop.path(), MountedExt4::Mode::read_write));
    MAKE_OR_SKIP(throttle, BlockThrottle::reads(loop.major(), loop.minor(), GetParam()));
    expect_limit(request({{"path", filesystem.folder()}, {"depth", "32"}, {"size", "64m"}}));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(filesystem.folder()), {}), 1)
        << "something besides lost+found is left";
}

TEST_P(ThrottledStorage, reads_the_limit_with_blocking_calls_too) {
    MAKE_OR_SKIP(loop, LoopDevice::create(256 * kMiB));
    MAKE_OR_SKIP(throttle, BlockThrottle::reads(loop.major(), loop.minor(), GetParam()));
    expect_limit(request({{"device", loop.path()}, {"depth", "32"}, {"engine", "sync"}}));
}

// What a run gives every storage case at least: 350 ms. In rounds of 290 ms all
// rounds agreed on 2640 op/s of a limit of 2000.
TEST_P(ThrottledStorage, reads_the_limit_in_rounds_of_the_least_length) {
    MAKE_OR_SKIP(loop, LoopDevice::create(256 * kMiB));
    MAKE_OR_SKIP(throttle, BlockThrottle::reads(loop.major(), loop.minor(), GetParam()));
    const std::vector<const char*> depths =
        GetParam() <= 5000 ? std::vector{"1", "32"} : std::vector{"32"};  // one alone may be slower
    for (const char* depth : depths) {
        const auto workload =
            kRandomRead.prepare(context(), request({{"device", loop.path()}, {"depth", depth}}));
        ASSERT_TRUE(workload) << workload.error().message;
        EXPECT_EQ((*workload)->shortest_round(0), std::chrono::milliseconds(350));
        std::vector<double> iops;
        for (int index = 0; index < 7; ++index) {
            const auto result = (*workload)->measure(0, round(std::chrono::milliseconds(350)));
            ASSERT_TRUE(result) << result.error().message;
            EXPECT_EQ((*workload)->least_round(0), std::chrono::milliseconds(350));
            iops.push_back(iops_of(*result));
        }
        const double limit = static_cast<double>(GetParam());
        std::printf("depth %s: %.1f op/s of %.0f\n", depth, median_of(iops), limit);
        EXPECT_NEAR(median_of(iops), limit, limit * 0.01) << "depth " << depth;
    }
}

INSTANTIATE_TEST_SUITE_P(Limits, ThrottledStorage, testing::Values(5'000, 20'000));

TEST_F(StorageTruth, errors_of_the_device_surface_as_io_errors) {
    MAKE_OR_SKIP(loop, LoopDevice::create(64 * kMiB));
    ASSERT_TRUE(loop.truncate_backing(32 * kMiB));
    const auto workload =
        kRandomRead.prepare(context(), request({{"device", loop.path()}, {"depth", "8"}}));
    ASSERT_TRUE(workload) << workload.error().message;
    const auto result = (*workload)->measure(0, round(std::chrono::milliseconds(200)));
    ASSERT_TRUE(result) << result.error().message;
    const auto found = std::find_if(result->findings.begin(), result->findings.end(),
                                    [](const Finding& each) { return each.id == "io_errors"; });
    ASSERT_NE(found, result->findings.end()) << ids_of(result->findings);
    EXPECT_EQ(found->severity, Severity::invalid);
    EXPECT_NE(found->message.find("Input/output error"), std::string::npos) << found->message;
    EXPECT_FALSE((*workload)->verify());
}

TEST_F(StorageTruth, a_device_that_hangs_is_given_up_with_a_sentence) {
    MAKE_OR_SKIP(loop, LoopDevice::create(64 * kMiB));
    MAKE_OR_SKIP(throttle, BlockThrottle::reads(loop.major(), loop.minor(), 1));
    auto workload =
        kRandomRead.prepare(context(), request({{"device", loop.path()}, {"depth", "32"}}));
    ASSERT_TRUE(workload) << workload.error().message;
    RoundRequest asked = round(std::chrono::milliseconds(200));
    asked.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    const auto before = std::chrono::steady_clock::now();
    const auto result = (*workload)->measure(0, asked);
    workload->reset();
    const auto took = std::chrono::steady_clock::now() - before;
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::timed_out) << result.error().message;
    EXPECT_NE(result.error().message.find("hangs"), std::string::npos) << result.error().message;
    EXPECT_LT(took, std::chrono::seconds(5));
    throttle.lift();
}

TEST_F(StorageTruth, a_read_only_filesystem_is_refused_with_the_reason) {
    MAKE_OR_SKIP(loop, LoopDevice::create(64 * kMiB));
    MAKE_OR_SKIP(filesystem, MountedExt4::create(loop.path(), MountedExt4::Mode::read_only));
    const auto workload = kRandomRead.prepare(context(), request({{"path", filesystem.folder()}}));
    ASSERT_FALSE(workload);
    EXPECT_EQ(workload.error().kind, ErrorKind::permission);
    EXPECT_NE(workload.error().message.find("read-only"), std::string::npos)
        << workload.error().message;
}

TEST_F(StorageTruth, a_full_filesystem_is_refused_before_anything_is_written) {
    MAKE_OR_SKIP(loop, LoopDevice::create(64 * kMiB));
    MAKE_OR_SKIP(filesystem, MountedExt4::create(loop.path(), MountedExt4::Mode::read_write));
    const auto lines = kRandomRead.check(context(), request({{"path", filesystem.folder()}}));
    const auto blocked = std::find_if(lines.begin(), lines.end(), [](const CheckLine& line) {
        return line.level == CheckLevel::block;
    });
    ASSERT_NE(blocked, lines.end());
    EXPECT_EQ(blocked->kind, ErrorKind::no_space);
    EXPECT_NE(blocked->message.find("2 GB"), std::string::npos) << blocked->message;
}

TEST_F(StorageTruth, somebody_without_rights_gets_permission_errors) {
    MAKE_OR_SKIP(loop, LoopDevice::create(64 * kMiB));
    // In a child, since a process that gave root away cannot take it back.
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        constexpr uid_t kNobody = 65534;
        if (setuid(kNobody) != 0)
            _exit(2);
        const auto device = kRandomRead.prepare(context(), request({{"device", loop.path()}}));
        const auto path = kRandomRead.prepare(context(), request({{"path", "/"}}));
        const bool right = !device && device.error().kind == ErrorKind::permission && !path &&
                           path.error().kind == ErrorKind::permission;
        _exit(right ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(StorageTruth, a_killed_run_leaves_no_file) {
    std::string folder = "assay_kill_test_XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    if (const auto lines = kRandomRead.check(context(), request({{"path", folder}}));
        std::any_of(lines.begin(), lines.end(),
                    [](const CheckLine& line) { return line.level == CheckLevel::block; })) {
        std::filesystem::remove(folder);
        GTEST_SKIP() << lines.back().message;
    }
    // At each of these moments the child may be opening, filling, or reading its file.
    for (const int after_ms : {1, 3, 10, 30, 60, 100, 150, 250}) {
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const auto workload =
                kRandomRead.prepare(context(), request({{"path", folder}, {"size", "64m"}}));
            if (workload)
                (void)(*workload)->measure(1, round(std::chrono::seconds(30)));
            _exit(0);
        }
        usleep(static_cast<useconds_t>(after_ms * 1000));
        ASSERT_EQ(kill(child, SIGKILL), 0);
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended before it was killed";
        EXPECT_TRUE(std::filesystem::is_empty(folder)) << "after " << after_ms << " ms";
    }
    std::filesystem::remove(folder);
}

}  // namespace
}  // namespace assay::storage
