#include "probes/storage/access_probes.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "engine/core/units.h"
#include "probes/storage/target.h"

namespace assay::storage {
namespace {

/// The whole probes on the working folder, as a run would use them.
class AccessProbe : public testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        const auto target = open_file(".");
        if (!target)
            GTEST_SKIP() << target.error().message;
        if (space_of(*target)->usable_bytes() < 64 * kMiB)
            GTEST_SKIP() << "the working folder has less than 64 MiB above the reserve";
        auto host = host::inspect_host(host::Files{});
        ASSERT_TRUE(host) << host.error().message;
        host_ = std::make_unique<host::Host>(std::move(*host));
        request_.values = {{"size", "16m"}, {"engine", GetParam()}};
        request_.most_rounds = 20;
    }

    RunContext context() {
        return {*host_, stop_.get_token(),
                std::chrono::steady_clock::now() + std::chrono::minutes(1), kGiB, &shelf_};
    }
    RoundRequest round() const {
        return {std::chrono::milliseconds(200), 1, stop_.get_token(),
                std::chrono::steady_clock::now() + std::chrono::minutes(1)};
    }

    std::unique_ptr<host::Host> host_;
    std::stop_source stop_;
    Shelf shelf_;
    Request request_;
};

const std::array kAll{&kRandomRead,     &kRandomWrite,     &kMixed,
                      &kSequentialRead, &kSequentialWrite, &kLoadCurve};

TEST_P(AccessProbe, measures_and_verifies_every_case) {
    for (const Probe* probe : kAll) {
        SCOPED_TRACE(probe->id);
        if (probe == &kLoadCurve && std::string_view(GetParam()) == "sync")
            continue;
        for (const CheckLine& line : probe->check(context(), request_))
            ASSERT_NE(line.level, CheckLevel::block) << line.subject << ": " << line.message;
        const auto workload = probe->prepare(context(), request_);
        ASSERT_TRUE(workload) << workload.error().message;
        for (std::size_t index = 0; index < (*workload)->cases().size(); ++index) {
            const bool is_peak = (*workload)->cases()[index].name.find("peak") != std::string::npos;
            const auto result = (*workload)->measure(index, round());
            ASSERT_TRUE(result) << result.error().message;
            ASSERT_EQ(result->values.size(), 1u);
            EXPECT_GT(result->values[0].value, 0);
            // Of operations that never started (a busy host) nobody knows the latency.
            const bool not_kept =
                std::ranges::count(result->findings, "rate_not_kept", &Finding::id) > 0;
            if (!not_kept) {
                EXPECT_EQ(result->latencies.empty(), is_peak);
            }
            for (const RoundLatency& latency : result->latencies)
                EXPECT_GT(latency.ticks.count(), 0u) << latency.metric->id;
            EXPECT_FALSE(result->cpu_use);
        }
        const auto verified = (*workload)->verify();
        EXPECT_TRUE(verified) << verified.error().message;
        const auto footprint = probe->plan(context(), request_);
        ASSERT_TRUE(footprint) << footprint.error().message;
        EXPECT_EQ(footprint->cases, (*workload)->cases().size());
    }
}

TEST_P(AccessProbe, share_one_file_among_the_probes_of_a_run) {
    const auto reads = kRandomRead.prepare(context(), request_);
    ASSERT_TRUE(reads) << reads.error().message;
    const auto lines = kMixed.check(context(), request_);
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].level, CheckLevel::ok);
    EXPECT_NE(lines[0].message.find("there already"), std::string::npos);
}

TEST_P(AccessProbe, in_integrity_mode_reads_everything_back) {
    request_.values["integrity"] = "true";
    request_.values["depth"] = "4";
    const auto workload = kRandomWrite.prepare(context(), request_);
    ASSERT_TRUE(workload) << workload.error().message;
    const auto result = (*workload)->measure(0, round());
    ASSERT_TRUE(result) << result.error().message;
    const auto verified = (*workload)->verify();
    EXPECT_TRUE(verified) << verified.error().message;
}

TEST_P(AccessProbe, says_in_its_conditions_how_it_measured) {
    request_.values["depth"] = "4";
    const auto workload = kRandomRead.prepare(context(), request_);
    ASSERT_TRUE(workload) << workload.error().message;
    ASSERT_EQ((*workload)->cases().size(), 1u);
    Measurement measurement;
    measurement.conditions = (*workload)->cases()[0].conditions;
    EXPECT_EQ(measurement.condition("block_bytes")->as_integer(), 4096);
    EXPECT_EQ(measurement.condition("depth")->as_integer(), 4);
    EXPECT_EQ(measurement.condition("threads")->as_integer(), 1);
    EXPECT_EQ(*measurement.condition("mode")->as_text(), "latency");
    EXPECT_EQ(*measurement.condition("target")->as_text(), "file");
    EXPECT_EQ(measurement.condition("size_bytes")->as_integer(), 16777216);
    EXPECT_EQ(*measurement.condition("engine")->as_text(), GetParam());
}

TEST_P(AccessProbe, leaves_a_round_when_told_to_stop) {
    const auto workload = kRandomRead.prepare(context(), request_);
    ASSERT_TRUE(workload) << workload.error().message;
    RoundRequest request = round();
    request.duration = std::chrono::minutes(10);
    stop_.request_stop();
    request.stop = stop_.get_token();
    const auto result = (*workload)->measure(0, request);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::interrupted);
}

TEST_P(AccessProbe, refuses_memory_that_it_may_not_have) {
    RunContext poor = context();
    poor.memory_allowance_bytes = kMiB;
    const auto workload = kRandomRead.prepare(poor, request_);
    ASSERT_FALSE(workload);
    EXPECT_EQ(workload.error().kind, ErrorKind::unavailable);
}

INSTANTIATE_TEST_SUITE_P(Engines, AccessProbe, testing::Values("io_uring", "sync"));

/// Forbids io_uring_setup to this process for good, as a container's seccomp profile does.
bool forbid_io_uring() {
    const auto number = static_cast<unsigned>(SYS_io_uring_setup);
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog filter{static_cast<unsigned short>(std::size(program)), program};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/// What a child without io_uring finds; the exit status of the child says it.
enum Outcome { kAsExpected = 0, kNoSeccomp = 1, kOther = 2 };

Outcome measure_without_io_uring(const RunContext& context, Request request) {
    if (!forbid_io_uring())
        return kNoSeccomp;
    request.values["engine"] = "io_uring";
    const auto insisting = kRandomRead.prepare(context, request);
    if (insisting || insisting.error().kind != ErrorKind::permission)
        return kOther;
    request.values["engine"] = "auto";
    const auto workload = kRandomRead.prepare(context, request);
    if (!workload)
        return kOther;
    const auto findings = (*workload)->findings();
    const bool is_told = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.id == "engine_fallback";
    });
    const auto result =
        (*workload)->measure(0, {std::chrono::milliseconds(50),
                                 1,
                                 {},
                                 std::chrono::steady_clock::now() + std::chrono::minutes(1)});
    return is_told && result && result->values.at(0).value > 0 ? kAsExpected : kOther;
}

TEST_P(AccessProbe, falls_back_to_blocking_calls_where_io_uring_is_forbidden_and_says_so) {
    // In a child, since nobody can take such a filter off again.
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0)
        _exit(measure_without_io_uring(context(), request_));
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status)) << status;
    if (WEXITSTATUS(status) == kNoSeccomp)
        GTEST_SKIP() << "seccomp filters are not available";
    EXPECT_EQ(WEXITSTATUS(status), kAsExpected);
}

TEST(AccessPlan, says_what_it_would_write_without_doing_it) {
    const auto host = host::inspect_host(host::Files{});
    ASSERT_TRUE(host);
    const RunContext context{*host, {}, {}, kGiB, nullptr};
    Request request;
    const auto footprint = kRandomRead.plan(context, request);
    ASSERT_TRUE(footprint);
    EXPECT_EQ(footprint->bytes_written, 0u);
    EXPECT_EQ(footprint->shared_bytes, 1073741824u);
    EXPECT_EQ(footprint->cases, 3u);
    EXPECT_EQ(footprint->bytes_sent, std::optional<std::uint64_t>(0));
    request.values = {{"device", "/dev/none"}};
    EXPECT_EQ(kRandomRead.plan(context, request)->bytes_written, 0u);
    request.values = {{"write-limit", "1m"}};
    request.most_rounds = 4;
    EXPECT_EQ(kRandomWrite.plan(context, request)->bytes_written, 2u * 4 * kMiB);
}

TEST(AccessCheck, blocks_with_the_reason_and_the_way_out) {
    const auto host = host::inspect_host(host::Files{});
    ASSERT_TRUE(host);
    const RunContext context{*host, {}, {}, kGiB, nullptr};
    Request request;
    request.values = {{"path", "/no/such/folder"}};
    const auto lines = kRandomRead.check(context, request);
    ASSERT_FALSE(lines.empty());
    EXPECT_EQ(lines.back().level, CheckLevel::block);
    EXPECT_EQ(lines.back().kind, ErrorKind::not_found);
    EXPECT_FALSE(lines.back().advice.empty());
}

}  // namespace
}  // namespace assay::storage
