#include "probes/cpu/blend_kernel.h"

#include <array>

namespace assay::cpu {
namespace {

using Run = std::uint64_t (*)(const ChainValues&, std::uint64_t, FoldedBits&);

struct Density {
    std::size_t chains;       ///< of vectors
    std::uint64_t additions;  ///< in one pass of the loop
    std::uint64_t steps;      ///< of each chain in one pass, growing and shrinking in turn
    std::uint64_t iterations;
};
// A pass is 32 additions, or 48 Neon steps with the same share of additions. A block of 6250 passes
// is 200 000 cycles: 50 us at 4 GHz.
constexpr std::uint64_t kPasses = 6250;
constexpr std::array kDensities{Density{12, 32, 4, kPasses}, Density{12, 32, 2, kPasses},
                                Density{6, 32, 2, kPasses}};

[[maybe_unused]] BlendKernel kernel_of(host::Isa isa, std::size_t lanes, Recurrence recurrence,
                                       const Density& density, Run run) {
    return {.vectors = {isa, Precision::double_precision, "fma", density.chains, lanes,
                        density.iterations, nullptr, recurrence, 0},
            .additions_per_iteration = density.additions,
            .vector_steps_per_iteration = density.steps * density.chains,
            .iterations_per_block = density.iterations,
            .run = run};
}

[[maybe_unused]] std::vector<BlendKernel> rows_of(host::Isa isa, std::size_t lanes,
                                                  Recurrence recurrence,
                                                  const std::array<Run, kDensities.size()>& runs) {
    std::vector<BlendKernel> rows;
    for (std::size_t index = 0; index < runs.size(); ++index)
        rows.push_back(kernel_of(isa, lanes, recurrence, kDensities[index], runs[index]));
    return rows;
}

}  // namespace

std::vector<BlendKernel> blend_kernels(host::Isa isa) {
#if defined(__x86_64__)
    constexpr auto kForm = Recurrence::grow_and_shrink;
    if (isa == host::Isa::avx2)
        return rows_of(isa, 4, kForm, {&dense_avx2, &medium_avx2, &sparse_avx2});
    if (isa == host::Isa::avx512)
        return rows_of(isa, 8, kForm, {&dense_avx512, &medium_avx512, &sparse_avx512});
#elif defined(__aarch64__)
    if (isa == host::Isa::neon)
        return rows_of(isa, 2, Recurrence::accumulate, {&dense_neon, &medium_neon, &sparse_neon});
#else
    static_cast<void>(isa);
#endif
    return {};
}

std::uint64_t known_sum(const BlendKernel& kernel, std::uint64_t iterations) {
    return iterations + kernel.additions_per_iteration * iterations * kBlendAddend;
}

FoldedBits known_vectors(const BlendKernel& kernel, std::uint64_t iterations) {
    const std::uint64_t steps =
        iterations * kernel.vector_steps_per_iteration / kernel.vectors.chains;
    return known_answer_of_pairs(kernel.vectors, steps / 2);
}

}  // namespace assay::cpu
