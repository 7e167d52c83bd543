#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "probes/cpu/fma_kernel.h"

/// Kernels that show the clock of a core whose vector units work: a chain of dependent operations
/// on one register (as in scalar_clock.h), with vector multiply-adds in its shadow. As long as the
/// units could do more multiply-adds a cycle than stand beside the chain, the chain alone sets the
/// time.
namespace assay::cpu {

struct BlendKernel {
    FmaKernel vectors;  ///< what is done beside the chain, as a kernel of its own: `run` is empty
    std::uint64_t cycles_per_iteration;        ///< of the chain
    std::uint64_t vector_steps_per_iteration;  ///< multiply-adds of whole vectors
    std::uint64_t iterations_per_block;        ///< some 50 us
    std::uint64_t (*run)(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);

    constexpr double steps_per_cycle() const {
        return static_cast<double>(vector_steps_per_iteration) /
               static_cast<double>(cycles_per_iteration);
    }
};

/// Those of one instruction set, densest first: 4/3, 2/3 and 1/3 multiply-adds a cycle. Empty where
/// it has none (no FMA).
std::vector<BlendKernel> blend_kernels(host::Isa isa);

/// Cycles of the chain after every fourth step of a vector, 12 vectors taking 4 or 2 steps each in
/// an iteration.
inline constexpr int kBlendChains = 12;
inline constexpr int kDenseCycles = 3;
inline constexpr int kMediumCycles = 6;
inline constexpr int kSparseCycles = 12;
/// An operation of the chain takes so many. x86-64: multiplies 32 bits by `kBlendFactor`; others:
/// add `kBlendAddend`.
#if defined(__x86_64__)
inline constexpr int kBlendLatency = 3;
#else
inline constexpr int kBlendLatency = 1;
#endif
inline constexpr std::uint32_t kBlendFactor = 0x9e3779b9u;
inline constexpr std::uint64_t kBlendAddend = 0x9e3779b97f4a7c15u;
/// What the chain must leave; it starts at `iterations`, made odd where it multiplies.
std::uint64_t known_chain(const BlendKernel& kernel, std::uint64_t iterations);
/// What the vectors must leave.
FoldedBits known_vectors(const BlendKernel& kernel, std::uint64_t iterations);

#if defined(__x86_64__)
std::uint64_t dense_avx2(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
std::uint64_t medium_avx2(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
std::uint64_t sparse_avx2(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
std::uint64_t dense_avx512(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
std::uint64_t medium_avx512(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
std::uint64_t sparse_avx512(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
#elif defined(__aarch64__)
std::uint64_t dense_neon(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
std::uint64_t medium_neon(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
std::uint64_t sparse_neon(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);
#endif

}  // namespace assay::cpu
