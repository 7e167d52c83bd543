#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.h"

namespace assay::host {

/// Something on a device that says "this place is taken": the magic of a filesystem, a partition
/// table, a volume manager's or an array's label, swap, an encrypted volume.
struct Signature {
    std::string type;  ///< libblkid's name: "ext4", "LVM2_member", "gpt partition table"
    std::optional<std::uint64_t> at_bytes;  ///< where its magic stands
    bool is_partition_table = false;
    bool operator==(const Signature&) const = default;
};

/// Every signature that libblkid knows, also with a wrong checksum and also when several lie on one
/// device, in the order found; empty = none. Only reads. `file` is open for reading, without
/// O_DIRECT; a block device or, for tests, a regular file.
/// Errors: unsupported (smaller than 16 MiB: libblkid leaves kinds out on tiny devices), io (the
/// first or last MiB cannot be read), internal. After an error nothing is known: the device must be
/// left alone.
/// Source: libblkid's low-level probing, as wipefs(8) uses it.
Expected<std::vector<Signature>> signatures_of(int file, const std::string& name);

}  // namespace assay::host
