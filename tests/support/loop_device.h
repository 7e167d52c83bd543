#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/error.h"

namespace assay::test {

/// A loop device over memory that has no name anywhere. Gone when this object is, and also when the
/// process is killed: the kernel takes the device down with its last user. Needs root.
class LoopDevice {
  public:
    /// `bytes`: a multiple of 4096; memory is taken only for what gets written.
    /// Errors: permission, not_found (no loop driver), unavailable (none free).
    static Expected<LoopDevice> create(std::uint64_t bytes);
    /// Over a file or block device that has a name. Errors: as of create, and those of opening it.
    enum class Access { read_write, read_only };
    static Expected<LoopDevice> over(const std::string& backing,
                                     Access access = Access::read_write);
    LoopDevice(LoopDevice&& other) noexcept;
    LoopDevice& operator=(LoopDevice&&) = delete;
    ~LoopDevice();

    const std::string& path() const { return path_; }  ///< "/dev/loop3"
    unsigned major() const { return major_; }
    unsigned minor() const { return minor_; }

    /// Fills the device with random words, so that no layer has holes to answer from.
    Expected<void> fill();
    /// Cuts the memory under the device: reads past `bytes` fail with EIO from now on.
    Expected<void> truncate_backing(std::uint64_t bytes);
    /// Tells the kernel of a partition, as partprobe does; also where it reads no partition tables.
    /// Returns its path, "/dev/loop3p1". Gone with the device.
    Expected<std::string> add_partition(int number, std::uint64_t first_byte, std::uint64_t bytes);
    /// Of every byte of what lies under the device. Two that differ were written in between.
    Expected<std::uint64_t> checksum() const;

  private:
    LoopDevice() = default;
    Expected<void> attach(Access access);
    std::string path_;
    int backing_ = -1;
    int device_ = -1;
    std::vector<int> partitions_;
    std::uint64_t bytes_ = 0;
    unsigned major_ = 0, minor_ = 0;
};

/// An ext4 filesystem on a block device, mounted on a new folder that only this process sees (a
/// mount namespace of its own). Unmounted when destroyed, and by the kernel when the process is
/// killed. Needs root and mkfs.ext4. Create it before any other thread exists.
class MountedExt4 {
  public:
    enum class Mode { read_write, read_only };
    /// Errors: permission, not_found (no mkfs.ext4), io.
    static Expected<MountedExt4> create(const std::string& device, Mode mode);
    MountedExt4(MountedExt4&& other) noexcept;
    MountedExt4& operator=(MountedExt4&&) = delete;
    ~MountedExt4();

    const std::string& folder() const { return folder_; }

  private:
    explicit MountedExt4(std::string folder) : folder_(std::move(folder)) {}
    std::string folder_;
};

}  // namespace assay::test
