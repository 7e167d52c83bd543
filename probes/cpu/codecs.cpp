#include "probes/cpu/codecs.h"

#include <array>
#include <string>

#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "probes/cpu/codec_metrics.h"
#include "probes/cpu/codec_settings.h"
#include "probes/cpu/codec_workload.h"
#include "probes/cpu/settings.h"

namespace assay::cpu {
namespace {

constexpr Option kBlockOption{"block", OptionKind::bytes, "", "",
                              "only independent blocks of this size, 4k to 4m; without it several, "
                              "128k among them"};
constexpr Option kCorpusOption{"corpus", OptionKind::text, "", "",
                               "compress this regular file (64 KiB to 1 GiB) instead of a "
                               "generated corpus"};
constexpr Option kProfileOption{"corpus-profile", OptionKind::choice, "vm-root",
                                "vm-root|vm-db|incremental|zeros",
                                "what the generated corpus resembles"};
constexpr Option kSizeOption{"size", OptionKind::bytes, "", "",
                             "of the generated corpus; without it twice the last-level cache, 32m "
                             "to 256m"};

constexpr std::array kZstdOptions{kThreadsOption,
                                  Option{"level", OptionKind::count, "", "",
                                         "only this level, 1 to 19; without it 1 and 3, and "
                                         "9 from the standard profile on"},
                                  kBlockOption,
                                  kCorpusOption,
                                  kProfileOption,
                                  kSizeOption};
constexpr std::array kLz4Options{kThreadsOption, kBlockOption, kCorpusOption, kProfileOption,
                                 kSizeOption};

std::vector<CheckLine> check(const CodecKind& kind, const RunContext& context,
                             const Request& request) {
    const auto settings = codec_settings(context, request, kind);
    if (!settings)
        return {{CheckLevel::block, "compression", settings.error().message, "",
                 settings.error().kind}};
    const bool is_file = !settings->corpus_file.empty();
    std::vector<CheckLine> lines{
        {CheckLevel::ok, "compression",
         kind.library.version() + ", " + std::to_string(settings->corpus_bytes / kMiB) +
             " MiB of " + (is_file ? settings->corpus_file : std::string(settings->profile.name)) +
             ", up to " + threads_text(settings->threads()),
         "", ErrorKind::unsupported}};
    if (const auto quota = host::quota_finding(context.host))
        lines.push_back(
            {CheckLevel::warn, "CPU quota", quota->message, quota->advice, ErrorKind::unsupported});
    return lines;
}

Expected<Footprint> plan(const CodecKind& kind, const RunContext& context, const Request& request) {
    ASSAY_TRY(const CodecSettings settings, codec_settings(context, request, kind));
    // Generating, and compressing once at each level and block size, on all threads.
    constexpr std::uint64_t kGenerateBytesPerSecond = 200 * kMiB;
    constexpr std::uint64_t kPackBytesPerSecond = 100 * kMiB;
    Footprint footprint;
    footprint.memory_bytes = settings.memory_bytes(kind.library);
    footprint.threads = settings.threads();
    footprint.cases = settings.cases.size();
    footprint.round_shares = kCodecRoundShare * static_cast<double>(settings.cases.size());
    footprint.prepare_time =
        std::chrono::milliseconds(1000 * settings.corpus_bytes / kGenerateBytesPerSecond +
                                  1000 * settings.corpus_bytes * settings.packings().size() /
                                      kPackBytesPerSecond / settings.threads());
    footprint.note = settings.corpus_file.empty() ? "compresses generated data in memory"
                                                  : "reads the corpus file once; writes nothing";
    return footprint;
}

Expected<std::unique_ptr<Workload>> prepare(const CodecKind& kind, const RunContext& context,
                                            const Request& request) {
    ASSAY_TRY(CodecSettings settings, codec_settings(context, request, kind));
    return make_codec_workload(context, kind, std::move(settings));
}

}  // namespace

const Probe kZstd{
    .id = "cpu.zstd",
    .title = "zstd compression and decompression, by level and block size",
    .metrics = kZstdMetrics,
    .options = kZstdOptions,
    .check = [](const RunContext& context,
                const Request& request) { return check(kZstdKind, context, request); },
    .plan = [](const RunContext& context,
               const Request& request) { return plan(kZstdKind, context, request); },
    .prepare = [](const RunContext& context,
                  const Request& request) { return prepare(kZstdKind, context, request); }};

const Probe kLz4{
    .id = "cpu.lz4",
    .title = "lz4 compression and decompression, by block size",
    .metrics = kLz4Metrics,
    .options = kLz4Options,
    .check = [](const RunContext& context,
                const Request& request) { return check(kLz4Kind, context, request); },
    .plan = [](const RunContext& context,
               const Request& request) { return plan(kLz4Kind, context, request); },
    .prepare = [](const RunContext& context,
                  const Request& request) { return prepare(kLz4Kind, context, request); }};

}  // namespace assay::cpu
