// Load generators, the search for the knee, and memory.loaded_latency as a whole.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "engine/core/units.h"
#include "probes/memory/generator.h"
#include "probes/memory/knee.h"
#include "probes/memory/loaded_latency.h"
#include "probes/memory/loaded_settings.h"
#include "probes/memory/loaded_workload.h"

namespace assay::memory {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// A memory of known shape: latency is 100 ns and grows by the share of the full 20 GB/s to the
/// power of four, up to `most` times the idle one.
Expected<LoadedPoint> model(double share, double most) {
    return LoadedPoint{share * 20e9, 100 * (1 + (most - 1) * std::pow(share, 4))};
}

TEST(Knee, IsFoundWhereTheLatencyDoubles) {
    // 1 + 3 x^4 = 2 at x = (1/3)^(1/4) = 0.7598.
    const auto knee = find_knee([](double share) { return model(share, 4); }, 6);
    ASSERT_TRUE(knee && knee->bandwidth);
    EXPECT_NEAR(*knee->bandwidth, 0.7598 * 20e9, 0.001 * 20e9);
    EXPECT_DOUBLE_EQ(*knee->idle.latency_ns, 100);
    EXPECT_DOUBLE_EQ(*knee->full.latency_ns, 400);
    // One that doubles at the very end only.
    const auto late = find_knee([](double share) { return model(share, 2); }, 6);
    ASSERT_TRUE(late && late->bandwidth);
    EXPECT_NEAR(*late->bandwidth, 20e9, 0.02 * 20e9);
}

TEST(Knee, IsAbsentWhereTheFullLoadDoesNotDoubleTheLatency) {
    const auto none = find_knee([](double share) { return model(share, 1.99); }, 6);
    ASSERT_TRUE(none);
    EXPECT_EQ(none->bandwidth, std::nullopt);
    EXPECT_DOUBLE_EQ(none->full.bandwidth, 20e9);
}

TEST(Knee, IsNotMadeUpWhereAPointHasNoLatency) {
    for (int missing = 1; missing <= 8; ++missing) {
        int calls = 0;
        const auto knee = find_knee(
            [&](double share) -> Expected<LoadedPoint> {
                if (++calls == missing)
                    return LoadedPoint{1, std::nullopt};
                return model(share, 4);
            },
            6);
        ASSERT_TRUE(knee);
        EXPECT_FALSE(knee->complete) << missing;
        EXPECT_EQ(knee->bandwidth, std::nullopt) << missing;
    }
}

TEST(Knee, HandsErrorsOn) {
    int calls = 0;
    const auto stopped = find_knee(
        [&](double share) -> Expected<LoadedPoint> {
            if (++calls == 3)
                return failure(ErrorKind::interrupted, "stopped");
            return model(share, 4);
        },
        6);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().kind, ErrorKind::interrupted);
}

class LoadedTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(host_) << host_.error().message;
        const auto settings = loaded_settings(context(), {});
        if (!settings)
            GTEST_SKIP() << settings.error().message;
    }
    RunContext context(std::uint64_t allowance = 128 * kMiB) const {
        return {.host = *host_,
                .stop = {},
                .prepare_deadline = steady_clock::now() + std::chrono::seconds(60),
                .memory_allowance_bytes = allowance};
    }
    static RoundRequest round() {
        return {.duration = milliseconds(40),
                .seed = 1,
                .stop = {},
                .deadline = steady_clock::now() + std::chrono::seconds(60)};
    }
    Generator generator() const {
        const auto settings = loaded_settings(context(), {});
        ArrayRequest source{.bytes = 4 * kMiB,
                            .pages = host::PagePreference::small,
                            .numa_node = {},
                            .number = 1,
                            .lead_bytes = 0,
                            .deadline = steady_clock::now() + std::chrono::seconds(60),
                            .stop = {}};
        ArrayRequest target = source;
        target.number = 2;
        auto made = Generator::make(
            {.source = source, .target = target, .read = settings->read, .copy = settings->copy});
        EXPECT_TRUE(made);
        return std::move(*made);
    }
    Expected<host::Host> host_ = host::inspect_host(host::Files());
};

// A gigabyte a second is a tenth of what any CPU of today can do. On a busy host most stretches of
// two milliseconds lose the CPU and fall short; some do not, and none may go far over.
TEST_F(LoadedTest, AGeneratorHoldsTheRateThatItIsSetTo) {
    Generator load = generator();
    const double ticks_a_second = 1e9 / host_->clock.ns_per_tick();
    constexpr double kRate = 1e9;
    for (const LoadMix mix : {LoadMix::reads_100, LoadMix::reads_75, LoadMix::reads_50}) {
        bool held = false;
        load.set(mix, ticks_a_second / kRate);
        load.block(host_->clock);  // its first block is allowed one block's backlog
        for (int attempt = 0; attempt < 500 && !held; ++attempt) {
            const std::uint64_t begin = host_->clock.ticks();
            std::uint64_t bytes = 0;
            for (int block = 0; block < 40; ++block)
                bytes += load.block(host_->clock);
            const double seconds =
                static_cast<double>(host_->clock.ticks() - begin) / ticks_a_second;
            const double rate = static_cast<double>(bytes) / seconds / kRate;
            ASSERT_LT(rate, 1.04) << "one block's backlog in forty, and a step";
            held = rate > 0.98 && rate < 1.02;
        }
        EXPECT_TRUE(held) << read_percent(mix) << " % reads";
        load.check_last_copy();
        EXPECT_EQ(load.wrong_steps(), 0u);
    }
}

TEST_F(LoadedTest, AGeneratorSeesWrongWordsInWhatItLoadsAndStores) {
    Generator load = generator();
    load.target().data()[0] = std::byte{1};
    load.set(LoadMix::reads_100, 0);
    load.source().data()[100] ^= std::byte{1};
    for (int block = 0; block < 200 && load.wrong_steps() == 0; ++block)
        load.block(host_->clock);
    EXPECT_GT(load.wrong_steps(), 0u);
    Generator copies = generator();
    copies.set(LoadMix::reads_50, 0);
    copies.block(host_->clock);
    copies.check_last_copy();
    EXPECT_EQ(copies.wrong_steps(), 0u);
    std::fill_n(copies.target().data(), copies.target().blocks * kBlockBytes, std::byte{0});
    copies.check_last_copy();
    EXPECT_EQ(copies.wrong_steps(), 1u);
}

TEST_F(LoadedTest, SettingsHaveTwelvePointsForEachMixInLongRunsAndFitTheAllowance) {
    for (const Extent extent : {Extent::smoke, Extent::quick, Extent::standard, Extent::deep})
        for (const std::uint64_t allowance : {32 * kMiB, 300 * kMiB, 4 * kGiB}) {
            Request request;
            request.extent = extent;
            const auto settings = loaded_settings(context(allowance), request);
            ASSERT_TRUE(settings) << settings.error().message;
            EXPECT_LE(settings->memory_bytes(), allowance);
            std::map<LoadMix, std::size_t> points;
            for (const LoadPoint& point : settings->points)
                points[point.mix] += point.load_percent.has_value();
            EXPECT_EQ(points.size(), extent >= Extent::standard ? 3u : 1u);
            for (const auto& [mix, count] : points)
                EXPECT_GE(count, extent >= Extent::standard ? 12u : 3u);
        }
}

TEST_F(LoadedTest, OneCpuMakesNoLoad) {
    host::Host alone = *host_;
    for (host::Pu& pu : alone.topology.pus)
        pu.allowed = pu.os_index == alone.topology.pus[0].os_index;
    RunContext here = context();
    const RunContext there{.host = alone,
                           .stop = {},
                           .prepare_deadline = here.prepare_deadline,
                           .memory_allowance_bytes = here.memory_allowance_bytes};
    const auto lines = kLoadedLatency.check(there, {});
    ASSERT_EQ(lines.at(0).level, CheckLevel::block);
    EXPECT_EQ(lines.at(0).kind, ErrorKind::unsupported);
}

TEST_F(LoadedTest, RoundsGiveLatencyAndLoadAndTheKneeOrWhyThereIsNone) {
    const auto workload = kLoadedLatency.prepare(context(64 * kMiB), {});
    ASSERT_TRUE(workload) << workload.error().message;
    std::set<std::string> names;
    for (std::size_t index = 0; index < (*workload)->cases().size(); ++index) {
        const Case& measured = (*workload)->cases()[index];
        EXPECT_TRUE(names.insert(measured.name).second);
        auto result = (*workload)->measure(index, round());
        const auto is_whole = [&] {
            return !result ||
                   (!result->values.empty() &&
                    (result->latencies.empty() || result->latencies[0].ticks.count() > 20) &&
                    (result->values[0].value > 0 ||
                     measured.name.find(" 0 % load") != std::string::npos));
        };
        // On a busy host a thread may be away for all of a round.
        for (int attempt = 0; attempt < 8 && !is_whole(); ++attempt)
            result = (*workload)->measure(index, round());
        ASSERT_TRUE(result) << result.error().message;
        if (!is_whole())
            GTEST_SKIP() << "another program kept the CPUs busy through all attempts";
        ASSERT_EQ(result->values.size(), 1u);
        ASSERT_TRUE(result->cpu_use);
        if (measured.name.find("knee") != std::string::npos) {
            const bool insufficient =
                std::ranges::any_of(result->findings, [](const Finding& found) {
                    return found.id == "generators_insufficient" &&
                           found.message.starts_with("Generators insufficient");
                });
            EXPECT_EQ(result->values[0].metric->id == "memory.loaded_latency.knee", !insufficient);
            continue;
        }
        ASSERT_EQ(result->latencies.size(), 1u);
        const bool idle = measured.name.find(" 0 % load") != std::string::npos;
        EXPECT_EQ(result->values[0].value == 0, idle) << measured.name;
    }
    const auto footprint = kLoadedLatency.plan(context(64 * kMiB), {});
    ASSERT_TRUE(footprint);
    EXPECT_EQ(footprint->cases, (*workload)->cases().size());
    const auto verified = (*workload)->verify();
    EXPECT_TRUE(verified) << verified.error().message;
}

}  // namespace
}  // namespace assay::memory
