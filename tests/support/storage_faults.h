#pragma once

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <string>

#include "engine/core/error.h"
#include "tests/support/block_throttle.h"

namespace assay::test {

/// A filesystem that takes no writes (FIFREEZE): they wait, also those of a loop device whose
/// backing file lies on it. Reads go on. Thawed when destroyed. Needs root. A process that is
/// killed leaves it frozen: freeze only filesystems that vanish with the process.
class FrozenFilesystem {
  public:
    /// Errors: permission, unsupported (a filesystem that cannot be frozen), unavailable (frozen
    /// already).
    static Expected<FrozenFilesystem> create(const std::string& folder);
    FrozenFilesystem(FrozenFilesystem&& other) noexcept;
    FrozenFilesystem& operator=(FrozenFilesystem&&) = delete;
    ~FrozenFilesystem();

    void thaw();

  private:
    explicit FrozenFilesystem(int folder) : folder_(folder) {}
    int folder_ = -1;
};

/// A stall of a known length that began when this was made and ends by itself.
class Stall {
  public:
    using Length = std::chrono::nanoseconds;
    /// Of writes, by freezing. Errors: as of FrozenFilesystem.
    static Expected<Stall> of_writes(const std::string& folder, Length length);
    /// Of what the throttle limits, by letting one operation a second pass; then without any limit.
    /// The throttle must outlive the stall.
    static Stall of(BlockThrottle& throttle, Length length);

    /// Waits until it is over. Returns how long it was in fact: at least the length asked for.
    Length wait();

  private:
    explicit Stall(std::future<Length> length) : length_(std::move(length)) {}
    std::future<Length> length_;  ///< its destructor waits too
};

/// A tmpfs of limited size on a new folder that only this process sees. A file in it can be longer
/// than that: a loop device over such a file fails writes that need more. Gone with this object or
/// the process. Needs root. Create it before any other thread exists.
class SmallMemoryFilesystem {
  public:
    static Expected<SmallMemoryFilesystem> create(std::uint64_t bytes);
    SmallMemoryFilesystem(SmallMemoryFilesystem&& other) noexcept;
    SmallMemoryFilesystem& operator=(SmallMemoryFilesystem&&) = delete;
    ~SmallMemoryFilesystem();

    const std::string& folder() const { return folder_; }
    /// Makes a file of `bytes` without any of its blocks; returns its path.
    Expected<std::string> add_sparse_file(std::uint64_t bytes) const;

  private:
    explicit SmallMemoryFilesystem(std::string folder) : folder_(std::move(folder)) {}
    std::string folder_;
};

/// Mounts the filesystem on `folder` read-only from now on, as the kernel does after errors.
/// Errors: unavailable (a file is open for writing), permission.
Expected<void> remount_read_only(const std::string& folder);

}  // namespace assay::test
