#include "probes/storage/pattern.h"

#include <array>
#include <cstring>

#include "engine/core/random.h"

namespace assay::storage {
namespace {

using Sector = std::array<std::uint64_t, kSectorBytes / sizeof(std::uint64_t)>;

Sector sector_at(std::uint64_t offset, std::uint64_t seed) {
    Sector sector;
    Xoshiro256 random(SplitMix64(seed).next() ^ offset);
    sector[0] = offset;
    sector[1] = seed;
    for (std::size_t word = 2; word < sector.size(); ++word)
        sector[word] = random.next();
    return sector;
}

}  // namespace

void write_pattern(std::span<std::byte> data, std::uint64_t offset, std::uint64_t seed) {
    for (std::size_t at = 0; at + kSectorBytes <= data.size(); at += kSectorBytes) {
        const Sector sector = sector_at(offset + at, seed);
        std::memcpy(data.data() + at, sector.data(), kSectorBytes);
    }
}

std::optional<std::uint64_t> first_wrong_sector(std::span<const std::byte> data,
                                                std::uint64_t offset, std::uint64_t seed) {
    for (std::size_t at = 0; at + kSectorBytes <= data.size(); at += kSectorBytes) {
        const Sector sector = sector_at(offset + at, seed);
        if (std::memcmp(data.data() + at, sector.data(), kSectorBytes) != 0)
            return offset + at;
    }
    return std::nullopt;
}

}  // namespace assay::storage
