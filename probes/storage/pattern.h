#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace assay::storage {

/// What a test file holds: each 512-byte sector begins with its own offset and the run's seed, and
/// goes on with random words made from both. No two sectors are alike and none compresses, so no
/// layer below can answer from less than the real data; and what is read can be checked without
/// keeping a copy.
inline constexpr std::size_t kSectorBytes = 512;

/// Fills `data`, which stands at `offset` of the file. Both are multiples of 512. 64-bit words in
/// the machine's byte order: the file never leaves the machine.
void write_pattern(std::span<std::byte> data, std::uint64_t offset, std::uint64_t seed);

/// The offset in the file of the first sector of `data` that is not as written; nullopt = all are.
std::optional<std::uint64_t> first_wrong_sector(std::span<const std::byte> data,
                                                std::uint64_t offset, std::uint64_t seed);

}  // namespace assay::storage
