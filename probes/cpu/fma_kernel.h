#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/host/isa.h"

/// Kernels that keep the floating-point units as busy as they can be, one row each: what a row
/// says it does and the code that does it cannot drift apart.
///
/// Every lane of every chain computes the same recurrence from its own start value, two steps in
/// turn: x = x * grow + step, then x = x * shrink - step. grow * shrink is a little under 1, so
/// that values stay finite and near their start for any number of iterations, while every single
/// operation changes most of the mantissa (operands such as 0, 1 or infinity would need less
/// power and flatter the clock). Fused rounding is exact, so the answer is the same bits on every
/// processor.
namespace assay::cpu {

enum class Precision { single_precision, double_precision };
std::string_view name_of(Precision precision);  ///< "single", "double"

template <class Number>
struct Recurrence {
    static constexpr Number kGrow = static_cast<Number>(1.2599210498948732);
    static constexpr Number kShrink = static_cast<Number>(0.7937000125004981);
    static constexpr Number kStep = static_cast<Number>(0.0009765678901234);
};

inline constexpr std::size_t kMostChains = 24;
inline constexpr std::size_t kMostVectorBytes = 64;
/// Of steps, in one pass of a kernel's loop. With 2 every tenth block of 24 chains ran 2.4 % slower
/// on a Sapphire Rapids guest (2026): a loop this long leaves the branch no say in the schedule.
inline constexpr std::size_t kPairsPerIteration = 4;

/// The start values of all chains, [chains][lanes], chain-major, and the bits that a kernel leaves.
struct alignas(kMostVectorBytes) ChainValues {
    std::array<std::byte, kMostChains * kMostVectorBytes> bytes;
};
struct alignas(kMostVectorBytes) FoldedBits {
    std::array<std::uint64_t, kMostVectorBytes / sizeof(std::uint64_t)> words{};
    bool operator==(const FoldedBits&) const = default;
};

/// Runs `iterations` of kPairsPerIteration step pairs on every lane of every chain, and writes the
/// exclusive or of all chains' bits (one vector) to `folded`.
using FmaFunction = void (*)(const ChainValues& start, std::uint64_t iterations,
                             FoldedBits& folded);

struct FmaKernel {
    host::Isa isa;
    Precision precision;
    std::string_view operation;  ///< "fma", or "mul_add": two roundings where there is no FMA
    std::size_t chains;          ///< independent of each other: more than latency x throughput
    std::size_t lanes;           ///< numbers in a vector
    std::uint64_t iterations_per_block;  ///< some 50 to 150 us
    FmaFunction run;

    /// A step is a multiplication and an addition: two operations on every lane of every chain.
    constexpr std::uint64_t flops_per_iteration() const {
        return 2 * 2 * kPairsPerIteration * chains * lanes;
    }
    bool operator==(const FmaKernel&) const = default;
};

/// Every kernel of this build, narrowest first; empty on a processor that is no x86-64. Whether
/// the host can run a row: host::supports(row.isa).
std::span<const FmaKernel> fma_kernels();

/// Start values for a kernel: each lane of each chain another one between 1 and 2.
ChainValues start_values(const FmaKernel& kernel);

/// What the kernel must leave after `iterations`, computed by scalar code. Some 10 to 50 ms
/// for a block.
FoldedBits known_answer(const FmaKernel& kernel, std::uint64_t iterations);

#if defined(__x86_64__)
void double_sse2(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void single_sse2(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void double_avx(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void single_avx(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void double_avx2(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void single_avx2(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void double_avx512(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void single_avx512(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
#endif

}  // namespace assay::cpu
