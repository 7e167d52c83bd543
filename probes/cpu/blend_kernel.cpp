#include "probes/cpu/blend_kernel.h"

#include <array>

#include "probes/cpu/scalar_clock.h"

namespace assay::cpu {
namespace {

using Run = std::uint64_t (*)(const ChainValues&, std::uint64_t, FoldedBits&);

struct Density {
    std::uint64_t steps;   ///< of each vector in an iteration, growing and shrinking in turn
    std::uint64_t cycles;  ///< after every fourth step
};
constexpr std::array kDensities{Density{4, kDenseCycles}, Density{2, kMediumCycles},
                                Density{2, kSparseCycles}};
constexpr std::uint64_t kCyclesOfABlock = 200'000;  // 50 us at 4 GHz

[[maybe_unused]] BlendKernel kernel_of(host::Isa isa, std::size_t lanes, Recurrence recurrence,
                                       const Density& density, Run run) {
    const std::uint64_t steps = density.steps * kBlendChains;
    const std::uint64_t cycles = steps / 4 * density.cycles;
    const std::uint64_t iterations = kCyclesOfABlock / cycles;
    return {.vectors = {isa, Precision::double_precision, "fma", kBlendChains, lanes, iterations,
                        nullptr, recurrence, 0},
            .cycles_per_iteration = cycles,
            .vector_steps_per_iteration = steps,
            .iterations_per_block = iterations,
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

std::uint64_t known_chain(const BlendKernel& kernel, std::uint64_t iterations) {
    const std::uint64_t operations =
        iterations * kernel.cycles_per_iteration / static_cast<std::uint64_t>(kBlendLatency);
#if defined(__x86_64__)
    return chain_product(static_cast<std::uint32_t>(iterations) | 1, kBlendFactor, operations);
#else
    return iterations + operations * kBlendAddend;
#endif
}

FoldedBits known_vectors(const BlendKernel& kernel, std::uint64_t iterations) {
    const std::uint64_t steps =
        iterations * kernel.vector_steps_per_iteration / kernel.vectors.chains;
    return known_answer_of_pairs(kernel.vectors, steps / 2);
}

}  // namespace assay::cpu
