#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/probe.h"
#include "probes/cpu/codec.h"
#include "probes/cpu/corpus.h"

namespace assay::cpu {

/// A probe of a codec as data: what differs between the libraries.
struct CodecKind {
    std::string_view id;  ///< "cpu.zstd"
    const CodecLibrary& library;
    std::span<const Metric> metrics;  ///< in the order of codec_metrics.h
    std::vector<int> (*levels)(Extent);
    int most_level;
};
extern const CodecKind kZstdKind;
extern const CodecKind kLz4Kind;

/// What a level makes of blocks of one size; cases with other threads share it.
struct PackingChoice {
    int level = 1;
    std::size_t block_bytes = 0;
    bool of_zeros = false;  ///< not of the corpus, but of zeros beside it
    bool operator==(const PackingChoice&) const = default;
};

/// One case.
struct CodecCase {
    PackingChoice packing;
    std::size_t threads = 1;
    std::string scope = "one";
};

inline constexpr double kCodecRoundShare = 0.045;
inline constexpr std::size_t kZerosBytes = std::size_t{1} << 22;

struct CodecSettings {
    std::vector<CodecCase> cases;
    std::string corpus_file;  ///< empty: the profile is generated
    CorpusProfile profile{};
    std::size_t corpus_bytes = 0;

    std::size_t threads() const;                  ///< busy at the same time, at most
    std::vector<PackingChoice> packings() const;  ///< each once
    std::uint64_t memory_bytes(const CodecLibrary& library) const;
};

/// What the user asked for, on this host, inside context.memory_allowance_bytes. Errors: usage
/// (options), unavailable (no memory), as Corpus::size_of_file.
Expected<CodecSettings> codec_settings(const RunContext& context, const Request& request,
                                       const CodecKind& kind);

}  // namespace assay::cpu
