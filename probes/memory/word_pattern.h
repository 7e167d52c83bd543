#pragma once

#include <cstdint>
#include <span>

/// What the arrays hold: word number i is i * kFactor + kOffset, modulo 2^64. The factor is odd, so
/// no two words of a host's memory are equal, no page is like another (the kernel could merge them)
/// and none is zero; and the sum of any run of words has a closed form.
namespace assay::memory {

inline constexpr std::uint64_t kPatternFactor = 0x9e3779b97f4a7c15;
inline constexpr std::uint64_t kPatternOffset = 0xd1b54a32d192ed03;

/// Writes the words number first, first + 1, ... to `words`.
void write_pattern(std::uint64_t first, std::span<std::uint64_t> words);

/// The sum of `count` words from number `first` on, modulo 2^64.
constexpr std::uint64_t pattern_sum(std::uint64_t first, std::uint64_t count) {
    // count * (count - 1) / 2 without losing the bit that the division needs.
    const std::uint64_t pairs = count % 2 == 0 ? count / 2 * (count - 1) : (count - 1) / 2 * count;
    return kPatternFactor * (count * first + pairs) + kPatternOffset * count;
}

}  // namespace assay::memory
