#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/random.h"

namespace assay::cpu {

inline constexpr std::size_t kChunkBytes = std::size_t{1} << 16;

/// What storage of virtual machines holds, in classes that codecs treat differently.
enum class ChunkClass {
    sparse,     ///< zeros but for a few words
    text,       ///< source code, prose, logs: words that come back, lines that resemble others
    code,       ///< instructions that come back with other operands, tables of symbols
    database,   ///< pages of 8 KiB: header, slots, rows from the end, slack between
    metadata,   ///< inodes and directories of small files
    media,      ///< archives, pictures: headers and what does not compress
    encrypted,  ///< noise
};
inline constexpr std::size_t kChunkClasses = 7;
std::string_view name_of(ChunkClass kind);

/// Makes chunks of each class from a seed alone: the same bytes on every host, without any content
/// that somebody owns. What is controlled per class: which bytes and words occur how often (Zipf),
/// how long and how far back repeats are, and how much between them is new.
class ChunkSource {
  public:
    explicit ChunkSource(std::uint64_t seed);

    /// Chunk `number` of a class. Independent of other calls.
    void fill(ChunkClass kind, std::uint64_t number, std::span<std::byte, kChunkBytes> chunk) const;

  private:
    std::uint64_t seed_;
    std::vector<std::string> words_;        ///< the most frequent first
    std::vector<std::uint16_t> word_draw_;  ///< an even draw from it is a Zipf draw of words
    std::vector<std::string> opcodes_;      ///< bytes that instructions begin with
    std::vector<std::uint16_t> opcode_draw_;
    std::vector<std::string> text_fragments_, code_fragments_;
};

}  // namespace assay::cpu
