#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "probes/cpu/clocked_work.h"
#include "probes/cpu/codec.h"
#include "probes/cpu/packed_blocks.h"

namespace assay::cpu {

/// What a thread keeps: a codec for each level, and room for what comes out.
struct CodecStation {
    std::map<int, std::unique_ptr<Codec>> codecs;
    std::vector<std::byte> out;
};

/// How far a thread has come in one case and direction, and what it saw; away from its neighbours'
/// cache lines.
struct alignas(128) CodecProgress {
    std::size_t next_block = 0;
    std::uint64_t blocks = 0;
    std::uint64_t blocks_before_round = 0;
    std::uint64_t wrong_blocks = 0;  ///< refused, of another length than while preparing, or, of
                                     ///< the last of a round, other bytes
};

enum class CodecDirection { compress, decompress };

/// Blocks through the library, by each worker from its own place in the corpus on, round after
/// round.
class CodecWork final : public ClockedWork {
  public:
    CodecWork(const host::Clock& clock, const PackedBlocks& blocks, int level,
              CodecDirection direction, std::vector<CodecStation>& stations,
              std::vector<CodecProgress>& progress);

  private:
    void begin(std::size_t worker) override;
    std::uint64_t work(std::size_t worker) override;
    void end(std::size_t worker) override;
    bool run(CodecStation& station, std::size_t block) const;

    const PackedBlocks& blocks_;
    const int level_;
    const CodecDirection direction_;
    const std::size_t blocks_per_turn_;
    std::vector<CodecStation>& stations_;
    std::vector<CodecProgress>& progress_;
};

/// What the memory ports of any known core can do: a decompressor writes every byte, 64 a cycle at
/// most; a compressor reads every byte, 128 a cycle at most.
double most_codec_bytes_per_cycle(CodecDirection direction);

}  // namespace assay::cpu
