#include "probes/memory/word_pattern.h"

namespace assay::memory {

void write_pattern(std::uint64_t first, std::span<std::uint64_t> words) {
    std::uint64_t value = first * kPatternFactor + kPatternOffset;
    for (std::uint64_t& word : words) {
        word = value;
        value += kPatternFactor;
    }
}

}  // namespace assay::memory
