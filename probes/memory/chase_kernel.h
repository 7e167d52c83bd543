#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// Loads of which each needs the value of the one before.
namespace assay::memory {

/// Follows `hops` pointers, each at the address that the one before held, and waits for the last.
/// hops: a multiple of kHopsAPass.
const void* chase(const void* from, std::uint64_t hops);
inline constexpr std::uint64_t kHopsAPass = 64;

/// Follows `hops` pointers from each of `heads` at once, and leaves there where each one ended.
/// heads: 1, 2, 4, 8, 16 or 32 of them; others are not followed (false).
bool chase_parallel(std::span<const void*> heads, std::uint64_t hops);
inline constexpr std::size_t kMostChains = 32;

}  // namespace assay::memory
