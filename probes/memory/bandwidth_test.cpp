#include "probes/memory/bandwidth.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <set>
#include <string>

#include "engine/core/units.h"
#include "probes/memory/bandwidth_settings.h"
#include "probes/memory/bandwidth_workload.h"
#include "probes/memory/page_gain.h"
#include "probes/memory/private_array.h"

namespace assay::memory {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Two nodes of two cores and a last-level cache of 1 MiB each; node 2 has memory only, node 3 CPUs
/// only. Nothing of it need exist: settings are computed, not allocated.
host::Host wide_host() {
    host::Host made{
        .files = host::Files(), .clock = host::Clock{host::Files()}, .topology = {}, .cgroup = {}};
    host::Topology& topology = made.topology;
    for (int cpu = 0; cpu < 5; ++cpu) {
        const int node = cpu < 4 ? cpu / 2 : 3;
        topology.pus.push_back(
            {.os_index = cpu, .core = cpu, .package = node, .numa_node = node, .allowed = true});
    }
    topology.caches = {{3, "unified", kMiB, {0, 1}}, {3, "unified", kMiB, {2, 3}}};
    topology.nodes = {{0, kGiB, {0, 1}}, {1, kGiB, {2, 3}}, {2, kGiB, {}}, {3, 0, {4}}};
    return made;
}

RunContext context_of(const host::Host& host, std::uint64_t allowance) {
    return {.host = host,
            .stop = {},
            .prepare_deadline = steady_clock::now() + std::chrono::seconds(60),
            .memory_allowance_bytes = allowance};
}

Request request(std::map<std::string, std::string, std::less<>> values) {
    Request made;
    made.values = std::move(values);
    return made;
}

RoundRequest round() {
    return {.duration = milliseconds(20),
            .seed = 1,
            .stop = {},
            .deadline = steady_clock::now() + std::chrono::seconds(60)};
}

class BandwidthTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(host_) << host_.error().message;
        if (read_kernels().empty())
            GTEST_SKIP() << "no kernels for this processor";
    }
    Expected<host::Host> host_ = host::inspect_host(host::Files());
};

using BandwidthSettingsTest = BandwidthTest;

TEST_F(BandwidthSettingsTest, TakeEachNodeThatHasMemoryAndLendCpusToOneWithout) {
    const host::Host host = wide_host();
    const auto settings = bandwidth_settings(context_of(host, kGiB), request({}));
    ASSERT_TRUE(settings) << settings.error().message;
    ASSERT_EQ(settings->memories.size(), 5u)
        << "node 3 has none; 0 and 1 are there once more on 4 KiB pages";
    EXPECT_TRUE(settings->bind);
    EXPECT_EQ(settings->memories[0].node, 0);
    EXPECT_EQ(settings->memories[1].fill_cpus, (std::vector<int>{2, 3}));
    EXPECT_EQ(settings->memories[2].node, 2);
    EXPECT_EQ(settings->memories[2].fill_cpus, (std::vector<int>{0, 1})) << "lent by node 0";
    for (const MemoryGroup& group : settings->memories) {
        EXPECT_EQ(group.llc_bytes, kMiB) << "its own cache, not the sum";
        EXPECT_EQ(group.bytes_per_array * group.fill_cpus.size(), 8 * kMiB)
            << "over 4 MiB in two arrays of whole 2 MiB pages would be 8";
        EXPECT_EQ(group.store_bytes_per_array, group.bytes_per_array);
    }
}

TEST_F(BandwidthSettingsTest, NeverExceedTheAllowance) {
    const host::Host host = wide_host();
    for (const std::uint64_t allowance : {24 * kMiB, 25 * kMiB, 36 * kMiB, 72 * kMiB, kGiB}) {
        for (const char* size : {"", "10g"}) {
            const auto settings = bandwidth_settings(
                context_of(host, allowance), *size ? request({{"size", size}}) : request({}));
            ASSERT_TRUE(settings) << settings.error().message;
            EXPECT_LE(settings->bytes(), allowance / 2) << "others need some too";
            EXPECT_GT(settings->bytes(), 0u);
        }
    }
    const auto none = bandwidth_settings(context_of(host, 24 * kMiB - 1), request({}));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().kind, ErrorKind::unavailable);
}

TEST_F(BandwidthSettingsTest, ReadsComeFirstWhereMemoryIsShort) {
    const host::Host host = wide_host();
    const auto settings = bandwidth_settings(context_of(host, 24 * kMiB), request({}));
    ASSERT_TRUE(settings);
    for (const MemoryGroup& group : settings->memories)
        EXPECT_EQ(group.store_bytes_per_array, 0u);
    for (const BandwidthCase& row : settings->cases)
        EXPECT_FALSE(row.store);
}

TEST_F(BandwidthSettingsTest, WiderRunsMeasureMoreKernelsAndTheWholeMatrix) {
    const host::Host host = wide_host();
    std::size_t before = 0;
    for (const Extent extent : {Extent::smoke, Extent::quick, Extent::standard, Extent::deep}) {
        Request asked = request({});
        asked.extent = extent;
        const auto settings = bandwidth_settings(context_of(host, kGiB), asked);
        ASSERT_TRUE(settings);
        EXPECT_GT(settings->cases.size(), before);
        before = settings->cases.size();
        std::set<std::string> ways;
        for (const BandwidthCase& row : settings->cases)
            if (row.store)
                ways.insert(std::string(name_of(row.store->operation)) + " " +
                            std::string(row.store->stores));
        EXPECT_EQ(ways.size(), extent == Extent::smoke ? 0u : extent == Extent::quick ? 6u : 10u);
        // CPUs of nodes 0, 1 and 3 against memory of nodes 0, 1 and 2.
        EXPECT_EQ(settings->pairs.size(), extent >= Extent::standard ? 9u : 6u);
    }
}

TEST_F(BandwidthSettingsTest, HeedNodeThreadsAndSize) {
    const host::Host host = wide_host();
    const RunContext context = context_of(host, kGiB);
    const auto settings =
        bandwidth_settings(context, request({{"node", "1"}, {"threads", "1"}, {"size", "32m"}}));
    ASSERT_TRUE(settings) << settings.error().message;
    ASSERT_EQ(settings->pairs.size(), 1u);
    EXPECT_EQ(settings->pairs[0].nodes.cpus, std::vector<int>{2});
    EXPECT_EQ(settings->memories.at(0).bytes_per_array, 32 * kMiB);
    for (const char* node : {"2", "3", "4", "x", ""}) {
        const auto refused = bandwidth_settings(context, request({{"node", node}}));
        ASSERT_FALSE(refused) << node;
        EXPECT_EQ(refused.error().kind, ErrorKind::usage);
        EXPECT_NE(refused.error().message.find("0 1"), std::string::npos) << "names the choices";
    }
    EXPECT_EQ(bandwidth_settings(context, request({{"threads", "3"}})).error().kind,
              ErrorKind::usage);
    for (const Request& wrong : {request({{"pages", "1g"}}), request({{"memory-spec", "12"}}),
                                 request({{"operation", "copy"}, {"stores", "backwards"}}),
                                 request({{"operation", "triad"}, {"stores", "string"}})}) {
        const auto refused = bandwidth_settings(context, wrong);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind, ErrorKind::usage);
    }
}

TEST_F(BandwidthSettingsTest, CompareKindsOfPagesOnLocalPairsWhereAllOfItFits) {
    const host::Host host = wide_host();
    const auto page_cases = [&](std::uint64_t allowance, Request asked, Extent extent) {
        asked.extent = extent;
        const auto settings = bandwidth_settings(context_of(host, allowance), asked);
        EXPECT_TRUE(settings);
        std::size_t count = 0;
        for (const BandwidthCase& row : settings->cases) {
            if (!row.against_small)
                continue;
            ++count;
            const BandwidthPair& pair = settings->pairs.at(row.pair);
            EXPECT_EQ(pair.nodes.distance, Distance::local);
            const MemoryGroup& huge = settings->memories.at(pair.memory);
            const MemoryGroup& small = settings->memories.at(pair.small_memory.value());
            EXPECT_EQ(huge.pages, host::PagePreference::huge);
            EXPECT_EQ(small.pages, host::PagePreference::small);
            EXPECT_EQ(small.node, huge.node);
            EXPECT_EQ(small.bytes(), huge.bytes()) << "sizes would be compared, not pages";
        }
        EXPECT_LE(settings->bytes(), allowance);
        return count;
    };
    // Two local nodes: reads by all, copies by one and by all; then reads, copies and triads by
    // both.
    EXPECT_EQ(page_cases(kGiB, request({}), Extent::quick), 6u);
    EXPECT_EQ(page_cases(kGiB, request({}), Extent::standard), 12u);
    EXPECT_EQ(page_cases(kGiB, request({}), Extent::smoke), 0u);
    EXPECT_EQ(page_cases(kGiB, request({{"pages", "4k"}}), Extent::quick), 0u);
    EXPECT_EQ(page_cases(kGiB, request({{"operation", "read"}}), Extent::quick), 0u);
    // Three nodes of 3 x 8 MiB each, and as much again for those two that are local.
    EXPECT_EQ(page_cases(2 * 3 * 48 * kMiB, request({}), Extent::quick), 6u);
    EXPECT_EQ(page_cases(2 * 3 * 47 * kMiB, request({}), Extent::quick), 0u);
}

TEST_F(BandwidthSettingsTest, AHostWithoutNumaIsOneGroupWithoutANode) {
    host::Host host = wide_host();
    host.topology.nodes.clear();
    for (host::Pu& pu : host.topology.pus)
        pu.numa_node.reset();
    const auto settings = bandwidth_settings(context_of(host, kGiB), request({}));
    ASSERT_TRUE(settings) << settings.error().message;
    ASSERT_EQ(settings->pairs.size(), 1u);
    EXPECT_EQ(settings->memories.at(0).node, std::nullopt);
    EXPECT_EQ(settings->pairs[0].nodes.cpus.size(), 5u);
    EXPECT_FALSE(settings->bind);
}

TEST_F(BandwidthTest, RoundsGiveARateAndTheArraysHoldWhatWasWritten) {
    const RunContext context = context_of(*host_, 64 * kMiB);
    const auto workload = kBandwidth.prepare(context, request({{"size", "16m"}}));
    ASSERT_TRUE(workload) << workload.error().message;
    int all = 0;
    for (std::size_t index = 0; index < (*workload)->cases().size(); ++index) {
        const Case& found = (*workload)->cases()[index];
        all += std::ranges::any_of(found.conditions, [](const Condition& condition) {
            return condition.name == "scope" && condition.value == Value("all");
        });
        // Several times, so that each array is walked past its end.
        for (int repetition = 0; repetition < 3; ++repetition) {
            const auto result = (*workload)->measure(index, round());
            ASSERT_TRUE(result) << result.error().message;
            ASSERT_GE(result->values.size(), 1u);
            EXPECT_GT(result->values[0].value, 0);
            for (const RoundValue& row : result->values)
                EXPECT_NE(row.metric->id, "memory.bandwidth.peak_ratio");
        }
    }
    EXPECT_GE(all, 1);
    const auto verified = (*workload)->verify();
    EXPECT_TRUE(verified) << verified.error().message;
}

std::uint64_t reads_nothing(const std::byte*, std::size_t, std::size_t) {
    return 0;
}
std::uint64_t reads_one_stream_less(const std::byte* first, std::size_t stride_bytes,
                                    std::size_t bytes) {
    return read_kernels().front().read(first, stride_bytes, bytes) -
           *reinterpret_cast<const std::uint64_t*>(first);
}

TEST_F(BandwidthTest, VerifyFailsIfReadsWereSkipped) {
    const RunContext context = context_of(*host_, 64 * kMiB);
    auto settings = bandwidth_settings(context, request({{"size", "4m"}, {"threads", "1"}}));
    ASSERT_TRUE(settings);
    for (const ReadFunction cheat : {&reads_nothing, &reads_one_stream_less}) {
        settings->kernel.read = cheat;
        const auto workload = make_bandwidth_workload(context, *settings);
        ASSERT_TRUE(workload) << workload.error().message;
        ASSERT_TRUE((*workload)->measure(0, round()));
        const auto verified = (*workload)->verify();
        ASSERT_FALSE(verified);
        EXPECT_EQ(verified.error().kind, ErrorKind::internal);
    }
}

TEST_F(BandwidthTest, VerifyFailsIfStoresWereSkipped) {
    const RunContext context = context_of(*host_, 64 * kMiB);
    const auto honest = bandwidth_settings(
        context, request({{"size", "4m"}, {"threads", "1"}, {"stores", "non_temporal"}}));
    ASSERT_TRUE(honest) << honest.error().message;
    ASSERT_EQ(honest->cases.size(), 3u) << "write, copy, triad";
    for (std::size_t index = 0; index < honest->cases.size(); ++index) {
        // Nothing stored; all but the last line stored; all but one word in the middle.
        for (const int cheat : {0, 1, 2}) {
            static StoreFunction real;
            real = honest->cases[index].store->run;
            auto settings = *honest;
            constexpr std::array<StoreFunction, 3> kCheats{[](const StoreBlock&) {},
                                                           [](const StoreBlock& block) {
                                                               StoreBlock less = block;
                                                               less.bytes -= kStoreUnitBytes;
                                                               real(less);
                                                           },
                                                           [](const StoreBlock& block) {
                                                               real(block);
                                                               block.to[block.bytes / 2 + 24] ^=
                                                                   std::byte{1};
                                                           }};
            settings.cases[index].store->run = kCheats.at(static_cast<std::size_t>(cheat));
            const auto workload = make_bandwidth_workload(context, settings);
            ASSERT_TRUE(workload) << workload.error().message;
            ASSERT_TRUE((*workload)->measure(index, round()));
            EXPECT_FALSE((*workload)->verify()) << "case " << index << ", cheat " << cheat;
        }
        const auto workload = make_bandwidth_workload(context, *honest);
        ASSERT_TRUE(workload);
        ASSERT_TRUE((*workload)->measure(index, round()));
        EXPECT_TRUE((*workload)->verify());
    }
}

TEST_F(BandwidthTest, TheShareOfThePeakIsThatOfTheNamedMemory) {
    const RunContext context = context_of(*host_, 64 * kMiB);
    const auto workload = kBandwidth.prepare(
        context, request({{"size", "4m"}, {"threads", "1"}, {"memory-spec", "2x1000"}}));
    ASSERT_TRUE(workload) << workload.error().message;
    const auto result = (*workload)->measure(0, round());
    ASSERT_TRUE(result);
    ASSERT_EQ(result->values.size(), 2u);
    EXPECT_EQ(result->values[1].metric->id, "memory.bandwidth.peak_ratio");
    EXPECT_DOUBLE_EQ(result->values[1].value, result->values[0].value / 16e9)
        << "2 channels of 8 B, a thousand million times a second";
}

TEST_F(BandwidthTest, MoreThanTheNamedPeakIsCalledImpossible) {
    const RunContext context = context_of(*host_, 64 * kMiB);
    for (const char* spec : {"1x1", "64x20000"}) {
        const auto workload = kBandwidth.prepare(
            context, request({{"size", "4m"}, {"threads", "1"}, {"memory-spec", spec}}));
        ASSERT_TRUE(workload);
        const auto result = (*workload)->measure(0, round());
        ASSERT_TRUE(result);
        EXPECT_EQ(
            std::ranges::any_of(result->findings,
                                [](const Finding& found) { return found.id == "impossible"; }),
            std::string(spec) == "1x1");
    }
}

TEST_F(BandwidthTest, KindsOfPagesAreComparedInOneRoundAndTheMemoryIsOfBoth) {
    const RunContext context = context_of(*host_, 256 * kMiB);
    const auto workload = kBandwidth.prepare(context, request({{"size", "16m"}}));
    ASSERT_TRUE(workload) << workload.error().message;
    int compared = 0;
    for (std::size_t index = 0; index < (*workload)->cases().size(); ++index) {
        const auto value_of = [&](std::string_view name) -> const Value* {
            const auto& conditions = (*workload)->cases()[index].conditions;
            const auto found = std::ranges::find(conditions, name, &Condition::name);
            return found == conditions.end() ? nullptr : &found->value;
        };
        if (value_of("pages_against") == nullptr)
            continue;
        ++compared;
        EXPECT_EQ(*value_of("pages"), Value("4k"));
        if (*value_of("pages_against") != Value("thp") &&
            *value_of("pages_against") != Value("hugetlb"))
            GTEST_SKIP() << "this kernel gave no huge pages";
        const auto result = (*workload)->measure(index, round());
        ASSERT_TRUE(result) << result.error().message;
        ASSERT_EQ(result->values.size(), 2u);
        EXPECT_EQ(result->values[0].metric->id, "memory.bandwidth.small_pages");
        EXPECT_GT(result->values[0].value, 0);
        EXPECT_EQ(result->values[1].metric->id, "memory.bandwidth.page_gain");
        EXPECT_GT(result->values[1].value, 0.1);
        EXPECT_LT(result->values[1].value, 10);
        ASSERT_TRUE(result->cpu_use);
        EXPECT_GT(result->cpu_use->wall_ns, 10'000'000)
            << "more than one half, though a thread may have come late";
    }
    EXPECT_GE(compared, 2);
    EXPECT_TRUE((*workload)->verify());
}

TEST_F(BandwidthTest, WithoutHugePagesThereIsNoGainFromThem) {
    const RunContext context = context_of(*host_, 256 * kMiB);
    auto settings = bandwidth_settings(context, request({{"size", "16m"}}));
    ASSERT_TRUE(settings) << settings.error().message;
    for (MemoryGroup& group : settings->memories)
        group.pages = host::PagePreference::small;
    const auto workload = make_bandwidth_workload(context, *settings);
    ASSERT_TRUE(workload) << workload.error().message;
    int compared = 0;
    for (std::size_t index = 0; index < settings->cases.size(); ++index) {
        if (!settings->cases[index].against_small)
            continue;
        ++compared;
        const auto result = (*workload)->measure(index, round());
        ASSERT_TRUE(result) << result.error().message;
        ASSERT_EQ(result->values.size(), 1u) << "4 KiB pages against 4 KiB pages";
        EXPECT_EQ(result->values[0].metric->id, "memory.bandwidth.small_pages");
    }
    EXPECT_GE(compared, 2);
}

TEST(PageGain, IsTheMedianAndToldWhereItIsWorthIt) {
    std::vector<PageGain> gains{PageGain("read by 2 threads"), PageGain("copy by 1 thread")};
    EXPECT_FALSE(gains[0].ratio());
    EXPECT_FALSE(page_gain_finding(gains));
    for (const double huge : {10.2, 10.1, 30.0})
        gains[0].add(huge, 10);
    EXPECT_DOUBLE_EQ(*gains[0].ratio(), 1.02);
    EXPECT_FALSE(page_gain_finding(gains)) << "2 % explain nothing";
    EXPECT_FALSE(gains[1].small_first());
    gains[1].add(13.9, 10);
    EXPECT_TRUE(gains[1].small_first()) << "in turn";
    const auto finding = page_gain_finding(gains);
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->id, "huge_page_gain");
    EXPECT_EQ(finding->severity, Severity::info);
    EXPECT_NE(finding->message.find("4 KiB pages: copy by 1 thread."), std::string::npos)
        << finding->message;
    EXPECT_EQ(finding->message.find("read by"), std::string::npos);
}

TEST_F(BandwidthTest, AStopWhilePreparingOrMeasuringIsHeeded) {
    std::stop_source source;
    source.request_stop();
    RunContext context = context_of(*host_, 64 * kMiB);
    context.stop = source.get_token();
    const auto stopped = kBandwidth.prepare(context, request({{"size", "16m"}}));
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().kind, ErrorKind::interrupted);
}

TEST_F(BandwidthTest, APassedDeadlineLeavesNoArray) {
    RunContext context = context_of(*host_, 64 * kMiB);
    context.prepare_deadline = steady_clock::now() - milliseconds(1);
    const auto late = kBandwidth.prepare(context, request({{"size", "16m"}}));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind, ErrorKind::timed_out);
}

TEST_F(BandwidthTest, PlanAndCheckAgreeWithWhatIsPrepared) {
    const RunContext context = context_of(*host_, 64 * kMiB);
    const auto footprint = kBandwidth.plan(context, request({{"size", "16m"}}));
    ASSERT_TRUE(footprint) << footprint.error().message;
    const auto workload = kBandwidth.prepare(context, request({{"size", "16m"}}));
    ASSERT_TRUE(workload);
    EXPECT_EQ(footprint->cases, (*workload)->cases().size());
    EXPECT_EQ(footprint->bytes_written, 0u);
    EXPECT_LE(footprint->memory_bytes, context.memory_allowance_bytes);
    const auto lines = kBandwidth.check(context, request({{"size", "10g"}}));
    EXPECT_TRUE(std::ranges::any_of(lines, [](const CheckLine& line) {
        return line.level == CheckLevel::warn &&
               line.message.find("10240 MiB") != line.message.npos;
    }));
    const auto blocked = kBandwidth.check(context, request({{"threads", "100000"}}));
    EXPECT_EQ(blocked.at(0).level, CheckLevel::block);
    EXPECT_EQ(blocked.at(0).kind, ErrorKind::usage);
}

TEST(PrivateArray, IsReadOnFromWhereItWasLeftAndRoundTheEnd) {
    if (read_kernels().empty())
        GTEST_SKIP() << "no kernels for this processor";
    auto array = PrivateArray::make({.bytes = 3 * kBlockBytes,
                                     .pages = host::PagePreference::small,
                                     .numa_node = {},
                                     .number = 5,
                                     .lead_bytes = 0,
                                     .deadline = steady_clock::now() + std::chrono::seconds(60),
                                     .stop = {}});
    ASSERT_TRUE(array) << array.error().message;
    EXPECT_EQ(array->size(), 3 * kBlockBytes);
    const ReadKernel& kernel = read_kernels().front();
    for (int block = 0; block < 7; ++block)
        EXPECT_TRUE(array->read_block(kernel)) << block;
    // A word of the second block of the third stream goes bad: one block in three is wrong.
    array->buffer().data()[2 * 3 * kChunkBytes + kChunkBytes + 8] ^= std::byte{1};
    int wrong = 0;
    for (int block = 0; block < 3; ++block)
        wrong += !array->read_block(kernel);
    EXPECT_EQ(wrong, 1);
}

}  // namespace
}  // namespace assay::memory
