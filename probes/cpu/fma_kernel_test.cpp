#include "probes/cpu/fma_kernel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
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
    const std::size_t vector_bytes = kernel.isa == host::Isa::avx512 ? 64
                                     : kernel.isa == host::Isa::sse2 ? 16
                                                                     : 32;
    EXPECT_EQ(kernel.lanes * number_bytes, vector_bytes);
    EXPECT_GE(kernel.chains * 2 * kPairsPerIteration, 48u) << "vector operations in the loop";
    EXPECT_EQ(kernel.flops_per_iteration(), kernel.chains * kernel.lanes * 16);
}

INSTANTIATE_TEST_SUITE_P(Every, FmaKernelTest, testing::ValuesIn(fma_kernels()),
                         [](const auto& row) {
                             return std::string(name_of(row.param.precision)) + "_" +
                                    std::string(host::name_of(row.param.isa));
                         });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FmaKernelTest);

// By hand: one iteration is four pairs of steps on lane 0 of a kernel with one chain and one lane,
// which starts from 1.
TEST(KnownAnswer, IsTheRecurrenceOfTheHeader) {
    const FmaKernel tiny{host::Isa::sse2, Precision::double_precision, "fma", 1, 1, 1, nullptr};
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

// Infinities, zeroes and denormals would change power and speed.
TEST(Recurrence, StaysNearItsStartForAnyNumberOfSteps) {
    for (double start : {1.0, 1.5, 2.0}) {
        auto wide = start;
        auto narrow = static_cast<float>(start);
        for (int pair = 0; pair < 1'000'000; ++pair) {
            wide = std::fma(wide, Recurrence<double>::kGrow, Recurrence<double>::kStep);
            wide = std::fma(wide, Recurrence<double>::kShrink, -Recurrence<double>::kStep);
            narrow = std::fma(narrow, Recurrence<float>::kGrow, Recurrence<float>::kStep);
            narrow = std::fma(narrow, Recurrence<float>::kShrink, -Recurrence<float>::kStep);
        }
        EXPECT_LT(std::abs(wide), 1000.0);
        EXPECT_GT(std::abs(wide), 0.001);
        EXPECT_LT(std::abs(narrow), 1000.0f);
        EXPECT_GT(std::abs(narrow), 0.001f);
    }
}

}  // namespace
}  // namespace assay::cpu
