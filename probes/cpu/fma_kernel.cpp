#include "probes/cpu/fma_kernel.h"

#include <cmath>
#include <cstring>

namespace assay::cpu {
namespace {

using host::Isa;

#if defined(__x86_64__)
// A pass of the loop is 96 fused operations of 12 chains, 192 of 24, or 192 separate ones. A block
// is 336 000 of them: at two a cycle and 2.7 GHz some 62 us, on a core of half that width 125 us.
constexpr std::uint64_t kFusedIterations = 3500;
constexpr std::uint64_t kWideIterations = 1750;
constexpr std::uint64_t kSeparateIterations = 1750;
constexpr std::array kKernels{
    FmaKernel{Isa::sse2, Precision::double_precision, "mul_add", 12, 2, kSeparateIterations,
              &double_sse2},
    FmaKernel{Isa::sse2, Precision::single_precision, "mul_add", 12, 4, kSeparateIterations,
              &single_sse2},
    FmaKernel{Isa::avx, Precision::double_precision, "mul_add", 12, 4, kSeparateIterations,
              &double_avx},
    FmaKernel{Isa::avx, Precision::single_precision, "mul_add", 12, 8, kSeparateIterations,
              &single_avx},
    FmaKernel{Isa::avx2, Precision::double_precision, "fma", 12, 4, kFusedIterations, &double_avx2},
    FmaKernel{Isa::avx2, Precision::single_precision, "fma", 12, 8, kFusedIterations, &single_avx2},
    FmaKernel{Isa::avx512, Precision::double_precision, "fma", 24, 8, kWideIterations,
              &double_avx512},
    FmaKernel{Isa::avx512, Precision::single_precision, "fma", 24, 16, kWideIterations,
              &single_avx512},
};
#endif

template <class Number>
Number start_value(const FmaKernel& kernel, std::size_t chain, std::size_t lane) {
    const std::size_t index = chain * kernel.lanes + lane;
    const std::size_t count = kernel.chains * kernel.lanes;
    return static_cast<Number>(1) + static_cast<Number>(index) / static_cast<Number>(count);
}

/// One step of the recurrence, rounded as the kernel rounds.
template <class Number>
Number stepped(const FmaKernel& kernel, Number x, Number factor, Number addend) {
    if (kernel.operation == "fma")
        return std::fma(x, factor, addend);
    const Number product = x * factor;
    return product + addend;
}

template <class Number>
FoldedBits answer(const FmaKernel& kernel, std::uint64_t iterations) {
    using Constants = Recurrence<Number>;
    std::array<Number, kMostVectorBytes / sizeof(Number)> lanes_of_chain{};
    FoldedBits folded;
    for (std::size_t chain = 0; chain < kernel.chains; ++chain) {
        for (std::size_t lane = 0; lane < kernel.lanes; ++lane)
            lanes_of_chain[lane] = start_value<Number>(kernel, chain, lane);
        for (std::uint64_t pair = 0; pair < iterations * kPairsPerIteration; ++pair)
            for (std::size_t lane = 0; lane < kernel.lanes; ++lane) {
                Number& x = lanes_of_chain[lane];
                x = stepped(kernel, x, Constants::kGrow, Constants::kStep);
                x = stepped(kernel, x, Constants::kShrink, -Constants::kStep);
            }
        FoldedBits bits;
        std::memcpy(bits.words.data(), lanes_of_chain.data(), kernel.lanes * sizeof(Number));
        for (std::size_t word = 0; word < folded.words.size(); ++word)
            folded.words[word] ^= bits.words[word];
    }
    return folded;
}

template <class Number>
void fill(const FmaKernel& kernel, ChainValues& values) {
    for (std::size_t chain = 0; chain < kernel.chains; ++chain)
        for (std::size_t lane = 0; lane < kernel.lanes; ++lane) {
            const Number value = start_value<Number>(kernel, chain, lane);
            std::memcpy(values.bytes.data() + (chain * kernel.lanes + lane) * sizeof(Number),
                        &value, sizeof value);
        }
}

}  // namespace

std::string_view name_of(Precision precision) {
    return precision == Precision::single_precision ? "single" : "double";
}

std::span<const FmaKernel> fma_kernels() {
#if defined(__x86_64__)
    return kKernels;
#else
    return {};
#endif
}

ChainValues start_values(const FmaKernel& kernel) {
    ChainValues values{};
    if (kernel.precision == Precision::double_precision)
        fill<double>(kernel, values);
    else
        fill<float>(kernel, values);
    return values;
}

FoldedBits known_answer(const FmaKernel& kernel, std::uint64_t iterations) {
    return kernel.precision == Precision::double_precision ? answer<double>(kernel, iterations)
                                                           : answer<float>(kernel, iterations);
}

}  // namespace assay::cpu
