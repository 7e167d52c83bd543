#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "engine/core/metric.h"

namespace assay::cpu {

// The rows of the codecs are alike but for their names; these are their indices.
inline constexpr std::size_t kCompress = 0;
inline constexpr std::size_t kDecompress = 1;
inline constexpr std::size_t kRatio = 2;

namespace definition {
inline constexpr std::string_view kCompression =
    "Bytes of the corpus that went in, in blocks that are compressed apart from each other, of all "
    "threads inside one common time window, by the time from each thread's first block to its "
    "end.";
inline constexpr std::string_view kDecompression =
    "Bytes of the corpus that came back out of the same compressed blocks, of all threads inside "
    "one common time window, by the time from each thread's first block to its end; blocks are "
    "compared outside the clock.";
inline constexpr std::string_view kCompressionRatio =
    "Bytes of the whole corpus by the bytes of all its compressed blocks.";
}  // namespace definition

inline constexpr std::array kZstdMetrics{
    Metric{"cpu.zstd.compress", "zstd compression", definition::kCompression,
           Unit::bytes_per_second, Better::higher, "RFC 8878"},
    Metric{"cpu.zstd.decompress", "zstd decompression", definition::kDecompression,
           Unit::bytes_per_second, Better::higher, "RFC 8878"},
    Metric{"cpu.zstd.ratio", "zstd compression ratio", definition::kCompressionRatio, Unit::ratio,
           Better::higher, "RFC 8878"},
};

inline constexpr std::array kLz4Metrics{
    Metric{"cpu.lz4.compress", "lz4 compression", definition::kCompression, Unit::bytes_per_second,
           Better::higher, "LZ4 block format"},
    Metric{"cpu.lz4.decompress", "lz4 decompression", definition::kDecompression,
           Unit::bytes_per_second, Better::higher, "LZ4 block format"},
    Metric{"cpu.lz4.ratio", "lz4 compression ratio", definition::kCompressionRatio, Unit::ratio,
           Better::higher, "LZ4 block format"},
};

}  // namespace assay::cpu
