#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "engine/core/error.h"

namespace assay::test {

/// A control group (v1, blkio) that limits how many reads a second a block device serves to its
/// members. The calling thread is a member while this object lives, and so are the threads and
/// children that it starts meanwhile. Destroy it on the same thread. Needs root.
class BlockThrottle {
  public:
    /// Errors: unsupported (no blkio controller with throttling), permission.
    static Expected<BlockThrottle> reads(unsigned major, unsigned minor,
                                         std::uint64_t reads_per_second);
    BlockThrottle(BlockThrottle&& other) noexcept;
    BlockThrottle& operator=(BlockThrottle&&) = delete;
    ~BlockThrottle();

    /// Takes the limit away at once, for members too.
    void lift();

  private:
    BlockThrottle() = default;
    std::string folder_;
    std::string device_;  ///< "7:0"
};

}  // namespace assay::test
