#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/host/buffer.h"
#include "probes/cpu/codec.h"
#include "probes/cpu/corpus.h"

namespace assay::cpu {

/// A corpus in independent blocks, compressed while preparing: the input of decompression, and
/// what every later compression of a block must give again, byte for byte.
class PackedBlocks {
  public:
    /// Memory for all blocks at their worst; nothing is compressed. `corpus` outlives it.
    /// Errors: as Buffer::allocate.
    static Expected<PackedBlocks> allocate(const CodecLibrary& library,
                                           std::span<const std::byte> corpus,
                                           std::size_t block_bytes);
    static std::uint64_t memory_bytes(const CodecLibrary& library, std::uint64_t corpus_bytes,
                                      std::size_t block_bytes);

    std::size_t count() const { return sizes_.size(); }
    std::span<const std::byte> original(std::size_t block) const;
    std::span<const std::byte> packed(std::size_t block) const;
    /// What the longest block may take.
    std::size_t most_packed_bytes() const { return slot_bytes_; }
    std::size_t block_bytes() const { return block_bytes_; }

    /// Compresses the blocks first, first + step, ... and proves that each comes back. Workers
    /// with the same step and another first may do so at the same time. Errors: internal (it does
    /// not come back, or the library refused), as `limits`.
    Expected<void> pack(Codec& codec, std::size_t first, std::size_t step,
                        const CorpusLimits& limits);

    /// Original bytes by packed bytes.
    double ratio() const;

  private:
    PackedBlocks(host::Buffer buffer, std::span<const std::byte> corpus, std::size_t block_bytes,
                 std::size_t slot_bytes);

    host::Buffer buffer_;
    std::span<const std::byte> corpus_;
    std::size_t block_bytes_;
    std::size_t slot_bytes_;
    std::vector<std::size_t> sizes_;  ///< packed
};

}  // namespace assay::cpu
