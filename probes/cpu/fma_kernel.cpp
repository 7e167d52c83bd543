#include "probes/cpu/fma_kernel.h"

#include <cmath>
#include <cstring>
#include <string>

namespace assay::cpu {
namespace {

using host::Isa;

#if defined(__x86_64__)
// A pass of the loop is 96 fused operations of 12 chains, 192 of 24, or 192 separate ones. A block
// is 336 000 of them: at two a cycle and 2.7 GHz some 62 us, on a core of half that width 125 us.
constexpr std::uint64_t kFusedIterations = 3500;
constexpr std::uint64_t kWideIterations = 1750;
constexpr std::uint64_t kSeparateIterations = 1750;
// Latency 4, two a cycle: 8 chains of multiply-adds; latency 3, two a cycle: 6 of additions. They
// and the two constants fill the 16 registers; with 32 there is room for 12 of each.
constexpr std::size_t kAddedChains = 6, kFusedAndAddedChains = 8 + kAddedChains;
constexpr std::size_t kWideAddedChains = 12, kWideFusedAndAddedChains = 12 + kWideAddedChains;
constexpr auto kBoth = Recurrence::fused_and_added;
constexpr auto kAlone = Recurrence::grow_and_shrink;
constexpr auto kDouble = Precision::double_precision;
constexpr auto kSingle = Precision::single_precision;
constexpr std::array kKernels{
    FmaKernel{Isa::sse2, kDouble, "mul_add", 12, 2, kSeparateIterations, &double_sse2, kAlone, 0},
    FmaKernel{Isa::sse2, kSingle, "mul_add", 12, 4, kSeparateIterations, &single_sse2, kAlone, 0},
    FmaKernel{Isa::avx, kDouble, "mul_add", 12, 4, kSeparateIterations, &double_avx, kAlone, 0},
    FmaKernel{Isa::avx, kSingle, "mul_add", 12, 8, kSeparateIterations, &single_avx, kAlone, 0},
    FmaKernel{Isa::avx2, kDouble, "fma", 12, 4, kFusedIterations, &double_avx2, kAlone, 0},
    FmaKernel{Isa::avx2, kSingle, "fma", 12, 8, kFusedIterations, &single_avx2, kAlone, 0},
    FmaKernel{Isa::avx2, kDouble, "fma_add", kFusedAndAddedChains, 4, kFusedIterations,
              &double_add_avx2, kBoth, kAddedChains},
    FmaKernel{Isa::avx2, kSingle, "fma_add", kFusedAndAddedChains, 8, kFusedIterations,
              &single_add_avx2, kBoth, kAddedChains},
    FmaKernel{Isa::avx512, kDouble, "fma", 24, 8, kWideIterations, &double_avx512, kAlone, 0},
    FmaKernel{Isa::avx512, kSingle, "fma", 24, 16, kWideIterations, &single_avx512, kAlone, 0},
    FmaKernel{Isa::avx512, kDouble, "fma_add", kWideFusedAndAddedChains, 8, kFusedIterations,
              &double_add_avx512, kBoth, kWideAddedChains},
    FmaKernel{Isa::avx512, kSingle, "fma_add", kWideFusedAndAddedChains, 16, kFusedIterations,
              &single_add_avx512, kBoth, kWideAddedChains},
};
#elif defined(__aarch64__)
constexpr std::uint64_t kWideIterations = 1750;  // as above: 24 chains
constexpr std::array kKernels{
    FmaKernel{Isa::neon, Precision::double_precision, "fma", 24, 2, kWideIterations, &double_neon,
              Recurrence::accumulate, 0},
    FmaKernel{Isa::neon, Precision::single_precision, "fma", 24, 4, kWideIterations, &single_neon,
              Recurrence::accumulate, 0},
};
#endif

using Constants = std::array<double, kConstantCount>;

Constants measuring_constants(Recurrence recurrence) {
    switch (recurrence) {
        case Recurrence::grow_and_shrink:
            return {1.2599210498948732, 0.7937000125004981, 0.0009765678901234, 0};
        case Recurrence::fused_and_added:
            // The factor is near -1, so that a value swings between two others and settles by a
            // part in 16 000 each step; with the addend it moves the other chains a little further.
            return {-0.99993715182736, 1.0000917531893, 0, 0};
        case Recurrence::accumulate:
            return {0.7937000125004981, 1.2599210498948732, 1.1224620483093730, 0.8907213170459011};
    }
    return {};
}

// Moves by one: 2x + 2, then half of it less 2; x + 1; x + 2 x 1 - 1 x 1.
Constants whole_constants(Recurrence recurrence) {
    switch (recurrence) {
        case Recurrence::grow_and_shrink:
            return {2, 0.5, 2, 0};
        case Recurrence::fused_and_added:
            return {1, 1, 0, 0};
        case Recurrence::accumulate:
            return {2, 1, 1, 1};
    }
    return {};
}

/// Pairs of steps that one pass of the loop takes a chain through.
std::uint64_t pairs_per_iteration(const FmaKernel& kernel, std::size_t chain) {
    if (kernel.recurrence != Recurrence::fused_and_added)
        return kPairsPerIteration;
    const bool fused = chain < kernel.fused_chains();
    return kFusedPerIteration / (fused ? kernel.fused_chains() : kernel.added_chains) / 2;
}

/// By how much a pair of steps moves a whole number.
std::int64_t whole_move(Recurrence recurrence) {
    switch (recurrence) {
        case Recurrence::grow_and_shrink:
            return -1;
        case Recurrence::accumulate:
            return 1;
        case Recurrence::fused_and_added:
            return 2;
    }
    return 0;
}

// Spread by the golden ratio, so that no two chains are apart by a round number: additions move
// both alike, and their bits would cancel in the exclusive or for any number of steps.
template <class Number>
Number start_value(const FmaKernel& kernel, std::size_t chain, std::size_t lane) {
    constexpr double kGoldenRatio = 0.6180339887498949;
    const double turns = static_cast<double>(chain * kernel.lanes + lane) * kGoldenRatio;
    return static_cast<Number>(1 + (turns - std::floor(turns)));
}

/// Each lane of each chain another whole number, apart by more than a block's moves would hide.
template <class Number>
Number whole_value(const FmaKernel& kernel, std::size_t chain, std::size_t lane) {
    constexpr std::size_t kApart = 1021;
    return static_cast<Number>((chain * kernel.lanes + lane + 1) * kApart);
}

/// One multiply-add of the recurrence, rounded as the kernel rounds.
template <class Number>
Number stepped(const FmaKernel& kernel, Number x, Number factor, Number addend) {
    if (kernel.operation != "mul_add")
        return std::fma(x, factor, addend);
    const Number product = x * factor;
    return product + addend;
}

/// What `pairs` pairs of steps make of one value of a chain.
template <class Number>
Number replayed(const FmaKernel& kernel, const std::array<Number, kConstantCount>& constants,
                std::size_t chain, std::uint64_t pairs, Number x) {
    switch (kernel.recurrence) {
        case Recurrence::grow_and_shrink:
            for (std::uint64_t pair = 0; pair < pairs; ++pair) {
                x = stepped(kernel, x, constants[kGrow], constants[kStep]);
                x = stepped(kernel, x, constants[kShrink], -constants[kStep]);
            }
            return x;
        case Recurrence::accumulate:
            for (std::uint64_t pair = 0; pair < pairs; ++pair) {
                x = std::fma(constants[kFirst], constants[kSecond], x);
                x = std::fma(-constants[kThird], constants[kFourth], x);
            }
            return x;
        case Recurrence::fused_and_added:
            break;
    }
    for (std::uint64_t pair = 0; pair < pairs; ++pair)
        if (chain < kernel.fused_chains()) {
            x = std::fma(x, constants[kFactor], constants[kAddend]);
            x = std::fma(x, constants[kFactor], constants[kAddend]);
        } else {
            x += constants[kAddend];
            x += constants[kFactor];
        }
    return x;
}

/// The exclusive or over the chains of what `value_of(chain, lane)` gives.
template <class Number, class ValueOf>
FoldedBits folded(const FmaKernel& kernel, const ValueOf& value_of) {
    FoldedBits result;
    for (std::size_t chain = 0; chain < kernel.chains; ++chain) {
        std::array<Number, kMostVectorBytes / sizeof(Number)> lanes{};
        for (std::size_t lane = 0; lane < kernel.lanes; ++lane)
            lanes[lane] = value_of(chain, lane);
        FoldedBits bits;
        std::memcpy(bits.words.data(), lanes.data(), kernel.lanes * sizeof(Number));
        for (std::size_t word = 0; word < result.words.size(); ++word)
            result.words[word] ^= bits.words[word];
    }
    return result;
}

/// `pairs_of(chain)`: how many pairs of steps a chain has taken.
template <class Number, class PairsOf>
FoldedBits answer(const FmaKernel& kernel, const PairsOf& pairs_of) {
    std::array<Number, kConstantCount> constants{};
    const Constants wide = measuring_constants(kernel.recurrence);
    for (std::size_t index = 0; index < wide.size(); ++index)
        constants[index] = static_cast<Number>(wide[index]);
    return folded<Number>(kernel, [&](std::size_t chain, std::size_t lane) {
        return replayed(kernel, constants, chain, pairs_of(chain),
                        start_value<Number>(kernel, chain, lane));
    });
}

template <class Number>
FoldedBits answer_in_whole_numbers(const FmaKernel& kernel, std::uint64_t iterations) {
    return folded<Number>(kernel, [&](std::size_t chain, std::size_t lane) {
        const std::int64_t moved =
            whole_move(kernel.recurrence) *
            static_cast<std::int64_t>(pairs_per_iteration(kernel, chain) * iterations);
        return whole_value<Number>(kernel, chain, lane) + static_cast<Number>(moved);
    });
}

template <class Number>
void fill(const FmaKernel& kernel, Number (*value_of)(const FmaKernel&, std::size_t, std::size_t),
          ChainValues& values) {
    for (std::size_t chain = 0; chain < kernel.chains; ++chain)
        for (std::size_t lane = 0; lane < kernel.lanes; ++lane) {
            const Number value = value_of(kernel, chain, lane);
            std::memcpy(values.bytes.data() + (chain * kernel.lanes + lane) * sizeof(Number),
                        &value, sizeof value);
        }
}

bool is_double(const FmaKernel& kernel) {
    return kernel.precision == Precision::double_precision;
}

}  // namespace

std::string_view name_of(Precision precision) {
    return precision == Precision::single_precision ? "single" : "double";
}

std::span<const FmaKernel> fma_kernels() {
#if defined(__x86_64__) || defined(__aarch64__)
    return kKernels;
#else
    return {};
#endif
}

ChainValues start_values(const FmaKernel& kernel) {
    ChainValues values{};
    values.constants = measuring_constants(kernel.recurrence);
    if (is_double(kernel))
        fill<double>(kernel, &start_value<double>, values);
    else
        fill<float>(kernel, &start_value<float>, values);
    return values;
}

FoldedBits known_answer(const FmaKernel& kernel, std::uint64_t iterations) {
    const auto pairs_of = [&](std::size_t chain) {
        return pairs_per_iteration(kernel, chain) * iterations;
    };
    return is_double(kernel) ? answer<double>(kernel, pairs_of) : answer<float>(kernel, pairs_of);
}

FoldedBits known_answer_of_pairs(const FmaKernel& kernel, std::uint64_t pairs) {
    const auto pairs_of = [&](std::size_t) { return pairs; };
    return is_double(kernel) ? answer<double>(kernel, pairs_of) : answer<float>(kernel, pairs_of);
}

ChainValues whole_values(const FmaKernel& kernel) {
    ChainValues values{};
    values.constants = whole_constants(kernel.recurrence);
    if (is_double(kernel))
        fill<double>(kernel, &whole_value<double>, values);
    else
        fill<float>(kernel, &whole_value<float>, values);
    return values;
}

FoldedBits whole_answer(const FmaKernel& kernel, std::uint64_t iterations) {
    return is_double(kernel) ? answer_in_whole_numbers<double>(kernel, iterations)
                             : answer_in_whole_numbers<float>(kernel, iterations);
}

Expected<void> self_test(const FmaKernel& kernel) {
    const ChainValues start = whole_values(kernel);
    for (const std::uint64_t iterations : {1u, 2u, 97u}) {
        FoldedBits left;
        kernel.run(start, iterations, left);
        if (left != whole_answer(kernel, iterations))
            return failure(ErrorKind::internal,
                           "self-test of the " + std::string(name_of(kernel.precision)) + " " +
                               std::string(host::name_of(kernel.isa)) + " " +
                               std::string(kernel.operation) +
                               " kernel: whole numbers came out wrong, so it does not do the "
                               "operations that it counts, or this processor computes wrongly; "
                               "report this as a bug, with `assay version`");
    }
    return {};
}

}  // namespace assay::cpu
