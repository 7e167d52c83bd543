#include "probes/cpu/codec_settings.h"

#include <algorithm>

#include "engine/core/units.h"
#include "probes/cpu/codec_metrics.h"
#include "probes/cpu/lz4_codec.h"
#include "probes/cpu/packed_blocks.h"
#include "probes/cpu/settings.h"
#include "probes/cpu/zstd_codec.h"

namespace assay::cpu {
namespace {

/// 128 KiB is what replication and filesystems compress at a time; it stands for the host.
constexpr std::size_t kHeadlineBlockBytes = std::size_t{1} << 17;
/// A library cannot be stopped inside a block, and a round must end within 100 ms of a stop. 4 MiB
/// are twice zstd's window at level 3: whole buffers do no better.
constexpr std::size_t kLargestBlockBytes = std::size_t{1} << 22;
constexpr std::size_t kLargestSlowBlockBytes = std::size_t{1} << 20;
constexpr int kFirstSlowLevel = 5;

/// 64 chunks hold the whole mix.
constexpr std::uint64_t kMixBytes = kSharesInAll * kChunkBytes;
constexpr std::uint64_t kLeastGeneratedBytes = 32 * kMiB;
constexpr std::uint64_t kMostGeneratedBytes = 256 * kMiB;
/// Of a thread and level. zstd's tables for blocks of 4 MiB take 6 MiB at level 3, 16 MiB at level
/// 9 and up to 90 MiB at level 19.
constexpr std::uint64_t kContextBytes = 16 * kMiB;
constexpr std::uint64_t kLargeContextBytes = 96 * kMiB;
constexpr int kFirstLargeLevel = 10;

std::vector<std::size_t> block_sizes(Extent extent, int level) {
    const std::size_t largest =
        level < kFirstSlowLevel ? kLargestBlockBytes : kLargestSlowBlockBytes;
    if (extent == Extent::smoke)
        return {kHeadlineBlockBytes};
    if (extent == Extent::quick)
        return {kHeadlineBlockBytes, largest};
    std::vector<std::size_t> sizes{std::size_t{1} << 16, kHeadlineBlockBytes, std::size_t{1} << 20};
    if (largest > sizes.back())
        sizes.push_back(largest);
    return sizes;
}

std::vector<int> zstd_levels(Extent extent) {
    if (extent == Extent::smoke)
        return {1};
    return extent == Extent::quick ? std::vector{1, 3} : std::vector{1, 3, 9};
}
std::vector<int> lz4_levels(Extent) {
    return {1};
}

Expected<std::vector<int>> chosen_levels(const Request& request, const CodecKind& kind) {
    if (request.find("level") == nullptr)
        return kind.levels(request.extent);
    ASSAY_TRY(const std::uint64_t level, request.count("level", 1));
    if (level > static_cast<std::uint64_t>(kind.most_level))
        return failure(ErrorKind::usage, "--level " + std::to_string(level) + ": choose 1 to " +
                                             std::to_string(kind.most_level));
    return std::vector{static_cast<int>(level)};
}

Expected<std::vector<std::size_t>> chosen_blocks(const Request& request, int level) {
    if (request.find("block") == nullptr)
        return block_sizes(request.extent, level);
    ASSAY_TRY(const std::uint64_t bytes, request.bytes("block", kHeadlineBlockBytes));
    if (bytes < 4 * kKiB || bytes > kLargestBlockBytes)
        return failure(ErrorKind::usage, "--block " + *request.find("block") +
                                             ": choose 4k to 4m; a library cannot be stopped "
                                             "inside a longer block");
    return std::vector{static_cast<std::size_t>(bytes)};
}

Expected<void> choose_cases(const RunContext& context, const Request& request,
                            const CodecKind& kind, CodecSettings& settings) {
    ASSAY_TRY(const std::vector<int> levels, chosen_levels(request, kind));
    ASSAY_TRY(const std::vector<std::size_t> thread_counts, chosen_threads(context.host, request));
    const bool narrow = request.extent == Extent::smoke || request.extent == Extent::quick;
    for (const int level : levels) {
        ASSAY_TRY(const std::vector<std::size_t> blocks, chosen_blocks(request, level));
        for (const std::size_t block : blocks)
            for (const std::size_t threads : thread_counts) {
                if (narrow && threads != thread_counts.front() && block != blocks.front())
                    continue;
                settings.cases.push_back(
                    {.packing = {.level = level, .block_bytes = block},
                     .threads = threads,
                     .scope = scope_of(threads, context.host.topology.allowed_cpus().size())});
            }
    }
    // Replication skips blocks of zeros, so they are told apart from the corpus.
    if (request.extent != Extent::smoke && request.find("corpus") == nullptr &&
        settings.profile.name != "zeros")
        settings.cases.push_back({.packing = {.level = levels.front(),
                                              .block_bytes = kHeadlineBlockBytes,
                                              .of_zeros = true},
                                  .threads = thread_counts.front(),
                                  .scope = scope_of(thread_counts.front(),
                                                    context.host.topology.allowed_cpus().size())});
    return {};
}

/// Twice the last-level cache, in whole mixes, as far as memory allows.
Expected<void> choose_size(const RunContext& context, const Request& request, const CodecKind& kind,
                           CodecSettings& settings) {
    if (!settings.corpus_file.empty()) {
        ASSAY_TRY(settings.corpus_bytes, Corpus::size_of_file(settings.corpus_file));
    } else {
        const std::uint64_t cache = context.host.topology.last_level_cache_bytes().value_or(0);
        ASSAY_TRY(const std::uint64_t wanted,
                  request.bytes("size",
                                std::clamp(2 * cache, kLeastGeneratedBytes, kMostGeneratedBytes)));
        if (wanted < kMixBytes || wanted > kMostCorpusBytes)
            return failure(ErrorKind::usage, "--size of a corpus is 4 MiB to 1 GiB");
        settings.corpus_bytes = wanted / kMixBytes * kMixBytes;
        // The other probes need their part: memory.bandwidth above all, whose arrays must outgrow
        // the caches. A corpus need not.
        while (settings.corpus_bytes > kMixBytes &&
               settings.memory_bytes(kind.library) > context.memory_allowance_bytes / 4)
            settings.corpus_bytes -= kMixBytes;
    }
    if (settings.memory_bytes(kind.library) > context.memory_allowance_bytes)
        return failure(
            ErrorKind::unavailable,
            std::string(kind.id) + " may use " + std::to_string(context.memory_allowance_bytes) +
                " B of memory and needs " + std::to_string(settings.memory_bytes(kind.library)) +
                " B; free memory, or use one --level, fewer --threads or a smaller "
                "--corpus");
    return {};
}

}  // namespace

const CodecKind kZstdKind{.id = "cpu.zstd",
                          .library = kZstdLibrary,
                          .metrics = kZstdMetrics,
                          .levels = &zstd_levels,
                          .most_level = kMostZstdLevel};
const CodecKind kLz4Kind{.id = "cpu.lz4",
                         .library = kLz4Library,
                         .metrics = kLz4Metrics,
                         .levels = &lz4_levels,
                         .most_level = 1};

std::size_t CodecSettings::threads() const {
    std::size_t most = 1;
    for (const CodecCase& row : cases)
        most = std::max(most, row.threads);
    return most;
}

std::vector<PackingChoice> CodecSettings::packings() const {
    std::vector<PackingChoice> found;
    for (const CodecCase& row : cases)
        if (!std::ranges::count(found, row.packing))
            found.push_back(row.packing);
    return found;
}

std::uint64_t CodecSettings::memory_bytes(const CodecLibrary& library) const {
    std::uint64_t bytes = corpus_bytes;
    std::uint64_t bytes_a_thread = 3 * kLargestBlockBytes;
    bool has_zeros = false;
    std::vector<int> levels;
    for (const PackingChoice& packing : packings()) {
        has_zeros = has_zeros || packing.of_zeros;
        if (!std::ranges::count(levels, packing.level)) {
            levels.push_back(packing.level);
            bytes_a_thread += packing.level < kFirstLargeLevel ? kContextBytes : kLargeContextBytes;
        }
        bytes += PackedBlocks::memory_bytes(library, packing.of_zeros ? kZerosBytes : corpus_bytes,
                                            packing.block_bytes);
    }
    return bytes + threads() * bytes_a_thread + (has_zeros ? kZerosBytes : 0);
}

Expected<CodecSettings> codec_settings(const RunContext& context, const Request& request,
                                       const CodecKind& kind) {
    CodecSettings settings;
    settings.corpus_file = request.text("corpus", "");
    const std::string profile = request.text("corpus-profile", corpus_profiles().front().name);
    const auto found = corpus_profile_of_name(profile);
    if (!found) {
        std::string known;
        for (const CorpusProfile& row : corpus_profiles())
            known += " " + std::string(row.name);
        return failure(ErrorKind::usage, "--corpus-profile " + profile +
                                             ": there is no such corpus; choose of:" + known);
    }
    for (const char* const generated : {"corpus-profile", "size"})
        if (!settings.corpus_file.empty() && request.find(generated) != nullptr)
            return failure(ErrorKind::usage, "--corpus names a file and --" +
                                                 std::string(generated) +
                                                 " says what to generate; give one of them");
    settings.profile = *found;
    ASSAY_TRY_VOID(choose_cases(context, request, kind, settings));
    ASSAY_TRY_VOID(choose_size(context, request, kind, settings));
    return settings;
}

}  // namespace assay::cpu
