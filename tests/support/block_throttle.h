#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "engine/core/error.h"

namespace assay::test {

/// A control group (v1, blkio) that limits how many reads or direct writes a second a block device
/// serves to its members. The calling thread is a member while this object lives, and so are the
/// threads and children that it starts meanwhile. Destroy it on the same thread. Needs root.
class BlockThrottle {
  public:
    /// Errors: unsupported (no blkio controller with throttling), permission.
    static Expected<BlockThrottle> reads(unsigned major, unsigned minor,
                                         std::uint64_t reads_per_second);
    static Expected<BlockThrottle> writes(unsigned major, unsigned minor,
                                          std::uint64_t writes_per_second);
    static Expected<BlockThrottle> read_bytes(unsigned major, unsigned minor,
                                              std::uint64_t bytes_per_second);
    static Expected<BlockThrottle> write_bytes(unsigned major, unsigned minor,
                                               std::uint64_t bytes_per_second);
    BlockThrottle(BlockThrottle&& other) noexcept;
    BlockThrottle& operator=(BlockThrottle&&) = delete;
    ~BlockThrottle();

    /// Another limit from now on; 0 = none. It holds at once, also for what waits already.
    void set_limit(std::uint64_t per_second);
    /// Takes the limit away at once, for members too.
    void lift() { set_limit(0); }

  private:
    BlockThrottle() = default;
    static Expected<BlockThrottle> make(const std::string& knob, unsigned major, unsigned minor,
                                        std::uint64_t per_second);
    std::string knob_;
    std::string folder_;
    std::string device_;  ///< "7:0"
};

}  // namespace assay::test
