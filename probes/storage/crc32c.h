#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace assay::storage {

/// CRC-32C (Castagnoli) as iSCSI, ext4 and NVMe use it. Source: RFC 3720, appendix B.4.
std::uint32_t crc32c(std::span<const std::byte> data);

}  // namespace assay::storage
