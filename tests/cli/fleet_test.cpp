#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "report/json_writer.h"
#include "tests/cli/assay_process.h"
#include "tests/support/example_run.h"
#include "tests/support/full_run.h"

/// What a fleet costs: 200 targets in one comparison.
namespace assay::test {
namespace {

/// A run as large as one of the quick profile: series, slowest operations and rounds beside the
/// numbers, about 1 MB of JSON.
assay::Run large_run(double ratio) {
    assay::Run run = full_run();
    scale_metric(run, "cpu.flops.double", ratio);
    for (ProbeResult& probe : run.probes) {
        for (Measurement& measurement : probe.measurements) {
            if (!probe.id.starts_with("storage."))
                continue;
            const double centre = *measurement.summary.median;
            for (std::size_t round = 0; round < measurement.samples.size(); ++round) {
                RoundSeries series{0.1, {}};
                for (int point = 0; point < 30; ++point)
                    series.points.push_back({10'000 + point * 1.5, centre, centre * 4, centre * 9});
                measurement.series.push_back(series);
            }
            for (std::size_t index = 0; index < kSlowestKept; ++index)
                measurement.slowest.push_back({centre * static_cast<double>(80 - index), 0.01,
                                               4096 * index, "read", index % 7});
        }
        const RoundRecord round = {"depth 32", 1.5, 2.0, true, {}, {}};
        probe.rounds.resize(200, round);
    }
    return run;
}

TEST(Fleet, of_200_targets_is_compared_within_10_seconds_and_512_mib) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer takes several times as long";
#endif
    const TempFolder folder;
    const std::string source = folder.write("source.json", report::run_to_json(large_run(1)));
    std::vector<std::string> words{"compare", source};
    std::vector<std::string> files;
    std::size_t bytes = 0;
    for (int index = 0; index < 4; ++index) {
        assay::Run target = large_run(0.9 + 0.05 * index);
        target.label = "dr" + std::to_string(index);
        const std::string text = report::run_to_json(target);
        bytes = text.size();
        files.push_back(folder.write(target.label + ".json", text));
    }
    for (int index = 0; index < 200; ++index)
        words.push_back(files[static_cast<std::size_t>(index) % files.size()]);
    const Outcome outcome = run_assay(words);
    rusage children{};
    ASSERT_EQ(getrusage(RUSAGE_CHILDREN, &children), 0);
    const double cpu_seconds =
        static_cast<double>(children.ru_utime.tv_sec + children.ru_stime.tv_sec) +
        1e-6 * static_cast<double>(children.ru_utime.tv_usec + children.ru_stime.tv_usec);
    std::printf("200 targets of %zu kB: %.1f s, %.1f s of CPU time, %ld MiB\n", bytes / 1000,
                outcome.seconds, cpu_seconds, children.ru_maxrss / 1024);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, testing::HasSubstr("200 targets"));
    // CPU time, which a busy host does not stretch; there is one thread.
    EXPECT_LT(cpu_seconds, 10);
    EXPECT_LT(children.ru_maxrss / 1024, 512);
}

}  // namespace
}  // namespace assay::test
