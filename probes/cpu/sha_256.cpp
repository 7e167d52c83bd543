#include "probes/cpu/sha_256.h"

#include <array>
#include <string>

#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "probes/cpu/crypto_metrics.h"
#include "probes/cpu/settings.h"
#include "probes/cpu/sha_workload.h"

namespace assay::cpu {
namespace {

constexpr std::uint64_t kHeadlineBytes = 16 * kKiB;
constexpr std::uint64_t kLargestBytes = kMiB;
// A message holds a counter in its first word.
constexpr std::uint64_t kLeastBytes = 16;
constexpr std::uint64_t kMostBytes = 16 * kMiB;

constexpr std::array kOptions{
    kThreadsOption,
    Option{"record", OptionKind::bytes, "", "",
           "only messages of this size, 16 to 16m; without it 16k and 1m"},
};

Expected<std::vector<ShaCase>> chosen_cases(const RunContext& context, const Request& request) {
    std::vector<std::uint64_t> sizes{kHeadlineBytes};
    if (request.extent != Extent::smoke)
        sizes.push_back(kLargestBytes);
    if (request.find("record") != nullptr) {
        ASSAY_TRY(const std::uint64_t bytes, request.bytes("record", kHeadlineBytes));
        if (bytes < kLeastBytes || bytes > kMostBytes)
            return failure(ErrorKind::usage, "--record " + *request.find("record") +
                                                 ": a message has 16 bytes to 16 MiB here; choose "
                                                 "one in between");
        sizes = {bytes};
    }
    ASSAY_TRY(const std::vector<std::size_t> thread_counts, chosen_threads(context.host, request));
    std::vector<ShaCase> cases;
    for (const std::uint64_t bytes : sizes)
        for (const std::size_t threads : thread_counts)
            cases.push_back(
                {.record_bytes = static_cast<std::size_t>(bytes),
                 .threads = threads,
                 .scope = scope_of(threads, context.host.topology.allowed_cpus().size())});
    if (sha_memory_bytes(cases) > context.memory_allowance_bytes)
        return failure(ErrorKind::unavailable,
                       "cpu.sha_256 may use " + std::to_string(context.memory_allowance_bytes) +
                           " B of memory and needs " + std::to_string(sha_memory_bytes(cases)) +
                           " B; free memory, or use a smaller --record or fewer --threads");
    return cases;
}

std::vector<CheckLine> check(const RunContext& context, const Request& request) {
    const auto cases = chosen_cases(context, request);
    if (!cases)
        return {{CheckLevel::block, "hashing", cases.error().message, "", cases.error().kind}};
    std::vector<CheckLine> lines{
        {CheckLevel::ok, "hashing",
         host::libcrypto_version() + ", up to " + threads_text(cases->back().threads), "",
         ErrorKind::unsupported}};
    if (const auto quota = host::quota_finding(context.host))
        lines.push_back(
            {CheckLevel::warn, "CPU quota", quota->message, quota->advice, ErrorKind::unsupported});
    return lines;
}

Expected<Footprint> plan(const RunContext& context, const Request& request) {
    ASSAY_TRY(const std::vector<ShaCase> cases, chosen_cases(context, request));
    Footprint footprint;
    footprint.memory_bytes = sha_memory_bytes(cases);
    footprint.threads = cases.back().threads;
    footprint.cases = cases.size();
    footprint.round_shares = kShaRoundShare * static_cast<double>(cases.size());
    footprint.prepare_time = std::chrono::milliseconds(10);
    footprint.note = "hashes in memory; touches no files";
    return footprint;
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(std::vector<ShaCase> cases, chosen_cases(context, request));
    return make_sha_workload(context, std::move(cases));
}

}  // namespace

const Probe kSha256{.id = "cpu.sha_256",
                    .title = "SHA-256 through OpenSSL",
                    .metrics = kShaMetrics,
                    .options = kOptions,
                    .check = &check,
                    .plan = &plan,
                    .prepare = &prepare};

}  // namespace assay::cpu
