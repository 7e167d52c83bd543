#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <thread>

#include "engine/core/units.h"
#include "engine/host/block_device.h"
#include "engine/host/buffer.h"
#include "engine/host/counters.h"
#include "engine/host/device_identity.h"
#include "probes/storage/access_probes.h"
#include "probes/storage/fd.h"
#include "probes/storage/fsync.h"
#include "probes/storage/io_loop.h"
#include "probes/storage/payload.h"
#include "probes/storage/ring.h"
#include "tests/support/block_throttle.h"
#include "tests/support/loop_device.h"
#include "tests/support/storage_faults.h"

/// Writes, streams, open loops and commits against devices whose truth is known.
namespace assay::storage {
namespace {

using std::chrono::milliseconds;
using test::BlockThrottle;
using test::LoopDevice;
using test::MountedExt4;

constexpr auto kRound = std::chrono::seconds(1);
constexpr int kRounds = 5;
// Large enough for an ext4 that keeps 2 GB free; memory is taken for the test file only.
constexpr std::uint64_t kFilesystemBytes = 4 * kGiB;

#define MAKE_OR_SKIP(name, expression)               \
    auto name##_made = (expression);                 \
    if (!name##_made)                                \
        GTEST_SKIP() << name##_made.error().message; \
    auto name = std::move(*name##_made)

class StorageLimits : public testing::Test {
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
        return {duration, 4711, {}, std::chrono::steady_clock::now() + std::chrono::minutes(5)};
    }
    static Request request(
        std::initializer_list<std::pair<const std::string, std::string>> values) {
        Request made;
        made.values.insert(values.begin(), values.end());
        made.most_rounds = 20;
        return made;
    }
    /// What confirms that the loop device may be overwritten.
    std::string word_of(const LoopDevice& loop) const {
        const auto device = host::device_of_number(host_->files, loop.major(), loop.minor());
        EXPECT_TRUE(device);
        return host::identity_of(host_->files, *device).text;
    }

    std::unique_ptr<host::Host> host_;
};

double median_of(std::vector<double> samples) {
    std::sort(samples.begin(), samples.end());
    return samples.at(samples.size() / 2);
}

bool has(const std::vector<Finding>& findings, std::string_view id) {
    return std::any_of(findings.begin(), findings.end(),
                       [&](const Finding& each) { return each.id == id; });
}

std::string ids_of(const std::vector<Finding>& findings) {
    std::string ids;
    for (const Finding& finding : findings)
        ids += finding.id + " (" + finding.message + ") ";
    return ids;
}

/// Median rate and mean latency of five rounds of the first case.
struct Measured {
    double rate = 0, mean_ns = 0;
};

Measured measure_rounds(Workload& workload, const RoundRequest& asked) {
    std::vector<double> rates, means;
    for (int index = 0; index < kRounds; ++index) {
        const auto result = workload.measure(0, asked);
        EXPECT_TRUE(result) << result.error().message;
        if (!result)
            return {};
        EXPECT_FALSE(has(result->findings, "io_errors")) << ids_of(result->findings);
        EXPECT_FALSE(has(result->findings, "cached_direct_io")) << ids_of(result->findings);
        rates.push_back(result->values.at(0).value);
        means.push_back(*result->latencies.at(0).ticks.mean() *
                        result->latencies.at(0).ns_per_tick);
    }
    return {median_of(rates), median_of(means)};
}

void expect_limit(const Measured& measured, double limit, double depth) {
    EXPECT_NEAR(measured.rate, limit, limit * 0.01);
    const double expected_ns = depth / limit * static_cast<double>(kNanosecondsPerSecond);
    EXPECT_NEAR(measured.mean_ns, expected_ns, expected_ns * 0.02);
    std::printf("limit %.0f op/s: %.1f (%+.3f %%), mean latency %.0f ns (Little says %.0f)\n",
                limit, measured.rate, (measured.rate / limit - 1) * 100, measured.mean_ns,
                expected_ns);
}

class OperationLimits : public StorageLimits, public testing::WithParamInterface<std::uint64_t> {};

TEST_P(OperationLimits, of_reads_are_found) {
    MAKE_OR_SKIP(loop, LoopDevice::create(256 * kMiB));
    MAKE_OR_SKIP(throttle, BlockThrottle::reads(loop.major(), loop.minor(), GetParam()));
    const auto workload =
        kRandomRead.prepare(context(), request({{"device", loop.path()}, {"depth", "8"}}));
    ASSERT_TRUE(workload) << workload.error().message;
    expect_limit(measure_rounds(**workload, round()), static_cast<double>(GetParam()), 8);
}

TEST_P(OperationLimits, of_writes_are_found_and_what_was_written_is_there) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kFilesystemBytes));
    MAKE_OR_SKIP(filesystem, MountedExt4::create(loop.path(), MountedExt4::Mode::read_write));
    MAKE_OR_SKIP(throttle, BlockThrottle::writes(loop.major(), loop.minor(), GetParam()));
    const auto workload = kRandomWrite.prepare(
        context(), request({{"path", filesystem.folder()}, {"depth", "32"}, {"size", "64m"}}));
    ASSERT_TRUE(workload) << workload.error().message;
    expect_limit(measure_rounds(**workload, round()), static_cast<double>(GetParam()), 32);
    const auto verified = (*workload)->verify();
    EXPECT_TRUE(verified) << verified.error().message;
}

INSTANTIATE_TEST_SUITE_P(Limits, OperationLimits, testing::Values(500, 2'000, 50'000));

class BandwidthLimits : public StorageLimits, public testing::WithParamInterface<std::uint64_t> {};

// At 128 KiB, since the kernel charges a request twice when it splits it.
TEST_P(BandwidthLimits, of_reads_are_found) {
    MAKE_OR_SKIP(loop, LoopDevice::create(256 * kMiB));
    MAKE_OR_SKIP(throttle, BlockThrottle::read_bytes(loop.major(), loop.minor(), GetParam()));
    const auto workload = kSequentialRead.prepare(
        context(), request({{"device", loop.path()}, {"block", "128k"}, {"depth", "8"}}));
    ASSERT_TRUE(workload) << workload.error().message;
    const double limit = static_cast<double>(GetParam());
    const Measured measured = measure_rounds(**workload, round(std::chrono::seconds(1)));
    EXPECT_NEAR(measured.rate, limit, limit * 0.01);
    std::printf("limit %.0f B/s: %.0f (%+.3f %%)\n", limit, measured.rate,
                (measured.rate / limit - 1) * 100);
}

TEST_P(BandwidthLimits, of_writes_are_found) {
    MAKE_OR_SKIP(loop, LoopDevice::create(256 * kMiB));
    ASSERT_TRUE(loop.fill());
    MAKE_OR_SKIP(throttle, BlockThrottle::write_bytes(loop.major(), loop.minor(), GetParam()));
    const auto workload =
        kSequentialWrite.prepare(context(), request({{"device", loop.path()},
                                                     {"destroy-data", word_of(loop)},
                                                     {"block", "128k"},
                                                     {"depth", "8"},
                                                     {"write-limit", "16g"}}));
    ASSERT_TRUE(workload) << workload.error().message;
    const double limit = static_cast<double>(GetParam());
    const Measured measured = measure_rounds(**workload, round(std::chrono::seconds(1)));
    EXPECT_NEAR(measured.rate, limit, limit * 0.01);
    std::printf("limit %.0f B/s of writes: %.0f (%+.3f %%)\n", limit, measured.rate,
                (measured.rate / limit - 1) * 100);
}

INSTANTIATE_TEST_SUITE_P(Limits, BandwidthLimits,
                         testing::Values(52'428'800, 209'715'200, 524'288'000));

TEST_F(StorageLimits, a_device_that_was_confirmed_is_overwritten_and_every_block_accounted_for) {
    MAKE_OR_SKIP(loop, LoopDevice::create(32 * kMiB));
    ASSERT_TRUE(loop.fill());
    const auto before = loop.checksum();
    const Request asked = request({{"device", loop.path()},
                                   {"destroy-data", word_of(loop)},
                                   {"depth", "16"},
                                   {"integrity", "true"}});
    const auto workload = kRandomWrite.prepare(context(), asked);
    ASSERT_TRUE(workload) << workload.error().message;
    ASSERT_TRUE((*workload)->measure(0, round(milliseconds(300))));
    EXPECT_NE(*before, *loop.checksum());
    const auto verified = (*workload)->verify();
    EXPECT_TRUE(verified) << verified.error().message;
}

TEST_F(StorageLimits, a_block_that_changed_after_it_was_written_is_named) {
    MAKE_OR_SKIP(loop, LoopDevice::create(32 * kMiB));
    ASSERT_TRUE(loop.fill());
    const auto workload = kRandomWrite.prepare(context(), request({{"device", loop.path()},
                                                                   {"destroy-data", word_of(loop)},
                                                                   {"depth", "16"},
                                                                   {"integrity", "true"}}));
    ASSERT_TRUE(workload) << workload.error().message;
    ASSERT_TRUE((*workload)->measure(0, round(milliseconds(500))));
    constexpr std::uint64_t kVictim = 777;
    {
        const Fd device(open(loop.path().c_str(), O_RDWR | O_DIRECT | O_CLOEXEC));
        ASSERT_TRUE(device.is_open());
        alignas(4096) std::array<char, 4096> garbage{};
        ASSERT_EQ(pwrite(device.number(), garbage.data(), garbage.size(), kVictim * 4096), 4096);
    }
    const auto verified = (*workload)->verify();
    ASSERT_FALSE(verified) << "half a second writes each of 8192 blocks many times";
    EXPECT_EQ(verified.error().kind, ErrorKind::io);
    EXPECT_NE(verified.error().message.find("byte " + std::to_string(kVictim * 4096)),
              std::string::npos)
        << verified.error().message;
}

TEST_F(StorageLimits, a_device_without_confirmation_or_with_another_word_is_not_touched) {
    MAKE_OR_SKIP(loop, LoopDevice::create(32 * kMiB));
    ASSERT_TRUE(loop.fill());
    const auto before = loop.checksum();
    for (const Probe* probe : {&kRandomWrite, &kMixed, &kSequentialWrite}) {
        const auto bare = probe->prepare(context(), request({{"device", loop.path()}}));
        ASSERT_FALSE(bare);
        EXPECT_EQ(bare.error().kind, ErrorKind::usage);
        const auto wrong = probe->prepare(
            context(), request({{"device", loop.path()}, {"destroy-data", "another"}}));
        ASSERT_FALSE(wrong);
        EXPECT_EQ(wrong.error().kind, ErrorKind::usage) << wrong.error().message;
    }
    EXPECT_EQ(*before, *loop.checksum());
}

TEST_F(StorageLimits, writes_that_a_full_disk_under_the_device_refuses_are_io_errors) {
    MAKE_OR_SKIP(memory, test::SmallMemoryFilesystem::create(24 * kMiB));
    MAKE_OR_SKIP(backing, memory.add_sparse_file(64 * kMiB));
    MAKE_OR_SKIP(loop, LoopDevice::over(backing));
    const auto workload = kRandomWrite.prepare(
        context(),
        request({{"device", loop.path()}, {"destroy-data", word_of(loop)}, {"depth", "8"}}));
    ASSERT_TRUE(workload) << workload.error().message;
    const auto result = (*workload)->measure(0, round(std::chrono::seconds(1)));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_TRUE(has(result->findings, "io_errors")) << ids_of(result->findings);
    const auto verified = (*workload)->verify();
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().kind, ErrorKind::io);
}

TEST_F(StorageLimits, a_device_that_vanishes_in_mid_round_is_said_and_nothing_waits_for_it) {
    MAKE_OR_SKIP(loop, LoopDevice::create(64 * kMiB));
    ASSERT_TRUE(loop.fill());
    const auto workload = kMixed.prepare(
        context(),
        request({{"device", loop.path()}, {"destroy-data", word_of(loop)}, {"depth", "8"}}));
    ASSERT_TRUE(workload) << workload.error().message;
    std::jthread remover([&] {
        std::this_thread::sleep_for(milliseconds(300));
        EXPECT_TRUE(loop.truncate_backing(0));
    });
    const auto begin = std::chrono::steady_clock::now();
    const auto result = (*workload)->measure(0, round());
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    // What was in flight may come back as zeros, which the round itself refuses, or as errors.
    if (!result) {
        EXPECT_EQ(result.error().kind, ErrorKind::io) << result.error().message;
        EXPECT_NE(result.error().message.find(loop.path()), std::string::npos);
        return;
    }
    EXPECT_TRUE(has(result->findings, "io_errors")) << ids_of(result->findings);
    const auto verified = (*workload)->verify();
    ASSERT_FALSE(verified) << "a probe whose device is gone has failed";
    EXPECT_EQ(verified.error().kind, ErrorKind::io) << verified.error().message;
}

TEST_F(StorageLimits, operations_and_sectors_are_those_that_the_device_counted) {
    constexpr std::uint32_t kBlock = 4096;
    constexpr unsigned kDepth = 8;
    constexpr std::uint64_t kSectorBytes = 512;
    MAKE_OR_SKIP(loop, LoopDevice::create(64 * kMiB));
    ASSERT_TRUE(loop.fill());
    const Fd device(open(loop.path().c_str(), O_RDWR | O_DIRECT | O_CLOEXEC));
    ASSERT_TRUE(device.is_open());
    MAKE_OR_SKIP(buffer,
                 host::Buffer::allocate({2 * kDepth * kBlock, host::PagePreference::huge, {}}));
    const Payload payload(5);
    payload.fill(buffer.bytes().subspan(kDepth * kBlock), 0, 0);
    RingSettings settings;
    settings.depth = kDepth;
    settings.file = device.number();
    settings.arena = buffer.bytes();
    MAKE_OR_SKIP(ring, Ring::create(settings));
    ring.prepare_transfers(kBlock, kDepth * kBlock);
    LoopPlan plan;
    plan.depth = kDepth;
    plan.batch = kDepth;
    plan.read_ratio = 0.7;
    plan.blocks = 64 * kMiB / kBlock;
    plan.block_bytes = kBlock;
    plan.expected_result = kBlock;
    plan.seed = 42;
    const auto ticks_of_ms = [&](std::int64_t ms) {
        return host_->clock.ticks_of_ns(ms * kNanosecondsPerMillisecond);
    };
    plan.begin_ticks = host_->clock.ticks() + ticks_of_ms(1);
    plan.end_ticks = plan.begin_ticks + ticks_of_ms(500);
    plan.give_up_ticks = plan.end_ticks + ticks_of_ms(10'000);
    LoopTally tally;
    const auto before = host::read_disk_counters(host_->files, loop.major(), loop.minor());
    run_ring_loop(ring, buffer.bytes().subspan(kDepth * kBlock), host_->clock, plan, tally);
    const auto after = host::read_disk_counters(host_->files, loop.major(), loop.minor());
    ASSERT_TRUE(before && after);
    ASSERT_EQ(tally.still_flying + tally.failed, 0u);
    ASSERT_GT(tally.issued_writes, 100u);
    const auto expect_equal = [](const char* what, std::uint64_t counted, std::uint64_t ours) {
        EXPECT_NEAR(static_cast<double>(counted), static_cast<double>(ours),
                    static_cast<double>(ours) * 0.001);
        std::printf("%s: the device counted %llu, we %llu\n", what,
                    static_cast<unsigned long long>(counted),
                    static_cast<unsigned long long>(ours));
    };
    const std::uint64_t reads = tally.issued - tally.issued_writes;
    expect_equal("reads", after->reads + after->reads_merged - before->reads - before->reads_merged,
                 reads);
    expect_equal("writes",
                 after->writes + after->writes_merged - before->writes - before->writes_merged,
                 tally.issued_writes);
    expect_equal("sectors read", after->sectors_read - before->sectors_read,
                 reads * kBlock / kSectorBytes);
    expect_equal("sectors written", after->sectors_written - before->sectors_written,
                 tally.issued_writes * kBlock / kSectorBytes);
}

TEST_F(StorageLimits, commits_reach_the_device_with_a_flush_each) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kFilesystemBytes));
    MAKE_OR_SKIP(filesystem, MountedExt4::create(loop.path(), MountedExt4::Mode::read_write));
    const auto workload = kFsync.prepare(
        context(), request({{"path", filesystem.folder()}, {"method", "fdatasync"}}));
    ASSERT_TRUE(workload) << workload.error().message;
    EXPECT_EQ((*workload)->shortest_round(0), milliseconds(350));
    const auto before = host::read_disk_counters(host_->files, loop.major(), loop.minor());
    const auto result = (*workload)->measure(0, round());
    const auto after = host::read_disk_counters(host_->files, loop.major(), loop.minor());
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_FALSE(has(result->findings, "flush_swallowed")) << ids_of(result->findings);
    const auto commits = static_cast<double>(result->latencies.at(0).ticks.count());
    ASSERT_GT(commits, 10);
    ASSERT_TRUE(before && after && before->flushes && after->flushes);
    EXPECT_GE(static_cast<double>(*after->flushes - *before->flushes), commits);
    EXPECT_GE(static_cast<double>(after->writes - before->writes), commits);
    EXPECT_TRUE((*workload)->verify());
}

TEST_F(StorageLimits, a_device_that_does_not_answer_a_commit_is_given_up_with_a_sentence) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kFilesystemBytes));
    MAKE_OR_SKIP(filesystem, MountedExt4::create(loop.path(), MountedExt4::Mode::read_write));
    auto workload =
        kFsync.prepare(context(), request({{"path", filesystem.folder()}, {"file", "growing"}}));
    ASSERT_TRUE(workload) << workload.error().message;
    MAKE_OR_SKIP(frozen, test::FrozenFilesystem::create(filesystem.folder()));
    RoundRequest asked = round(milliseconds(200));
    asked.deadline = std::chrono::steady_clock::now() + milliseconds(300);
    const auto begin = std::chrono::steady_clock::now();
    const auto result = (*workload)->measure(0, asked);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(13));
    frozen.thaw();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::timed_out) << result.error().message;
    EXPECT_NE(result.error().message.find("in time"), std::string::npos) << result.error().message;
    // What was left behind ends now that the filesystem answers.
    std::this_thread::sleep_for(milliseconds(300));
}

}  // namespace
}  // namespace assay::storage
