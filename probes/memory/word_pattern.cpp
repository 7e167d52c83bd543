#include "probes/memory/word_pattern.h"

#include <bit>

namespace assay::memory {

void write_pattern(std::uint64_t first, std::span<std::uint64_t> words) {
    std::uint64_t value = pattern_word(first);
    for (std::uint64_t& word : words) {
        word = value;
        value += kPatternStep;
    }
}

std::uint64_t triad_word(std::uint64_t first, std::uint64_t second) {
    const std::uint64_t whole =
        (std::uint64_t{1} << 54) + kPatternStep * first + 3 * kPatternStep * second;
    return std::bit_cast<std::uint64_t>(static_cast<double>(whole));
}

}  // namespace assay::memory
