#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace assay::storage {

/// The unit of the stamps, and the smallest that a block device knows.
inline constexpr std::size_t kSectorBytes = 512;

/// What the tests write: each 512-byte sector begins with a stamp that says where and when it was
/// written and goes on with random words that depend on both. No two sectors are alike and none
/// compresses, so that no layer below can answer from less than the real data; and whoever reads a
/// sector back can prove every byte of it without keeping a copy.
///
/// The words come from a pool of 2 MiB of random data, made from the run's number, each
/// exclusive-or a key. Writing new content into a block that already holds some is one pass over
/// it, some 100 ns for 4 KiB; or only over its stamps, so that the payload does not limit what it
/// measures. Words are in the machine's byte order: test data never leaves the machine.
class Payload {
  public:
    /// `run` tells this run's data from any other's.
    explicit Payload(std::uint64_t run);

    /// Gives a buffer that never held any the content of a block at `offset`. Whole sectors.
    void fill(std::span<std::byte> data, std::uint64_t offset, std::uint64_t sequence) const;

    /// The same for a buffer that holds a block of this payload already, faster: with new words, or
    /// with the old words under new stamps. The latter is for large buffers only, whose words come
    /// back so far apart that no compressor's window spans it.
    enum class Renew { words, stamps };
    static void rewrite(std::span<std::byte> data, std::uint64_t offset, std::uint64_t sequence,
                        Renew renew);

    /// Adds the CRC-32C of each sector's words to its stamp: for data that is checked by others, or
    /// long after.
    static void seal(std::span<std::byte> data);

    /// The offset of the first sector of `data`, which was read at `offset`, that is not as some
    /// write of this run left it, or that is older than `least_sequence`; nullopt = all are right.
    std::optional<std::uint64_t> first_wrong_sector(std::span<const std::byte> data,
                                                    std::uint64_t offset,
                                                    std::uint64_t least_sequence = 0) const;

    static constexpr std::size_t kPoolBytes = std::size_t{2} << 20;

  private:
    std::uint64_t run_;
    std::vector<std::uint64_t> pool_;
};

}  // namespace assay::storage
