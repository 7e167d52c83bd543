#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "engine/core/units.h"
#include "engine/host/host.h"
#include "engine/measure/runner.h"
#include "probes/storage/access_probes.h"
#include "tests/support/block_throttle.h"
#include "tests/support/loop_device.h"
#include "tests/support/stolen_time.h"

/// Runs on a disk so slow that a plain round would hold a handful of operations.
namespace assay::storage {
namespace {

using test::BlockThrottle;
using test::LoopDevice;
using test::MountedExt4;

constexpr std::uint64_t kBytesPerSecond = 30'000'000;

measure::RunPlan short_run(const std::string& folder) {
    Request request;
    request.values = {{"path", folder}, {"size", "256m"}};
    return {.profile_name = "quick",
            .budget_ns = 40 * kNanosecondsPerSecond,
            .rounds = 5,
            .min_valid_rounds = 3,
            .longest_round_ns = 2 * kNanosecondsPerSecond,
            .seed = 7,
            .label = "slow",
            .path = folder,
            .probes = {{.probe = &kSequentialRead, .request = request}}};
}

/// Those samples that are further from the truth than a share of it.
std::string off_by_more(const std::vector<double>& samples, double truth, double share) {
    std::string off;
    for (const double sample : samples)
        if (!(std::abs(sample - truth) <= truth * share))
            off += std::to_string(sample) + " is not " + std::to_string(truth) + "\n";
    return off;
}

TEST(SlowDisk, a_run_measures_within_one_percent_what_a_third_of_a_second_could_not) {
    if (geteuid() != 0)
        GTEST_SKIP() << "loop devices and control groups need root";
    const auto host = host::inspect_host(host::Files{});
    ASSERT_TRUE(host) << host.error().message;
    auto loop = LoopDevice::create(4 * kGiB);
    if (!loop)
        GTEST_SKIP() << loop.error().message;
    auto filesystem = MountedExt4::create(loop->path(), MountedExt4::Mode::read_write);
    if (!filesystem)
        GTEST_SKIP() << filesystem.error().message;
    auto throttle = BlockThrottle::read_bytes(loop->major(), loop->minor(), kBytesPerSecond);
    if (!throttle)
        GTEST_SKIP() << throttle.error().message;
    const test::StolenTime stolen;
    const auto run = measure::take_run(*host, short_run(filesystem->folder()), {},
                                       [](const measure::Progress&) {});
    if (!run && run.error().kind == ErrorKind::try_again)
        GTEST_SKIP() << run.error().message;
    ASSERT_TRUE(run) << run.error().message;
    const ProbeResult& result = run->probes.at(0);
    ASSERT_EQ(result.status, ProbeStatus::measured) << result.reason->message;
    ASSERT_EQ(result.measurements.size(), 2u);
    const double limit = static_cast<double>(kBytesPerSecond);
    // 8 blocks of 1 MiB in flight.
    const double law_ns = 8.0 * static_cast<double>(kMiB) / limit * 1e9;
    // The limiter grants a slice of 100 ms at once: one of them more or less in a window of 1.5 s.
    const std::string untruths =
        off_by_more(result.measurements[0].samples, limit, 0.07) +
        off_by_more(result.measurements[1].samples, law_ns, 0.05) +
        off_by_more({result.measurements[0].summary.median.value_or(0)}, limit, 0.01);
    std::string refusals;
    for (const RoundRecord& round : result.rounds)
        for (const std::string& reason : round.reasons)
            refusals += reason + " ";
    // Those are the host's, not the disk's.
    const bool was_noisy = refusals.find("noisy") != std::string::npos ||
                           refusals.find("steal") != std::string::npos || stolen.spoils();
    const std::size_t valid = result.measurements[0].samples.size();
    if ((!untruths.empty() || valid < 3) && was_noisy)
        GTEST_SKIP() << untruths << "refused: " << refusals << "; the hypervisor took "
                     << stolen.share() * 100 << " % of the CPU time";
    EXPECT_EQ(untruths, "");
    EXPECT_TRUE(valid == 5 || was_noisy) << valid << " valid rounds of 5; " << refusals;
    ASSERT_GE(valid, 3u) << refusals;
    std::printf("%.2f MB/s of 30, %.0f ms of %.0f\n", result.measurements[0].samples[0] / 1e6,
                result.measurements[1].samples[0] / 1e6, law_ns / 1e6);
}

}  // namespace
}  // namespace assay::storage
