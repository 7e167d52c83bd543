#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>

#include "engine/host/buffer.h"
#include "probes/memory/read_kernel.h"

namespace assay::memory {

/// A block of reading: 256 KiB of each stream, about 65 us at 16 GB/s.
inline constexpr std::size_t kChunkBytes = std::size_t{1} << 18;
inline constexpr std::size_t kBlockBytes = kChunkBytes * kStreams;

struct ArrayRequest {
    std::size_t bytes = 0;  ///< a multiple of kBlockBytes
    host::PagePreference pages = host::PagePreference::huge;
    std::optional<int> numa_node;
    std::uint64_t number = 0;  ///< of the array on this host: sets its words apart from all others'
    std::chrono::steady_clock::time_point deadline;
    std::stop_token stop;
};

/// One thread's share of the memory that is read, and the place up to which it was read. Whoever
/// reads on, reads what was not read for the longest time, so no cache can serve it.
class PrivateArray {
  public:
    /// Allocates and writes every word; called on the thread that will read it (first touch). At
    /// the deadline it makes do with what is written. Errors: as Buffer::allocate, interrupted,
    /// timed_out (not even one block was written).
    static Expected<PrivateArray> make(const ArrayRequest& request);

    /// Reads the next block with `kernel`. Returns whether the sum was that of what was written.
    bool read_block(const ReadKernel& kernel);

    std::size_t size() const { return stream_bytes_ * kStreams; }
    const host::Buffer& buffer() const { return buffer_; }

  private:
    PrivateArray(host::Buffer buffer, std::size_t written_bytes, std::uint64_t first_word);

    host::Buffer buffer_;
    std::size_t stream_bytes_;  ///< a quarter of what is read
    std::uint64_t first_word_;
    std::size_t offset_ = 0;  ///< in each stream, of the next block
};

}  // namespace assay::memory
