#include "probes/cpu/codecs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "engine/core/units.h"
#include "probes/cpu/codec_metrics.h"
#include "probes/cpu/codec_workload.h"

namespace assay::cpu {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::array kProbes{&kZstd, &kLz4};

class CodecsTest : public testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(host_) << host_.error().message; }
    RunContext context(std::uint64_t memory_bytes = kGiB) const {
        return {.host = *host_,
                .stop = {},
                .prepare_deadline = steady_clock::now() + std::chrono::seconds(60),
                .memory_allowance_bytes = memory_bytes};
    }
    static Request request(std::map<std::string, std::string, std::less<>> values,
                           Extent extent = Extent::quick) {
        Request made;
        made.values = std::move(values);
        made.extent = extent;
        return made;
    }
    static RoundRequest round() {
        return {.duration = milliseconds(10),
                .seed = 1,
                .stop = {},
                .deadline = steady_clock::now() + std::chrono::seconds(60)};
    }
    Expected<host::Host> host_ = host::inspect_host(host::Files());
};

bool has(const std::vector<Finding>& findings, std::string_view id) {
    return std::ranges::any_of(findings, [&](const Finding& finding) { return finding.id == id; });
}

const Value* condition(const Case& found, std::string_view name) {
    for (const Condition& row : found.conditions)
        if (row.name == name)
            return &row.value;
    return nullptr;
}

std::set<std::int64_t> numbers(const Workload& workload, std::string_view name) {
    std::set<std::int64_t> found;
    for (const Case& row : workload.cases())
        found.insert(condition(row, name)->as_integer().value_or(-1));
    return found;
}

TEST_F(CodecsTest, ARoundOfEveryCaseGivesThreeNumbersAndIsProven) {
    for (const Probe* probe : kProbes) {
        const Request asked = request({{"size", "4m"}});
        const auto workload = probe->prepare(context(), asked);
        ASSERT_TRUE(workload) << workload.error().message;
        std::set<std::string> names;
        double shares = 0;
        for (std::size_t index = 0; index < (*workload)->cases().size(); ++index) {
            const Case& row = (*workload)->cases()[index];
            EXPECT_TRUE(names.insert(row.name).second) << row.name;
            shares += row.round_share;
            auto result = (*workload)->measure(index, round());
            // On a crowded host a thread may miss a window of 5 ms; the round says so itself.
            for (int again = 0; again < 20 && result && has(result->findings, "clock_gaps");
                 ++again)
                result = (*workload)->measure(index, round());
            ASSERT_TRUE(result) << result.error().message;
            ASSERT_EQ(result->values.size(), 3u);
            for (std::size_t at = 0; at < 3; ++at) {
                EXPECT_EQ(result->values[at].metric, &probe->metrics[at]);
                EXPECT_TRUE(std::isfinite(result->values[at].value));
                EXPECT_GT(result->values[at].value, 0);
            }
            const bool zeros = *condition(row, "corpus")->as_text() == "zeros";
            EXPECT_EQ(result->values[kRatio].value > 20, zeros) << row.name;
            EXPECT_FALSE(has(result->findings, "impossible")) << row.name;
            ASSERT_TRUE(result->cpu_use);
            EXPECT_GT(result->cpu_use->wall_ns, 0);
        }
        const auto verified = (*workload)->verify();
        EXPECT_TRUE(verified) << verified.error().message;
        const auto footprint = probe->plan(context(), asked);
        ASSERT_TRUE(footprint);
        EXPECT_EQ(footprint->cases, (*workload)->cases().size());
        EXPECT_NEAR(*footprint->round_shares, shares, 1e-9);
        EXPECT_LT(shares, 0.4) << "all quick cases of the room share a budget";
    }
}

TEST_F(CodecsTest, TheExtentChoosesLevelsAndBlocks) {
    const auto quick = kZstd.prepare(context(), request({{"size", "4m"}}));
    ASSERT_TRUE(quick);
    EXPECT_EQ(numbers(**quick, "level"), (std::set<std::int64_t>{1, 3}));
    EXPECT_EQ(numbers(**quick, "block_bytes"), (std::set<std::int64_t>{131072, 4194304}));
    const auto smoke = kLz4.prepare(context(), request({{"size", "4m"}}, Extent::smoke));
    ASSERT_TRUE(smoke);
    EXPECT_EQ(numbers(**smoke, "block_bytes"), (std::set<std::int64_t>{131072}));
    const auto deep = kZstd.plan(context(), request({{"size", "4m"}}, Extent::deep));
    ASSERT_TRUE(deep);
    const std::size_t thread_counts = host_->topology.allowed_cpus().size() == 1 ? 1 : 2;
    // Levels 1 and 3 in four block sizes, 9 in three, at each thread count; and zeros.
    EXPECT_EQ(deep->cases, (4 + 4 + 3) * thread_counts + 1);
    const auto one = kZstd.prepare(
        context(), request({{"size", "4m"}, {"level", "7"}, {"block", "64k"}, {"threads", "1"}}));
    ASSERT_TRUE(one) << one.error().message;
    EXPECT_EQ(numbers(**one, "level"), std::set<std::int64_t>{7});
}

TEST_F(CodecsTest, SmallAndTrivialCorporaAreFound) {
    const auto small = kLz4.prepare(context(), request({{"size", "4m"}}));
    ASSERT_TRUE(small);
    EXPECT_EQ(has((*small)->findings(), "cache_resident"),
              host_->topology.last_level_cache_bytes().value_or(0) >= 4 * kMiB);
    EXPECT_FALSE(has((*small)->findings(), "trivial_data"));
    const auto zeros =
        kLz4.prepare(context(), request({{"size", "4m"}, {"corpus-profile", "zeros"}}));
    ASSERT_TRUE(zeros) << zeros.error().message;
    EXPECT_TRUE(has((*zeros)->findings(), "trivial_data"));
}

TEST_F(CodecsTest, MemoryBoundsTheCorpusAndTheFootprintSaysSo) {
    const auto rich = kZstd.plan(context(8 * kGiB), request({}));
    const auto poor = kZstd.plan(context(256 * kMiB), request({}));
    ASSERT_TRUE(rich);
    ASSERT_TRUE(poor) << poor.error().message;
    EXPECT_LE(poor->memory_bytes, 256 * kMiB);
    EXPECT_LT(poor->memory_bytes, rich->memory_bytes);
    EXPECT_LE(rich->memory_bytes, 2 * kGiB) << "a quarter, for other probes need memory too";
    const auto none = kZstd.plan(context(kMiB), request({}));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().kind, ErrorKind::unavailable);
}

TEST_F(CodecsTest, WrongOptionsAreRefusedWithASentence) {
    const auto kind_of = [&](const Probe& probe, const Request& wrong) {
        const auto lines = probe.check(context(), wrong);
        EXPECT_EQ(lines.at(0).level, CheckLevel::block);
        EXPECT_FALSE(probe.prepare(context(), wrong));
        EXPECT_FALSE(probe.plan(context(), wrong));
        return lines.at(0).kind;
    };
    EXPECT_EQ(kind_of(kZstd, request({{"level", "20"}})), ErrorKind::usage);
    EXPECT_EQ(kind_of(kZstd, request({{"level", "0"}})), ErrorKind::usage);
    EXPECT_EQ(kind_of(kLz4, request({{"block", "8m"}})), ErrorKind::usage);
    EXPECT_EQ(kind_of(kLz4, request({{"corpus-profile", "silesia"}})), ErrorKind::usage);
    EXPECT_EQ(kind_of(kLz4, request({{"size", "1m"}})), ErrorKind::usage);
    EXPECT_EQ(kind_of(kLz4, request({{"corpus", "/nowhere/at/all"}})), ErrorKind::not_found);
    EXPECT_EQ(kind_of(kLz4, request({{"corpus", "/dev/zero"}})), ErrorKind::usage);
    EXPECT_EQ(kind_of(kLz4, request({{"corpus", "x"}, {"corpus-profile", "vm-db"}})),
              ErrorKind::usage);
    EXPECT_EQ(kind_of(kLz4, request({{"corpus", "x"}, {"size", "8m"}})), ErrorKind::usage);
}

TEST_F(CodecsTest, AFileOfTheUserIsMeasuredAndNamedByItsDigest) {
    std::string path = testing::TempDir() + "assay-codecs-XXXXXX";
    const int descriptor = mkstemp(path.data());
    ASSERT_GE(descriptor, 0);
    const std::vector<char> content(300000, 'a');
    ASSERT_EQ(write(descriptor, content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
    close(descriptor);
    const auto workload = kLz4.prepare(context(), request({{"corpus", path}}));
    unlink(path.c_str());
    ASSERT_TRUE(workload) << workload.error().message;
    const Case& first = (*workload)->cases().front();
    EXPECT_EQ(*condition(first, "corpus")->as_text(), "file");
    EXPECT_EQ(condition(first, "corpus_digest")->as_text()->size(), 16u);
    EXPECT_EQ(condition(first, "corpus_bytes")->as_integer(), 300000);
    ASSERT_TRUE((*workload)->measure(0, round()));
    EXPECT_TRUE((*workload)->verify());
    EXPECT_TRUE(has((*workload)->findings(), "trivial_data")) << "one letter over and over";
}

/// Copies while preparing; then, where it cheats, says so and does nothing.
std::atomic<bool> cheating{false};
class Cheat final : public Codec {
  public:
    std::optional<std::size_t> compress(std::span<const std::byte> source,
                                        std::span<std::byte> destination) override {
        if (!cheating)
            std::ranges::copy(source, destination.begin());
        return source.size();
    }
    std::optional<std::size_t> decompress(std::span<const std::byte> source,
                                          std::span<std::byte> destination) override {
        if (!cheating)
            std::ranges::copy(source, destination.begin());
        return source.size();
    }
};
const CodecLibrary kCheatLibrary{
    .version = [] { return std::string("cheat 1.0"); },
    .most_compressed_bytes = [](std::size_t bytes) { return bytes; },
    .make = [](int) -> Expected<std::unique_ptr<Codec>> { return std::make_unique<Cheat>(); }};
const CodecKind kCheatKind{.id = "cpu.lz4",
                           .library = kCheatLibrary,
                           .metrics = kLz4Metrics,
                           .levels = [](Extent) { return std::vector{1}; },
                           .most_level = 1};

TEST_F(CodecsTest, ACodecThatReturnsAtOnceIsImpossibleAndFailsVerify) {
    cheating = false;
    auto settings = codec_settings(
        context(), request({{"size", "4m"}, {"block", "1m"}, {"threads", "1"}}), kCheatKind);
    ASSERT_TRUE(settings) << settings.error().message;
    const auto workload = make_codec_workload(context(), kCheatKind, std::move(*settings));
    ASSERT_TRUE(workload) << workload.error().message;
    const auto honest = (*workload)->measure(0, round());
    ASSERT_TRUE(honest);
    EXPECT_FALSE(has(honest->findings, "impossible"));
    EXPECT_TRUE((*workload)->verify());
    cheating = true;
    const auto cheat = (*workload)->measure(0, round());
    ASSERT_TRUE(cheat);
    EXPECT_TRUE(has(cheat->findings, "impossible"));
    const auto verified = (*workload)->verify();
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().kind, ErrorKind::internal);
}

TEST_F(CodecsTest, AStoppedRoundIsInterrupted) {
    for (const Probe* probe : kProbes) {
        const auto workload = probe->prepare(context(), request({{"size", "4m"}}, Extent::smoke));
        ASSERT_TRUE(workload);
        ASSERT_TRUE((*workload)->measure(0, round()));
        std::stop_source source;
        source.request_stop();
        RoundRequest stopped = round();
        stopped.duration = std::chrono::seconds(30);
        stopped.stop = source.get_token();
        const auto result = (*workload)->measure(0, stopped);
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().kind, ErrorKind::interrupted);
        EXPECT_TRUE((*workload)->verify()) << "nothing was done, and nothing wrong";
    }
}

}  // namespace
}  // namespace assay::cpu
