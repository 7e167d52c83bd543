#include "probes/cpu/flops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>

#include "probes/cpu/flops_workload.h"

namespace assay::cpu {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class FlopsTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(host_) << host_.error().message;
        if (fma_kernels().empty())
            GTEST_SKIP() << "no kernels for this processor";
    }
    RunContext context() const {
        return {.host = *host_,
                .stop = {},
                .prepare_deadline = steady_clock::now() + std::chrono::seconds(60),
                .memory_allowance_bytes = 0};
    }
    static Request request(std::map<std::string, std::string, std::less<>> values) {
        Request made;
        made.values = std::move(values);
        return made;
    }
    static RoundRequest round() {
        return {.duration = milliseconds(20),
                .seed = 1,
                .stop = {},
                .deadline = steady_clock::now() + std::chrono::seconds(60)};
    }
    Expected<host::Host> host_ = host::inspect_host(host::Files());
};

std::string text_of(const Case& found, std::string_view name) {
    for (const Condition& condition : found.conditions)
        if (condition.name == name)
            return condition.value.as_text() ? *condition.value.as_text() : "no text";
    return "absent";
}

bool has(const RoundResult& result, std::string_view id) {
    return std::ranges::any_of(result.findings,
                               [&](const Finding& finding) { return finding.id == id; });
}

TEST_F(FlopsTest, EveryInstructionSetOfTheHostIsACaseInDoubleAndTheWidestInSingle) {
    const auto workload = kFlops.prepare(context(), request({}));
    ASSERT_TRUE(workload) << workload.error().message;
    std::set<std::string> doubles, singles, with_adds, names;
    for (const Case& found : (*workload)->cases()) {
        if (text_of(found, "kernel") == "fma_add")
            with_adds.insert(text_of(found, "precision") + " " + text_of(found, "isa"));
        else
            (text_of(found, "precision") == "double" ? doubles : singles)
                .insert(text_of(found, "isa"));
        EXPECT_TRUE(names.insert(found.name).second) << found.name << " is there twice";
    }
    std::set<std::string> expected;
    for (const host::Isa isa : host::supported_isas())
        expected.insert(std::string(host::name_of(isa)));
    EXPECT_EQ(doubles, expected);
    EXPECT_EQ(singles, std::set{std::string(host::name_of(host::supported_isas().back()))});
    for (const host::Isa isa : {host::Isa::avx2, host::Isa::avx512})
        EXPECT_EQ(with_adds.contains("double " + std::string(host::name_of(isa))),
                  host::supports(isa));
    const auto footprint = kFlops.plan(context(), request({}));
    ASSERT_TRUE(footprint);
    EXPECT_EQ(footprint->cases, (*workload)->cases().size());
    double shares = 0;
    for (const Case& found : (*workload)->cases())
        shares += found.round_share;
    EXPECT_NEAR(footprint->round_shares.value_or(0), shares, 1e-9);
    EXPECT_LE(shares, 1.0) << "a quick run has other probes too";
    EXPECT_EQ(footprint->threads, host_->topology.allowed_cpus().size());
}

TEST_F(FlopsTest, ThereIsAlwaysACaseOfAllCpus) {
    const auto workload = kFlops.prepare(context(), request({{"isa", "sse2"}}));
    ASSERT_TRUE(workload) << workload.error().message;
    int all = 0;
    for (const Case& found : (*workload)->cases())
        all += text_of(found, "scope") == "all" && text_of(found, "precision") == "double";
    EXPECT_EQ(all, 1);
}

TEST_F(FlopsTest, ARoundGivesOneFiniteRateAndTheUseOfTheCpus) {
    const auto workload = kFlops.prepare(context(), request({}));
    ASSERT_TRUE(workload);
    for (std::size_t index = 0; index < (*workload)->cases().size(); ++index) {
        const auto result = (*workload)->measure(index, round());
        ASSERT_TRUE(result) << result.error().message;
        ASSERT_GE(result->values.size(), 1u);
        EXPECT_TRUE(result->values[0].metric->id.starts_with(
            "cpu.flops." + text_of((*workload)->cases()[index], "precision")));
        // The share of the peak, or why there is none; two kinds of operations in turn have none.
        if (text_of((*workload)->cases()[index], "kernel") != "fma") {
            EXPECT_EQ(result->values.size(), 1u);
        } else if (result->values.size() == 2) {
            EXPECT_EQ(result->values[1].metric->id, "cpu.flops.peak_ratio");
            EXPECT_GT(result->values[1].value, 0);
        } else {
            EXPECT_TRUE(has(*result, "peak_unknown"));
        }
        EXPECT_GT(result->values[0].value, 0);
        ASSERT_TRUE(result->cpu_use);
        EXPECT_GT(result->cpu_use->wall_ns, 0);
        EXPECT_GE(result->cpu_use->gap_ns, 0);
        for (const Finding& finding : result->findings)
            EXPECT_NE(finding.id, "impossible") << finding.message;
    }
    const auto verified = (*workload)->verify();
    EXPECT_TRUE(verified) << verified.error().message;
}

TEST_F(FlopsTest, UnknownWordsAndTooManyThreadsAreRefusedWithASentence) {
    const std::size_t allowed = host_->topology.allowed_cpus().size();
    const auto kind_of = [&](const Request& wrong) {
        const auto lines = kFlops.check(context(), wrong);
        EXPECT_EQ(lines.at(0).level, CheckLevel::block);
        EXPECT_FALSE(kFlops.prepare(context(), wrong));
        EXPECT_FALSE(kFlops.plan(context(), wrong));
        return lines.at(0).kind;
    };
    EXPECT_EQ(kind_of(request({{"isa", "avx1024"}})), ErrorKind::usage);
    EXPECT_EQ(kind_of(request({{"threads", "0"}})), ErrorKind::usage);
    EXPECT_EQ(kind_of(request({{"threads", std::to_string(allowed + 1)}})), ErrorKind::usage);
    if (!host::supports(host::Isa::avx512)) {
        EXPECT_EQ(kind_of(request({{"isa", "avx512"}})), ErrorKind::unsupported);
    }
    const auto fine = kFlops.check(context(), request({{"threads", "1"}}));
    EXPECT_EQ(fine.at(0).level, CheckLevel::ok);
}

void skip_the_work(const ChainValues&, std::uint64_t, FoldedBits&) {}

// Does all the work of its row but for one iteration.
void skip_one_iteration(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded) {
    fma_kernels().front().run(start, iterations - 1, folded);
}

TEST_F(FlopsTest, VerifyFailsIfTheWorkWasSkipped) {
    for (const FmaFunction cheat : {&skip_the_work, &skip_one_iteration}) {
        FmaKernel kernel = fma_kernels().front();
        kernel.run = cheat;
        const auto workload = make_flops_workload(context(), {{kernel, 1, "one"}});
        ASSERT_TRUE(workload);
        ASSERT_TRUE((*workload)->measure(0, round()));
        const auto verified = (*workload)->verify();
        ASSERT_FALSE(verified);
        EXPECT_EQ(verified.error().kind, ErrorKind::internal);
    }
}

TEST_F(FlopsTest, ARateAboveWhatTwoUnitsCanDoIsImpossible) {
    FmaKernel kernel = fma_kernels().front();
    kernel.run = &skip_the_work;
    const auto workload = make_flops_workload(context(), {{kernel, 1, "one"}});
    ASSERT_TRUE(workload);
    const auto result = (*workload)->measure(0, round());
    ASSERT_TRUE(result);
    EXPECT_TRUE(has(*result, "impossible"));
    ASSERT_EQ(result->values.size(), 1u) << "an impossible rate has no share of a peak";
}

// The headline is the best cpu.flops.double of all CPUs: additions beside it must never stand
// there.
TEST_F(FlopsTest, MultiplyAddsMixedWithAdditionsHaveMetricsOfTheirOwn) {
    for (const FmaKernel& kernel : fma_kernels()) {
        if (kernel.operation != "fma_add" || !host::supports(kernel.isa))
            continue;
        const auto workload = make_flops_workload(context(), {{kernel, 1, "one"}});
        ASSERT_TRUE(workload);
        const auto result = (*workload)->measure(0, round());
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_EQ(result->values.at(0).metric->id,
                  "cpu.flops." + std::string(name_of(kernel.precision)) + "_fma_add");
        EXPECT_FALSE(has(*result, "impossible"));
        EXPECT_TRUE((*workload)->verify());
    }
}

TEST_F(FlopsTest, ASoakIsACaseOfADeepRunAloneAndTellsBurstFromSustained) {
    Request deep = request({{"isa", "sse2"}});
    deep.extent = Extent::deep;
    const auto soaks = [](const Workload& workload) {
        return std::ranges::count_if(
            workload.cases(), [](const Case& found) { return found.name.starts_with("soak"); });
    };
    const auto quick = kFlops.prepare(context(), request({}));
    ASSERT_TRUE(quick);
    EXPECT_EQ(soaks(**quick), 0);
    const auto workload = kFlops.prepare(context(), deep);
    if (!workload)
        GTEST_SKIP() << workload.error().message;
    ASSERT_EQ(soaks(**workload), 1);
    for (std::size_t index = 0; index < (*workload)->cases().size(); ++index) {
        const auto& lasting = (*workload)->cases()[index].lasting;
        ASSERT_EQ(lasting.has_value(), (*workload)->cases()[index].name.starts_with("soak"));
        if (!lasting)
            continue;
        EXPECT_EQ(lasting->rounds, 3u);
        EXPECT_GE(lasting->length, std::chrono::seconds(60)) << "heat needs a minute";
        const auto result = (*workload)->measure(index, round());
        ASSERT_TRUE(result) << result.error().message;
        ASSERT_EQ(result->values.size(), 2u);
        EXPECT_EQ(result->values[0].metric->id, "cpu.flops.burst");
        EXPECT_EQ(result->values[1].metric->id, "cpu.flops.sustained");
        EXPECT_GT(result->values[1].value, 0);
        ASSERT_EQ(result->values[1].series.size(), 3u) << "a short one has three parts";
        EXPECT_EQ(result->values[0].value, result->values[1].series[0].per_second);
        EXPECT_EQ(result->values[1].value, result->values[1].series[2].per_second);
        EXPECT_GT(result->values[1].series_interval_s, 0);
        ASSERT_TRUE(result->cpu_use);
        EXPECT_GE(result->cpu_use->wall_ns, 18'000'000) << "the parts together";
    }
    EXPECT_TRUE((*workload)->verify());
}

TEST_F(FlopsTest, AStoppedRoundIsInterrupted) {
    const auto workload = kFlops.prepare(context(), request({}));
    ASSERT_TRUE(workload);
    std::stop_source source;
    source.request_stop();
    RoundRequest stopped = round();
    stopped.duration = std::chrono::seconds(30);
    stopped.stop = source.get_token();
    const auto result = (*workload)->measure(0, stopped);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::interrupted);
}

}  // namespace
}  // namespace assay::cpu
