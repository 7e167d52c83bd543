#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/error.h"

/// A backup as it lies on a source: chunks that were compressed with zstd and encrypted with
/// AES-256-GCM, one behind the other.
namespace assay::test {

inline constexpr std::size_t kRecordBytes = 16384;
inline constexpr std::size_t kSectorBytes = 4096;  ///< every chunk begins at one
inline constexpr std::size_t kTagBytes = 16, kIvBytes = 12;

struct ImageChunk {
    std::uint64_t stored_at = 0, stored_bytes = 0;  ///< on the source; whole sectors
    std::uint64_t packed_bytes = 0;                 ///< compressed
    std::uint64_t plain_at = 0, plain_bytes = 0;    ///< as restored; whole sectors
};

struct Image {
    std::vector<ImageChunk> chunks;
    std::vector<std::byte> plain, stored;
    std::array<std::byte, 32> key{};

    double ratio() const {
        return static_cast<double>(plain.size()) / static_cast<double>(stored.size());
    }
};

/// Of `bytes` of the probes' own corpus (whole chunks of `chunk_bytes`), zstd level 3.
Expected<Image> make_image(std::size_t bytes, std::size_t chunk_bytes);

/// Initialisation vector of a record: its number.
std::array<std::byte, kIvBytes> iv_of(std::uint64_t record);
/// How many records hold so many packed bytes, and where chunk `index` begins to count.
std::uint64_t records_of(std::uint64_t packed_bytes);
std::uint64_t first_record_of(std::size_t chunk);

}  // namespace assay::test
