#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// In which order a chase visits its lines, and where they lie.
namespace assay::memory {

inline constexpr std::size_t kLineBytes = 64;

/// Byte offset of a line of the chase. Lines are at least 128 B apart, as processors fetch lines in
/// pairs; 63 of them share two pages, on the even places of one and the odd places of the other, so
/// that together they fill all sets of a cache alike and n lines need 64 n bytes of it.
constexpr std::size_t line_offset(std::size_t line) {
    constexpr std::size_t kPageBytes = std::size_t{1} << 12;
    constexpr std::size_t kEven = 32, kPair = 63, kSpacing = 128;
    const std::size_t page_pair = line / kPair * 2 * kPageBytes;
    const std::size_t place = line % kPair;
    return place < kEven ? page_pair + place * kSpacing
                         : page_pair + kPageBytes + kLineBytes + (place - kEven) * kSpacing;
}
/// Bytes from the first line to the end of the last one. lines >= 1.
constexpr std::size_t span_bytes(std::size_t lines) {
    return line_offset(lines - 1) + kLineBytes;
}

enum class RingShape {
    random,
    ordered,       ///< for tests: what a prefetcher can follow
    closed_early,  ///< for tests: half of the lines are never reached
};

/// A fresh order for each seed. Up to 16384 lines every order is equally likely. More are cut into
/// groups of so many, each shuffled, and the groups are visited in turn, in another random order
/// each time: neighbouring visits lie in different 2 MiB, and making it needs no more of the caches
/// than a group. Every line is there once. O(lines).
std::vector<std::uint32_t> chase_order(std::size_t lines, RingShape shape, std::uint64_t seed);

/// Share of the steps that go no further than four places, wrapping round: what prefetchers follow.
/// A random order of n lines has 8 / n of them, about. order: at least two.
double near_steps(std::span<const std::uint32_t> order);

}  // namespace assay::memory
