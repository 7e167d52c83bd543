#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "probes/cpu/fma_kernel.h"

/// Kernels that show the clock of a core whose vector units work: a chain of dependent additions of
/// registers, one a cycle, with vector multiply-adds in its shadow. As long as the units could do
/// more multiply-adds a cycle than stand beside the additions, the additions alone set the time.
namespace assay::cpu {

struct BlendKernel {
    FmaKernel vectors;  ///< what is done beside the chain, as a kernel of its own: `run` is empty
    std::uint64_t additions_per_iteration;     ///< of the chain: cycles
    std::uint64_t vector_steps_per_iteration;  ///< multiply-adds of whole vectors
    std::uint64_t iterations_per_block;        ///< some 50 us
    std::uint64_t (*run)(const ChainValues& start, std::uint64_t iterations, FoldedBits& folded);

    constexpr double steps_per_cycle() const {
        return static_cast<double>(vector_steps_per_iteration) /
               static_cast<double>(additions_per_iteration);
    }
};

/// Those of one instruction set, densest first: 1.5, 0.75 and 0.375 multiply-adds a cycle. Empty
/// where it has none (no FMA).
std::vector<BlendKernel> blend_kernels(host::Isa isa);

/// The start value of the chain of additions, and what it must leave: each adds `kBlendAddend`.
inline constexpr std::uint64_t kBlendAddend = 0x9e3779b97f4a7c15u;
std::uint64_t known_sum(const BlendKernel& kernel, std::uint64_t iterations);
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
