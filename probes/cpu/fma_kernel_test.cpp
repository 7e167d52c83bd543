#include "probes/cpu/fma_kernel.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

namespace assay::cpu {
namespace {

class FmaKernelTest : public testing::TestWithParam<FmaKernel> {
  protected:
    void SetUp() override {
        if (!host::supports(GetParam().isa))
            GTEST_SKIP() << "this processor has no " << host::name_of(GetParam().isa);
    }
};

FoldedBits run(const FmaKernel& kernel, std::uint64_t iterations) {
    FoldedBits folded;
    kernel.run(start_values(kernel), iterations, folded);
    return folded;
}

TEST_P(FmaKernelTest, LeavesTheBitsThatScalarCodeComputes) {
    for (const std::uint64_t iterations : {1u, 2u, 3u, 100u})
        EXPECT_EQ(run(GetParam(), iterations), known_answer(GetParam(), iterations))
            << iterations << " iterations";
    const std::uint64_t block = GetParam().iterations_per_block;
    EXPECT_EQ(run(GetParam(), block), known_answer(GetParam(), block));
}

TEST_P(FmaKernelTest, OneIterationMoreOrLessLeavesOtherBits) {
    const std::uint64_t block = GetParam().iterations_per_block;
    EXPECT_NE(run(GetParam(), block - 1), known_answer(GetParam(), block));
    EXPECT_NE(run(GetParam(), block + 1), known_answer(GetParam(), block));
    EXPECT_NE(run(GetParam(), 0), known_answer(GetParam(), block));
}

TEST_P(FmaKernelTest, AMissingLaneOrChainLeavesOtherBits) {
    const FmaKernel& kernel = GetParam();
    const std::size_t number_bytes =
        kernel.precision == Precision::double_precision ? sizeof(double) : sizeof(float);
    for (const std::size_t chain : {std::size_t{0}, kernel.chains - 1})
        for (const std::size_t lane : {std::size_t{0}, kernel.lanes - 1}) {
            ChainValues values = start_values(kernel);
            // Another start value of one lane stands for a lane that was left out.
            values.bytes[(chain * kernel.lanes + lane) * number_bytes] ^= std::byte{0x40};
            FoldedBits folded;
            kernel.run(values, 100, folded);
            EXPECT_NE(folded, known_answer(kernel, 100)) << "chain " << chain << ", lane " << lane;
        }
}

TEST_P(FmaKernelTest, VectorFitsItsTier) {
    const FmaKernel& kernel = GetParam();
    const std::size_t number_bytes = kernel.precision == Precision::double_precision ? 8 : 4;
    const bool is_narrow = kernel.isa == host::Isa::sse2 || kernel.isa == host::Isa::neon;
    const std::size_t vector_bytes = kernel.isa == host::Isa::avx512 ? 64 : is_narrow ? 16 : 32;
    EXPECT_EQ(kernel.lanes * number_bytes, vector_bytes);
    EXPECT_GE(kernel.vector_operations_per_iteration(), 48u) << "in the loop";
    EXPECT_LE(kernel.chains, kMostChains);
    EXPECT_EQ(kernel.flops_per_iteration(), kernel.operation == "fma_add"
                                                ? kernel.lanes * (48 * 2 + 48)
                                                : kernel.chains * kernel.lanes * 16);
}

/// What the kernel leaves of whole numbers where one chain starts from `start` in each lane.
template <class Number>
FoldedBits left_from(const FmaKernel& kernel, std::size_t chain, std::uint64_t iterations,
                     Number start) {
    ChainValues values = whole_values(kernel);
    for (std::size_t lane = 0; lane < kernel.lanes; ++lane)
        std::memcpy(values.bytes.data() + (chain * kernel.lanes + lane) * sizeof(Number), &start,
                    sizeof start);
    FoldedBits folded;
    kernel.run(values, iterations, folded);
    return folded;
}

/// By how much the kernel moved a whole number of that chain: two runs that differ in its start
/// alone differ in the bits of its end alone, and one distance explains them. nullopt: none does.
template <class Number>
std::optional<int> distance_moved(const FmaKernel& kernel, std::size_t chain,
                                  std::uint64_t iterations) {
    constexpr Number kFar = 4096;
    std::uint64_t wanted = 0;
    const FoldedBits near = left_from<Number>(kernel, chain, iterations, 0);
    const FoldedBits far = left_from<Number>(kernel, chain, iterations, kFar);
    wanted = near.words[0] ^ far.words[0];
    for (int moved = -500; moved <= 500; ++moved) {
        std::array<Number, sizeof(std::uint64_t) / sizeof(Number)> from_zero{}, from_far{};
        from_zero.fill(static_cast<Number>(moved));
        from_far.fill(kFar + static_cast<Number>(moved));
        std::uint64_t zero_bits = 0, far_bits = 0;
        std::memcpy(&zero_bits, from_zero.data(), sizeof zero_bits);
        std::memcpy(&far_bits, from_far.data(), sizeof far_bits);
        if ((zero_bits ^ far_bits) == wanted)
            return moved;
    }
    return std::nullopt;
}

// Whole numbers: nothing rounds, so the distances that they moved count the operations exactly.
TEST_P(FmaKernelTest, DoesExactlyTheOperationsThatItCounts) {
    const FmaKernel& kernel = GetParam();
    constexpr std::uint64_t kIterations = 10;
    std::uint64_t flops = 0;
    for (std::size_t chain = 0; chain < kernel.chains; ++chain) {
        const auto moved = kernel.precision == Precision::double_precision
                               ? distance_moved<double>(kernel, chain, kIterations)
                               : distance_moved<float>(kernel, chain, kIterations);
        ASSERT_TRUE(moved) << "chain " << chain;
        // One a step where chains do one kind only, else one a pair of steps.
        const std::uint64_t steps_of_one = kernel.recurrence == Recurrence::fused_and_added ? 1 : 2;
        const std::uint64_t flops_of_a_step = chain < kernel.fused_chains() ? 2 : 1;
        flops += static_cast<std::uint64_t>(std::abs(*moved)) * steps_of_one * flops_of_a_step *
                 kernel.lanes;
    }
    EXPECT_EQ(flops, kernel.flops_per_iteration() * kIterations);
    const auto passed = self_test(kernel);
    EXPECT_TRUE(passed) << passed.error().message;
}

TEST_P(FmaKernelTest, TheSelfTestFailsIfOneStepOfOneChainIsMissing) {
    FmaKernel fewer = GetParam();
    static FmaFunction real = nullptr;
    static std::size_t high_byte = 0;  // of the first number
    real = fewer.run;
    high_byte = fewer.precision == Precision::double_precision ? 6 : 2;
    fewer.run = [](const ChainValues& start, std::uint64_t iterations, FoldedBits& folded) {
        real(start, iterations - 1, folded);
    };
    EXPECT_FALSE(self_test(fewer));
    fewer.run = [](const ChainValues& start, std::uint64_t iterations, FoldedBits& folded) {
        ChainValues other = start;
        other.bytes[high_byte] ^= std::byte{0x10};
        real(other, iterations, folded);
    };
    EXPECT_FALSE(self_test(fewer));
    fewer.run = [](const ChainValues&, std::uint64_t, FoldedBits&) {};
    const auto failed = self_test(fewer);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, ErrorKind::internal);
}

INSTANTIATE_TEST_SUITE_P(Every, FmaKernelTest, testing::ValuesIn(fma_kernels()),
                         [](const auto& row) {
                             return std::string(name_of(row.param.precision)) + "_" +
                                    std::string(host::name_of(row.param.isa)) + "_" +
                                    std::string(row.param.operation);
                         });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FmaKernelTest);

// By hand: one iteration is four pairs of steps on lane 0 of a kernel with one chain and one lane,
// which starts from 1.
TEST(KnownAnswer, IsTheRecurrenceOfTheHeader) {
    const FmaKernel tiny{host::Isa::sse2, Precision::double_precision, "fma", 1, 1, 1,
                         nullptr,         Recurrence::grow_and_shrink, 0};
    double x = 1;
    for (int pair = 0; pair < 4; ++pair) {
        x = std::fma(x, 1.2599210498948732, 0.0009765678901234);
        x = std::fma(x, 0.7937000125004981, -0.0009765678901234);
    }
    std::uint64_t bits = 0;
    std::memcpy(&bits, &x, sizeof bits);
    EXPECT_EQ(known_answer(tiny, 1).words[0], bits);
    EXPECT_EQ(known_answer(tiny, 1).words[1], 0u);
}

// Additions move all chains of a lane alike: their bits must not cancel in the exclusive or.
TEST(KnownAnswer, OfAdditionsAloneTellsTheirNumber) {
    for (const Precision precision : {Precision::double_precision, Precision::single_precision})
        for (const std::size_t chains : {std::size_t{6}, std::size_t{12}, std::size_t{24}}) {
            const FmaKernel added{host::Isa::avx2,
                                  precision,
                                  "fma_add",
                                  chains,
                                  4,
                                  1,
                                  nullptr,
                                  Recurrence::fused_and_added,
                                  chains};
            const FmaKernel accumulated{
                host::Isa::neon,        precision, "fma", chains, 4, 1, nullptr,
                Recurrence::accumulate, 0};
            for (const FmaKernel& kernel : {added, accumulated})
                for (const std::uint64_t iterations : {1u, 2u, 3u, 1749u, 1750u, 3500u})
                    EXPECT_NE(known_answer(kernel, iterations),
                              known_answer(kernel, iterations + 1))
                        << chains << " chains, " << iterations << " iterations";
        }
}

// Infinities, zeroes and denormals would change power and speed. A block takes 28 000 steps of a
// chain at most.
TEST(Recurrence, StaysNearItsStartForEveryStepOfABlock) {
    for (const FmaKernel& kernel : fma_kernels()) {
        ChainValues start = start_values(kernel);
        for (double first : {1.0, 1.5, 2.0}) {
            double x = first, y = first;
            const auto& constants = start.constants;
            for (int pair = 0; pair < 14'000; ++pair) {
                switch (kernel.recurrence) {
                    case Recurrence::grow_and_shrink:
                        x = std::fma(x, constants[kGrow], constants[kStep]);
                        x = std::fma(x, constants[kShrink], -constants[kStep]);
                        break;
                    case Recurrence::accumulate:
                        x = std::fma(constants[kFirst], constants[kSecond], x);
                        x = std::fma(-constants[kThird], constants[kFourth], x);
                        break;
                    case Recurrence::fused_and_added:
                        x = std::fma(x, constants[kFactor], constants[kAddend]);
                        x = std::fma(x, constants[kFactor], constants[kAddend]);
                        y = y + constants[kAddend] + constants[kFactor];
                        break;
                }
            }
            for (const double value : {x, y}) {
                EXPECT_LT(std::abs(value), 1000.0);
                EXPECT_GT(std::abs(value), 0.001);
            }
        }
    }
}

}  // namespace
}  // namespace assay::cpu
