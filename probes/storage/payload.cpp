#include "probes/storage/payload.h"

#include <array>
#include <bit>
#include <cstring>

#include "engine/core/random.h"
#include "probes/storage/crc32c.h"

namespace assay::storage {
namespace {

struct Stamp {
    std::uint64_t offset;    ///< of the sector
    std::uint64_t run;       ///< of the payload
    std::uint64_t sequence;  ///< of the write
    std::uint64_t salt;      ///< makes the key of the words of all of the above
    std::uint32_t origin;    ///< sector of the pool that the words come from
    std::uint32_t crc;       ///< CRC-32C of the words, 0 = not sealed
};
constexpr std::size_t kWords = (kSectorBytes - sizeof(Stamp)) / sizeof(std::uint64_t);
constexpr std::size_t kWordsOfSector = kSectorBytes / sizeof(std::uint64_t);
constexpr std::size_t kPoolSectors = Payload::kPoolBytes / kSectorBytes;
constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15u;

using Words = std::array<std::uint64_t, kWords>;
struct Sector {
    Stamp stamp;
    Words words;
};
static_assert(sizeof(Sector) == kSectorBytes);

// The key depends on every field but the checksum, so that a single wrong bit in one of them makes
// all words wrong.
std::uint64_t key_of(const Stamp& stamp) {
    return stamp.salt ^
           SplitMix64(stamp.run ^ std::rotl(stamp.sequence, 20) ^ (stamp.offset * kGoldenRatio))
               .next();
}

template <class Handle>
void for_each_sector(std::span<std::byte> data, Handle&& handle) {
    for (std::size_t at = 0; at + kSectorBytes <= data.size(); at += kSectorBytes)
        handle(data.data() + at, at);
}

void change_words(std::byte* words, std::uint64_t change) {
    for (std::size_t word = 0; word < kWords; ++word) {
        std::uint64_t value;
        std::memcpy(&value, words + word * sizeof value, sizeof value);
        value ^= change;
        std::memcpy(words + word * sizeof value, &value, sizeof value);
    }
}

std::uint32_t crc_of(const std::byte* sector) {
    return crc32c({sector + sizeof(Stamp), kSectorBytes - sizeof(Stamp)});
}

}  // namespace

Payload::Payload(std::uint64_t run) : run_(run), pool_(kPoolBytes / sizeof(std::uint64_t)) {
    Xoshiro256 random(run);
    for (std::uint64_t& word : pool_)
        word = random.next();
}

void Payload::fill(std::span<std::byte> data, std::uint64_t offset, std::uint64_t sequence) const {
    for_each_sector(data, [&](std::byte* to, std::size_t at) {
        // Another part of the pool for each sector of a block, and for neighbouring blocks.
        const std::uint64_t number = (offset + at) / kSectorBytes;
        Sector sector{
            {offset + at, run_, sequence, 0, static_cast<std::uint32_t>(number % kPoolSectors), 0},
            {}};
        const std::uint64_t key = key_of(sector.stamp);
        const std::uint64_t* from = pool_.data() + sector.stamp.origin * kWordsOfSector;
        for (std::size_t word = 0; word < kWords; ++word)
            sector.words[word] = from[word] ^ key;
        std::memcpy(to, &sector, sizeof sector);
    });
}

void Payload::rewrite(std::span<std::byte> data, std::uint64_t offset, std::uint64_t sequence,
                      Renew renew) {
    for_each_sector(data, [&](std::byte* to, std::size_t at) {
        Stamp stamp;
        std::memcpy(&stamp, to, sizeof stamp);
        const std::uint64_t old_key = key_of(stamp);
        stamp.offset = offset + at;
        stamp.sequence = sequence;
        stamp.salt = 0;
        stamp.crc = 0;
        const std::uint64_t new_key = key_of(stamp);
        if (renew == Renew::stamps)
            stamp.salt = old_key ^ new_key;
        std::memcpy(to, &stamp, sizeof stamp);
        if (renew == Renew::words)
            change_words(to + sizeof stamp, old_key ^ new_key);
    });
}

void Payload::seal(std::span<std::byte> data) {
    for_each_sector(data, [](std::byte* sector, std::size_t) {
        const std::uint32_t crc = crc_of(sector);
        std::memcpy(sector + offsetof(Stamp, crc), &crc, sizeof crc);
    });
}

std::optional<std::uint64_t> Payload::first_wrong_sector(std::span<const std::byte> data,
                                                         std::uint64_t offset,
                                                         std::uint64_t least_sequence) const {
    for (std::size_t at = 0; at + kSectorBytes <= data.size(); at += kSectorBytes) {
        Sector sector;
        std::memcpy(&sector, data.data() + at, sizeof sector);
        const Stamp& stamp = sector.stamp;
        if (stamp.offset != offset + at || stamp.run != run_ || stamp.origin >= kPoolSectors ||
            stamp.sequence < least_sequence)
            return offset + at;
        if (stamp.crc != 0 && stamp.crc != crc_of(data.data() + at))
            return offset + at;
        const std::uint64_t key = key_of(stamp);
        const std::uint64_t* from = pool_.data() + stamp.origin * kWordsOfSector;
        std::uint64_t difference = 0;
        for (std::size_t word = 0; word < kWords; ++word)
            difference |= sector.words[word] ^ from[word] ^ key;
        if (difference != 0)
            return offset + at;
    }
    return std::nullopt;
}

}  // namespace assay::storage
