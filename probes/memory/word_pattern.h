#pragma once

#include <cstdint>
#include <span>

/// What the arrays hold: word number i is the bits of the double 2^52 + 8 i. No two words of a
/// host's memory are equal, no page is like another (the kernel could merge them) and none is zero;
/// the sum of the bits of any run of words has a closed form; and a triad with a small whole factor
/// is exact, so that what it must have stored is known to the last bit.
namespace assay::memory {

inline constexpr std::uint64_t kPatternBase = 0x4330000000000000;  // the bits of 2^52
inline constexpr std::uint64_t kPatternStep = 8;
/// Words have numbers below this: 2^52 doubles lie between 2^52 and 2^53.
inline constexpr std::uint64_t kMostPatternWords = std::uint64_t{1} << 49;

inline constexpr std::uint64_t pattern_word(std::uint64_t number) {
    return kPatternBase + kPatternStep * number;
}

/// Writes the words number first, first + 1, ... to `words`.
void write_pattern(std::uint64_t first, std::span<std::uint64_t> words);

/// The sum of `count` words from number `first` on, modulo 2^64.
constexpr std::uint64_t pattern_sum(std::uint64_t first, std::uint64_t count) {
    // count * (count - 1) / 2 without losing the bit that the division needs.
    const std::uint64_t pairs = count % 2 == 0 ? count / 2 * (count - 1) : (count - 1) / 2 * count;
    return kPatternStep * (count * first + pairs) + kPatternBase * count;
}

inline constexpr double kTriadFactor = 3;
/// The bits of word(first) + kTriadFactor * word(second), in closed form: 2^54 + 8 first + 24
/// second, a multiple of 8 below 2^56.
std::uint64_t triad_word(std::uint64_t first, std::uint64_t second);

}  // namespace assay::memory
