#include "probes/storage/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace assay::storage {

std::uint32_t crc32c(std::span<const std::byte> data) {
    constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;  // the library takes an int
    std::uint32_t state = 0xffffffffu;
    while (!data.empty()) {
        const auto part = data.first(std::min(data.size(), kMostAtOnce));
        // It only reads, though its type does not say so.
        auto* bytes =
            const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(part.data()));
        state = crc32_iscsi(bytes, static_cast<int>(part.size()), state);
        data = data.subspan(part.size());
    }
    return ~state;
}

}  // namespace assay::storage
