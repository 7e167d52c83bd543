#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/core/error.h"
#include "engine/host/isa.h"

/// Kernels that keep the floating-point units as busy as they can be, one row each: what a row
/// says it does and the code that does it cannot drift apart.
///
/// Every lane of every chain computes the same recurrence from its own start value. Values stay
/// finite and near their start for any number of iterations that a round takes, while every single
/// operation changes most of the mantissa (operands such as 0, 1 or infinity would need less power
/// and flatter the clock). Fused rounding is exact, so the answer is the same bits on every
/// processor. The same code with whole numbers for constants counts its own operations: see
/// `self_test`.
namespace assay::cpu {

enum class Precision { single_precision, double_precision };
std::string_view name_of(Precision precision);  ///< "single", "double"

/// What a chain computes, step by step, and which constants it takes.
enum class Recurrence {
    /// x = x * grow + step, then x = x * shrink - step; grow * shrink is a little under 1.
    grow_and_shrink,
    /// Some chains x = x * factor + step; the others y = y + step, then y = y + factor. For cores
    /// that have adders beside their multiply-add units.
    fused_and_added,
    /// x = x + first * second, then x = x - third * fourth: the form of a processor whose
    /// multiply-add overwrites the addend.
    accumulate,
};
/// Places in ChainValues::constants, by recurrence.
inline constexpr std::size_t kGrow = 0, kShrink = 1, kStep = 2;
inline constexpr std::size_t kFactor = 0, kAddend = 1;
inline constexpr std::size_t kFirst = 0, kSecond = 1, kThird = 2, kFourth = 3;
inline constexpr std::size_t kConstantCount = 4;

inline constexpr std::size_t kMostChains = 24;
inline constexpr std::size_t kMostVectorBytes = 64;
/// Of steps, in one pass of a kernel's loop. With 2 every tenth block of 24 chains ran 2.4 % slower
/// on a Sapphire Rapids guest (2026): a loop this long leaves the branch no say in the schedule.
inline constexpr std::size_t kPairsPerIteration = 4;
/// Of multiply-adds, and as many additions, in one pass of a fused_and_added loop.
inline constexpr std::size_t kFusedPerIteration = 48;

/// The start values of all chains, [chains][lanes], chain-major, and the recurrence's constants.
struct alignas(kMostVectorBytes) ChainValues {
    std::array<std::byte, kMostChains * kMostVectorBytes> bytes;
    std::array<double, kConstantCount> constants;
};
/// The bits that a kernel leaves.
struct alignas(kMostVectorBytes) FoldedBits {
    std::array<std::uint64_t, kMostVectorBytes / sizeof(std::uint64_t)> words{};
    bool operator==(const FoldedBits&) const = default;
};

/// Runs `iterations` passes of the loop on every lane of every chain, and writes the exclusive or
/// of all chains' bits (one vector) to `folded`.
using FmaFunction = void (*)(const ChainValues& start, std::uint64_t iterations,
                             FoldedBits& folded);

struct FmaKernel {
    host::Isa isa;
    Precision precision;
    std::string_view operation;  ///< "fma", "fma_add", or "mul_add": two roundings, without FMA
    std::size_t chains;          ///< independent of each other: more than latency x throughput
    std::size_t lanes;           ///< numbers in a vector
    std::uint64_t iterations_per_block;  ///< some 50 to 150 us
    FmaFunction run;
    Recurrence recurrence = Recurrence::grow_and_shrink;
    std::size_t added_chains = 0;  ///< the last so many: additions only (fused_and_added)

    constexpr std::size_t fused_chains() const { return chains - added_chains; }
    /// A multiply-add is two operations on every lane, an addition one.
    constexpr std::uint64_t flops_per_iteration() const {
        if (recurrence == Recurrence::fused_and_added)
            return 3 * kFusedPerIteration * lanes;
        return kPairsPerIteration * 2 * 2 * chains * lanes;
    }
    /// Instructions on whole vectors.
    constexpr std::uint64_t vector_operations_per_iteration() const {
        if (recurrence == Recurrence::fused_and_added)
            return 2 * kFusedPerIteration;
        return kPairsPerIteration * 2 * chains * (operation == "mul_add" ? 2 : 1);
    }
    bool operator==(const FmaKernel&) const = default;
};

/// Every kernel of this build, narrowest first; empty on other processors than x86-64 and aarch64.
/// Whether the host can run a row: host::supports(row.isa).
std::span<const FmaKernel> fma_kernels();

/// Start values for a kernel: each lane of each chain another one between 1 and 2; the constants
/// are irrational.
ChainValues start_values(const FmaKernel& kernel);

/// What the kernel must leave after `iterations`, computed by scalar code. Some 10 to 50 ms
/// for a block.
FoldedBits known_answer(const FmaKernel& kernel, std::uint64_t iterations);
/// The same after so many pairs of steps of each chain, for a loop of another length. Not for
/// fused_and_added.
FoldedBits known_answer_of_pairs(const FmaKernel& kernel, std::uint64_t pairs);

/// Whole numbers, and constants with which each pair of steps (each single step, where chains do
/// one kind only) moves a value by exactly one. No operation rounds, so the value counts them.
ChainValues whole_values(const FmaKernel& kernel);
/// What the kernel must leave of whole_values: start plus or minus the steps that it claims, by
/// multiplication alone. iterations x steps must stay under 2^20, so that single precision is
/// exact.
FoldedBits whole_answer(const FmaKernel& kernel, std::uint64_t iterations);

/// Runs the kernel on whole numbers: it must do every operation that flops_per_iteration counts, no
/// more and no less. Microseconds. Errors: internal.
Expected<void> self_test(const FmaKernel& kernel);

#if defined(__x86_64__)
void double_sse2(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void single_sse2(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void double_avx(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void single_avx(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void double_avx2(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void single_avx2(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void double_avx512(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void single_avx512(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void double_add_avx2(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void single_add_avx2(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void double_add_avx512(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void single_add_avx512(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
#elif defined(__aarch64__)
void double_neon(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
void single_neon(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
#endif

}  // namespace assay::cpu
