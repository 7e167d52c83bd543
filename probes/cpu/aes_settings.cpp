#include "probes/cpu/aes_settings.h"

#include <algorithm>

#include "engine/core/units.h"
#include "probes/cpu/settings.h"

namespace assay::cpu {
namespace {

/// Where the options leave it open: all sizes from standard on; before, the smallest, a page, the
/// headline and the largest.
std::vector<std::size_t> sizes_of(Extent extent) {
    if (extent == Extent::smoke)
        return {kHeadlineRecordBytes};
    if (extent == Extent::quick)
        return {kRecordSizes.front(), 4 * kKiB, kHeadlineRecordBytes, kRecordSizes.back()};
    return {kRecordSizes.begin(), kRecordSizes.end()};
}

Expected<std::vector<std::size_t>> chosen_sizes(const Request& request) {
    if (request.find("record") == nullptr)
        return sizes_of(request.extent);
    ASSAY_TRY(const std::uint64_t bytes, request.bytes("record", kHeadlineRecordBytes));
    if (bytes < host::kAesBlockBytes || bytes > kMostRecordBytes)
        return failure(ErrorKind::usage, "--record " + *request.find("record") +
                                             ": a record has 16 bytes to 16 MiB here; choose one "
                                             "in between");
    return std::vector{static_cast<std::size_t>(bytes)};
}

void add_record_cases(const RunContext& context, const Request& request,
                      const std::vector<std::size_t>& sizes,
                      const std::vector<std::size_t>& thread_counts, AesSettings& settings) {
    const bool narrow = request.extent == Extent::smoke || request.extent == Extent::quick;
    for (const std::size_t bytes : sizes)
        for (const std::size_t threads : thread_counts) {
            // How records of other sizes scale with CPUs tells nothing new in a short run.
            if (narrow && threads != thread_counts.front() && sizes.size() > 1 &&
                bytes != kHeadlineRecordBytes)
                continue;
            settings.cases.push_back(
                {.part = AesPart::records,
                 .record_bytes = bytes,
                 .threads = threads,
                 .scope = scope_of(threads, context.host.topology.allowed_cpus().size())});
        }
}

}  // namespace

bool AesSettings::has(AesPart part) const {
    return std::ranges::any_of(cases, [part](const AesCase& row) { return row.part == part; });
}

void AesSettings::drop_software(const std::string& reason) {
    std::erase_if(cases, [](const AesCase& row) { return row.part == AesPart::software; });
    no_software_reason = reason;
}

std::size_t AesSettings::threads() const {
    std::size_t most = 1;
    for (const AesCase& row : cases)
        most = std::max(most, row.threads);
    return most;
}

std::size_t AesSettings::most_record_bytes() const {
    std::size_t most = 0;
    for (const AesCase& row : cases)
        most = std::max(most, row.record_bytes);
    for (const std::size_t bytes : record_sizes)
        most = std::max(most, bytes);
    return most;
}

std::uint64_t AesSettings::memory_bytes() const {
    // The copy of the library: its file and what is written of it, about twice 5 MB.
    constexpr std::uint64_t kLibraryBytes = 12 * kMiB;
    return RecordPool::memory_bytes(most_record_bytes()) * threads() +
           (has(AesPart::software) ? RecordPool::memory_bytes(kHeadlineRecordBytes) + kLibraryBytes
                                   : 0);
}

double AesSettings::round_shares() const {
    double sum = 0;
    for (const AesCase& row : cases)
        sum += round_share(row.part);
    return sum;
}

Case described(const AesSettings& settings, const AesCase& row) {
    const auto threads = static_cast<std::uint64_t>(row.threads);
    const std::string tail = ", " + threads_text(row.threads);
    switch (row.part) {
        case AesPart::records:
            return {std::to_string(row.record_bytes) + " B records" + tail,
                    {{"record_bytes", static_cast<std::uint64_t>(row.record_bytes)},
                     {"threads", threads},
                     {"scope", row.scope},
                     {"library", host::libcrypto_version()}},
                    round_share(row.part)};
        case AesPart::sizes:
            return {
                std::to_string(settings.record_sizes.size()) + " record sizes" + tail,
                {{"record_sizes", static_cast<std::uint64_t>(settings.record_sizes.size())},
                 {"least_record_bytes", static_cast<std::uint64_t>(settings.record_sizes.front())},
                 {"most_record_bytes", static_cast<std::uint64_t>(settings.record_sizes.back())},
                 {"threads", threads},
                 {"scope", row.scope},
                 {"library", host::libcrypto_version()}},
                round_share(row.part)};
        case AesPart::software:
            return {"without AES instructions" + tail,
                    {{"instructions", "none for AES"},
                     {"record_bytes", static_cast<std::uint64_t>(row.record_bytes)},
                     {"threads", threads},
                     {"scope", row.scope},
                     {"library", host::libcrypto_version()}},
                    round_share(row.part)};
        case AesPart::ceiling:
            break;
    }
    return {"ceiling of " + std::string(row.kernel->isa) + tail,
            {{"isa", row.kernel->isa},
             {"record_bytes", static_cast<std::uint64_t>(row.record_bytes)},
             {"threads", threads},
             {"scope", row.scope},
             {"library", host::libcrypto_version()}},
            round_share(row.part)};
}

std::string_view probe_id(host::CipherMode mode) {
    switch (mode) {
        case host::CipherMode::gcm:
            return "cpu.aes_256_gcm";
        case host::CipherMode::ctr:
            return "cpu.aes_256_ctr";
        case host::CipherMode::xts:
            return "cpu.aes_256_xts";
    }
    return "";
}

Expected<AesSettings> aes_settings(const RunContext& context, const Request& request,
                                   host::CipherMode mode) {
    AesSettings settings{.mode = mode, .cases = {}, .record_sizes = {}};
    ASSAY_TRY(const std::vector<std::size_t> sizes, chosen_sizes(request));
    ASSAY_TRY(const std::vector<std::size_t> thread_counts, chosen_threads(context.host, request));
    add_record_cases(context, request, sizes, thread_counts, settings);
    const bool looks_at_one_thread = thread_counts.front() == 1;
    if (sizes.size() >= 3 && looks_at_one_thread) {
        settings.record_sizes = sizes;
        settings.cases.push_back(
            {.part = AesPart::sizes,
             .record_bytes = sizes.back(),
             .scope = scope_of(1, context.host.topology.allowed_cpus().size())});
    }
    if (mode == host::CipherMode::ctr && looks_at_one_thread)
        for (const AesKernel& kernel : aes_kernels()) {
            if (request.extent == Extent::smoke && kernel != aes_kernels().back())
                continue;
            settings.cases.push_back(
                {.part = AesPart::ceiling,
                 .scope = scope_of(1, context.host.topology.allowed_cpus().size()),
                 .kernel = kernel});
        }
    // GCM stands for the three: it needs the most of those instructions. Where the library uses
    // none, every case shows what is left.
    if (mode == host::CipherMode::gcm && looks_at_one_thread && request.extent != Extent::smoke &&
        std::ranges::count(sizes, kHeadlineRecordBytes) > 0 &&
        host::libcrypto_uses_aes_instructions().value_or(has_aes_instructions()))
        settings.cases.push_back(
            {.part = AesPart::software,
             .record_bytes = kHeadlineRecordBytes,
             .scope = scope_of(1, context.host.topology.allowed_cpus().size())});
    if (settings.memory_bytes() > context.memory_allowance_bytes)
        return failure(ErrorKind::unavailable,
                       std::string(probe_id(mode)) + " may use " +
                           std::to_string(context.memory_allowance_bytes) +
                           " B of memory and needs " + std::to_string(settings.memory_bytes()) +
                           " B; free memory, raise the control group's limit, or use a smaller "
                           "--record or fewer --threads");
    return settings;
}

}  // namespace assay::cpu
