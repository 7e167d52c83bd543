#include "probes/cpu/aes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <string>

#include "engine/core/units.h"
#include "probes/cpu/aes_software.h"
#include "probes/cpu/aes_work.h"
#include "probes/cpu/aes_workload.h"
#include "probes/cpu/sha_256.h"
#include "probes/cpu/sha_workload.h"

namespace assay::cpu {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class CryptoTest : public testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(host_) << host_.error().message; }
    RunContext context() const {
        return {.host = *host_,
                .stop = {},
                .prepare_deadline = steady_clock::now() + std::chrono::seconds(60),
                .memory_allowance_bytes = 256 * kMiB};
    }
    static Request request(std::map<std::string, std::string, std::less<>> values,
                           Extent extent = Extent::quick) {
        Request made;
        made.values = std::move(values);
        made.extent = extent;
        return made;
    }
    static RoundRequest round() {
        return {.duration = milliseconds(20),
                .seed = 1,
                .stop = {},
                .deadline = steady_clock::now() + std::chrono::seconds(60)};
    }
    std::unique_ptr<Workload> one_case(const AesCase& row,
                                       host::CipherMode mode = host::CipherMode::gcm) const {
        auto made =
            make_aes_workload(context(), {.mode = mode, .cases = {row}, .record_sizes = {}});
        EXPECT_TRUE(made) << made.error().message;
        return std::move(*made);
    }
    Expected<host::Host> host_ = host::inspect_host(host::Files());
};

constexpr std::array kAesProbes{&kAesGcm, &kAesCtr, &kAesXts};

bool is_impossible(const Finding& finding) {
    return finding.id == "impossible" && finding.severity == Severity::invalid;
}

std::set<std::int64_t> record_sizes_of(const Workload& workload) {
    std::set<std::int64_t> sizes;
    for (const Case& found : workload.cases())
        for (const Condition& condition : found.conditions)
            if (condition.name == "record_bytes")
                sizes.insert(condition.value.as_integer().value_or(0));
    return sizes;
}

TEST_F(CryptoTest, ARoundOfEveryCaseGivesFiniteRatesAndIsProven) {
    for (const Probe* probe : kAesProbes) {
        const auto workload = probe->prepare(context(), request({}));
        ASSERT_TRUE(workload) << workload.error().message;
        std::set<std::string_view> metrics;
        for (std::size_t index = 0; index < (*workload)->cases().size(); ++index) {
            const auto result = (*workload)->measure(index, round());
            ASSERT_TRUE(result) << result.error().message;
            for (const RoundValue& row : result->values) {
                metrics.insert(row.metric->id);
                EXPECT_TRUE(std::isfinite(row.value)) << row.metric->id;
                EXPECT_GT(row.value, 0) << row.metric->id;
            }
            ASSERT_TRUE(result->cpu_use);
            EXPECT_GT(result->cpu_use->wall_ns, 0);
            EXPECT_FALSE(std::ranges::any_of(result->findings, &is_impossible));
        }
        const auto verified = (*workload)->verify();
        EXPECT_TRUE(verified) << verified.error().message;
        const std::string id(probe->id);
        EXPECT_TRUE(metrics.contains(id + ".encrypt"));
        EXPECT_TRUE(metrics.contains(id + ".decrypt"));
        if (!host::load_software_crypto())
            continue;  // under a sanitizer: the plan's case without the instructions is absent
        const auto footprint = probe->plan(context(), request({}));
        ASSERT_TRUE(footprint);
        EXPECT_EQ(footprint->cases, (*workload)->cases().size());
        double shares = 0;
        for (const Case& found : (*workload)->cases())
            shares += found.round_share;
        EXPECT_NEAR(*footprint->round_shares, shares, 1e-9);
        EXPECT_LT(shares, 0.5) << "all quick cases of the room share a budget";
    }
}

TEST_F(CryptoTest, QuickLooksAtFourSizesAndStandardAtSeven) {
    const auto quick = kAesXts.prepare(context(), request({}));
    ASSERT_TRUE(quick);
    EXPECT_EQ(record_sizes_of(**quick), (std::set<std::int64_t>{16, 4096, 16384, 1048576}));
    const auto standard = kAesXts.prepare(context(), request({}, Extent::standard));
    ASSERT_TRUE(standard);
    EXPECT_EQ(record_sizes_of(**standard),
              (std::set<std::int64_t>{16, 256, 1024, 4096, 16384, 65536, 1048576}));
    const auto one = kAesXts.prepare(context(), request({{"record", "8k"}}));
    ASSERT_TRUE(one);
    EXPECT_EQ(record_sizes_of(**one), std::set<std::int64_t>{8192});
    for (const Case& found : (*one)->cases())
        EXPECT_EQ(found.name.find("record sizes"), std::string::npos) << "a fit needs three sizes";
}

TEST_F(CryptoTest, WrongOptionsAndTooLittleMemoryAreRefusedWithASentence) {
    const std::size_t allowed = host_->topology.allowed_cpus().size();
    for (const Probe* probe : {&kAesGcm, &kAesCtr, &kAesXts, &kSha256}) {
        const auto kind_of = [&](const RunContext& where, const Request& wrong) {
            const auto lines = probe->check(where, wrong);
            EXPECT_EQ(lines.at(0).level, CheckLevel::block);
            EXPECT_FALSE(probe->prepare(where, wrong));
            EXPECT_FALSE(probe->plan(where, wrong));
            return lines.at(0).kind;
        };
        EXPECT_EQ(kind_of(context(), request({{"record", "15"}})), ErrorKind::usage);
        EXPECT_EQ(kind_of(context(), request({{"record", "17m"}})), ErrorKind::usage);
        EXPECT_EQ(kind_of(context(), request({{"record", "many"}})), ErrorKind::usage);
        EXPECT_EQ(kind_of(context(), request({{"threads", std::to_string(allowed + 1)}})),
                  ErrorKind::usage);
        RunContext poor = context();
        poor.memory_allowance_bytes = 4096;
        EXPECT_EQ(kind_of(poor, request({})), ErrorKind::unavailable);
    }
}

bool skip_the_work(host::Cipher&, const host::CipherRecord&) {
    return true;
}
bool refuse(host::Cipher&, const host::CipherRecord&) {
    return false;
}
bool spoil_the_tag(host::Cipher& cipher, const host::CipherRecord& record) {
    const bool done = cipher.run(record);
    record.tag[0] ^= std::byte{1};
    return done;
}
bool spoil_the_text(host::Cipher& cipher, const host::CipherRecord& record) {
    const bool done = cipher.run(record);
    record.destination[0] ^= std::byte{1};
    return done;
}

TEST_F(CryptoTest, VerifyFailsIfRecordsWereSkippedRefusedOrTamperedWith) {
    for (const RecordFunction cheat : {&skip_the_work, &refuse, &spoil_the_tag, &spoil_the_text}) {
        AesCase row;
        row.function = cheat;
        const auto workload = one_case(row);
        ASSERT_TRUE(workload->measure(0, round()));
        const auto verified = workload->verify();
        ASSERT_FALSE(verified);
        EXPECT_EQ(verified.error().kind, ErrorKind::internal);
    }
}

TEST_F(CryptoTest, ALibraryThatReturnsAtOnceIsImpossible) {
    AesCase row;
    row.function = &skip_the_work;
    const auto workload = one_case(row);
    const auto result = workload->measure(0, round());
    ASSERT_TRUE(result);
    EXPECT_TRUE(std::ranges::any_of(result->findings, &is_impossible));
}

TEST_F(CryptoTest, AKernelThatReturnsAtOnceIsImpossibleAndFailsVerify) {
    if (aes_kernels().empty())
        GTEST_SKIP() << "no AES instructions";
    const auto honest = one_case({.part = AesPart::ceiling, .kernel = aes_kernels().front()},
                                 host::CipherMode::ctr);
    const auto fine = honest->measure(0, round());
    ASSERT_TRUE(fine);
    EXPECT_FALSE(std::ranges::any_of(fine->findings, &is_impossible));
    EXPECT_TRUE(honest->verify());
    // The self-test of prepare sees a kernel that does nothing, so this one only skips long work.
    AesKernel kernel = aes_kernels().front();
    kernel.run = [](const AesRoundKeys& keys, std::uint64_t, AesStates& states) {
        aes_kernels().front().run(keys, 1, states);
    };
    const auto workload =
        one_case({.part = AesPart::ceiling, .kernel = kernel}, host::CipherMode::ctr);
    const auto result = workload->measure(0, round());
    ASSERT_TRUE(result);
    EXPECT_TRUE(std::ranges::any_of(result->findings, &is_impossible));
    EXPECT_FALSE(workload->verify());
}

const Condition* condition_of(const Case& found, std::string_view name) {
    const auto at = std::ranges::find(found.conditions, name, &Condition::name);
    return at == found.conditions.end() ? nullptr : &*at;
}

TEST_F(CryptoTest, WithoutAesInstructionsIsACaseOfItsOwnThatMeasuresTheOtherPath) {
    if (const auto loaded = host::load_software_crypto(); !loaded) {
        // Where the library uses the instructions, only a sanitizer is an excuse.
        EXPECT_TRUE(!host::libcrypto_uses_aes_instructions().value_or(false) ||
                    loaded.error().message.find("sanitizer") != std::string::npos)
            << loaded.error().message;
        GTEST_SKIP() << loaded.error().message;
    }
    const auto workload = kAesGcm.prepare(context(), request({}));
    ASSERT_TRUE(workload) << workload.error().message;
    const auto cases = (*workload)->cases();
    const auto found = std::ranges::find(cases, "without AES instructions, 1 thread", &Case::name);
    ASSERT_NE(found, cases.end());
    ASSERT_NE(condition_of(*found, "instructions"), nullptr);
    EXPECT_EQ(std::ranges::count_if(
                  cases, [](const Case& each) { return condition_of(each, "instructions"); }),
              1);
    const auto result =
        (*workload)->measure(static_cast<std::size_t>(found - cases.begin()), round());
    ASSERT_TRUE(result) << result.error().message;
    ASSERT_EQ(result->values.size(), 2u) << "and nothing that is compared with encryption";
    EXPECT_EQ(result->values[0].metric->id, "cpu.aes_256_gcm.software");
    EXPECT_EQ(result->values[1].metric->id, "cpu.aes_256_gcm.instruction_gain");
    EXPECT_GT(result->values[0].value, 1e6);
    EXPECT_GT(result->values[1].value, 3) << "16 on a Zen 4";
    ASSERT_EQ(result->findings.size(), 1u);
    EXPECT_EQ(result->findings[0].id, "software_aes_rate");
    EXPECT_TRUE((*workload)->verify());
    for (const Finding& finding : (*workload)->findings())
        EXPECT_NE(finding.id, "software_aes_unmeasured") << finding.message;
}

TEST_F(CryptoTest, OnlyGcmOnOneThreadShowsWhatIsLostWithoutAesInstructions) {
    const auto has_case = [&](const Probe& probe, const Request& asked) {
        const auto workload = probe.prepare(context(), asked);
        EXPECT_TRUE(workload);
        return std::ranges::any_of((*workload)->cases(), [](const Case& each) {
            return each.name.starts_with("without AES");
        });
    };
    EXPECT_FALSE(has_case(kAesCtr, request({})));
    EXPECT_FALSE(has_case(kAesXts, request({})));
    EXPECT_FALSE(has_case(kAesGcm, request({}, Extent::smoke)));
    EXPECT_FALSE(has_case(kAesGcm, request({{"record", "1m"}})));
}

TEST_F(CryptoTest, TheHardwarePathInThePlaceOfTheOtherIsImpossible) {
    if (!host::libcrypto_uses_aes_instructions().value_or(false))
        GTEST_SKIP() << "no AES instructions";
    std::vector<std::optional<RecordPool>> pools(1);
    pools[0] = *RecordPool::make(host::CipherMode::gcm, kHeadlineRecordBytes, 1);
    std::vector<RecordEvidence> evidence(1);
    RecordWork work(host_->clock, pools, evidence, host::CipherDirection::encrypt,
                    kHeadlineRecordBytes, &run_record);
    const auto team = host::WorkerTeam::start(host_->clock, {host_->topology.allowed_cpus()[0]});
    ASSERT_TRUE(team);
    // A window that loses its CPU to other programs looks slow; one of many does not.
    bool is_told = false;
    for (int tries = 0; tries < 50 && !is_told; ++tries) {
        const auto report = (*team)->run(work, {.workers = 1,
                                                .lead_in = {},
                                                .duration = milliseconds(20),
                                                .deadline = round().deadline,
                                                .stop = {}});
        ASSERT_TRUE(report);
        is_told = impossible_rate(*report, work, kMostSoftwareBytesPerCycle, "why").has_value();
    }
    EXPECT_TRUE(is_told);
}

TEST_F(CryptoTest, WhatCannotBeMeasuredIsAbsentAndSaysWhy) {
    AesSettings settings{.mode = host::CipherMode::gcm,
                         .cases = {{.part = AesPart::records}, {.part = AesPart::software}},
                         .record_sizes = {}};
    EXPECT_TRUE(settings.has(AesPart::software));
    settings.drop_software("the library is linked into this program.");
    EXPECT_FALSE(settings.has(AesPart::software));
    const auto workload = make_aes_workload(context(), settings);
    ASSERT_TRUE(workload) << workload.error().message;
    EXPECT_EQ((*workload)->cases().size(), 1u);
    const auto findings = (*workload)->findings();
    const auto found = std::ranges::find(findings, "software_aes_unmeasured", &Finding::id);
    ASSERT_NE(found, findings.end());
    EXPECT_EQ(found->message, "the library is linked into this program.");
}

TEST(SoftwareAes, TheFindingShowsBothRatesAndTheFactor) {
    const Finding finding = software_rate_finding(0.25e9, 4e9);
    EXPECT_NE(finding.message.find("0.25 GB/s with a thread here, 1/16.0 of the 4.00 GB/s"),
              std::string::npos)
        << finding.message;
}

bool skip_the_hash(host::Sha256&, std::span<const std::byte>, std::span<std::byte, 32>) {
    return true;
}

TEST_F(CryptoTest, HashingIsMeasuredAndAHashThatReturnsAtOnceIsImpossible) {
    const auto honest = kSha256.prepare(context(), request({}));
    ASSERT_TRUE(honest) << honest.error().message;
    EXPECT_EQ(record_sizes_of(**honest), (std::set<std::int64_t>{16384, 1048576}));
    for (std::size_t index = 0; index < (*honest)->cases().size(); ++index) {
        const auto result = (*honest)->measure(index, round());
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_EQ(result->values.at(0).metric->id, "cpu.sha_256.hash");
        EXPECT_GT(result->values.at(0).value, 0);
        EXPECT_FALSE(std::ranges::any_of(result->findings, &is_impossible));
    }
    EXPECT_TRUE((*honest)->verify());
    const auto cheat = make_sha_workload(
        context(), {{.record_bytes = 16384, .threads = 1, .function = &skip_the_hash}});
    ASSERT_TRUE(cheat);
    const auto result = (*cheat)->measure(0, round());
    ASSERT_TRUE(result);
    EXPECT_TRUE(std::ranges::any_of(result->findings, &is_impossible));
    EXPECT_FALSE((*cheat)->verify());
}

TEST_F(CryptoTest, AStoppedRoundIsInterrupted) {
    for (const Probe* probe : {&kAesGcm, &kAesCtr, &kAesXts, &kSha256}) {
        const auto workload = probe->prepare(context(), request({{"record", "16k"}}));
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
