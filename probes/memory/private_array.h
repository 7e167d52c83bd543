#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>

#include "engine/host/buffer.h"
#include "probes/memory/read_kernel.h"

namespace assay::memory {

/// A block of reading: 256 KiB of each stream, about 65 us at 16 GB/s. A block of storing is as
/// large, in one piece.
inline constexpr std::size_t kChunkBytes = std::size_t{1} << 18;
inline constexpr std::size_t kBlockBytes = kChunkBytes * kStreams;
inline constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
inline constexpr std::size_t kWordsPerBlock = kBlockBytes / kWordBytes;

struct ArrayRequest {
    std::size_t bytes = 0;  ///< of memory; whole blocks of it, behind the lead, are used
    host::PagePreference pages = host::PagePreference::huge;
    std::optional<int> numa_node;
    std::uint64_t number = 0;  ///< of the array on this host: sets its words apart from all others'
    std::size_t lead_bytes = 0;  ///< before the first block; a multiple of 64. Arrays that are used
                                 ///< together lie at different places in their pages, or loads
                                 ///< would wait for stores that share their low 12 address bits
    std::chrono::steady_clock::time_point deadline;
    std::stop_token stop;
};

/// Memory whose words are those of word_pattern.h.
struct FilledMemory {
    host::Buffer buffer;
    std::size_t lead_bytes = 0;
    std::size_t blocks = 0;  ///< written ones
    std::uint64_t first_word = 0;

    std::byte* data() const { return buffer.data() + lead_bytes; }
    std::size_t used_bytes() const { return lead_bytes + blocks * kBlockBytes; }
};

/// Allocates and writes every word; called on the thread that will use it (first touch). At the
/// deadline it makes do with what is written. Errors: as Buffer::allocate, interrupted, timed_out
/// (not even one block was written).
Expected<FilledMemory> fill_memory(const ArrayRequest& request);

/// One thread's share of the memory that is read, and the place up to which it was read. Whoever
/// reads on, reads what was not read for the longest time, so no cache can serve it.
class PrivateArray {
  public:
    /// Errors: as fill_memory.
    static Expected<PrivateArray> make(const ArrayRequest& request);

    /// Reads the next block with `kernel`. Returns whether the sum was that of what was written.
    bool read_block(const ReadKernel& kernel);

    std::size_t size() const { return blocks() * kBlockBytes; }
    std::size_t blocks() const { return memory_.blocks; }
    const host::Buffer& buffer() const { return memory_.buffer; }
    const FilledMemory& memory() const { return memory_; }
    /// A block in one piece, for kernels that store elsewhere what they load here.
    const std::byte* block(std::size_t index) const { return memory_.data() + index * kBlockBytes; }
    /// The number of its first word.
    std::uint64_t block_word(std::size_t index) const {
        return memory_.first_word + index * kWordsPerBlock;
    }

  private:
    explicit PrivateArray(FilledMemory memory);

    FilledMemory memory_;
    std::size_t stream_bytes_;  ///< a quarter of what is read
    std::size_t offset_ = 0;    ///< in each stream, of the next block
};

}  // namespace assay::memory
