#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "engine/core/error.h"

namespace assay::test {

/// What a device serves a second: operations or bytes, in one direction.
enum class BlockLimit { read_operations, write_operations, read_bytes, write_bytes };

/// A control group (v1, blkio) that limits what a block device serves to its members. The calling
/// thread is a member while this object lives, and so are the threads and children that it starts
/// meanwhile. Destroy it on the same thread. Needs root.
class BlockThrottle {
  public:
    /// Errors: unsupported (no blkio controller with throttling), permission.
    static Expected<BlockThrottle> of(unsigned major, unsigned minor, BlockLimit what,
                                      std::uint64_t per_second);
    static Expected<BlockThrottle> reads(unsigned major, unsigned minor,
                                         std::uint64_t reads_per_second) {
        return of(major, minor, BlockLimit::read_operations, reads_per_second);
    }

    /// Another limit from now on, for members too.
    void change(std::uint64_t per_second);
    BlockThrottle(BlockThrottle&& other) noexcept;
    BlockThrottle& operator=(BlockThrottle&&) = delete;
    ~BlockThrottle();

    /// Takes the limit away at once, for members too.
    void lift();

  private:
    BlockThrottle() = default;
    std::string folder_;
    std::string file_;    // of the limit
    std::string device_;  ///< "7:0"
};

}  // namespace assay::test
