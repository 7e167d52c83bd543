#pragma once

#include <cstdint>
#include <string>

#include "engine/core/error.h"

namespace assay::test {

/// A compressed-memory block device (zram) full of random words. It answers blocking calls inside
/// the call, and io_uring's reads by threads of the ring; a loop device's worker needs a CPU of its
/// own. Gone when this object is; one that a killed program left behind goes when the next one is
/// made. Needs root.
class MemoryDevice {
  public:
    /// Errors: unsupported (no zram), permission, io.
    static Expected<MemoryDevice> create(std::uint64_t bytes);
    MemoryDevice(MemoryDevice&& other) noexcept;
    MemoryDevice& operator=(MemoryDevice&&) = delete;
    ~MemoryDevice();

    const std::string& path() const { return path_; }  ///< "/dev/zram1"
    unsigned major() const { return major_; }
    unsigned minor() const { return minor_; }

  private:
    explicit MemoryDevice(int number);
    Expected<void> fill(std::uint64_t bytes) const;
    int number_ = -1;
    std::string path_;
    unsigned major_ = 0, minor_ = 0;
};

}  // namespace assay::test
