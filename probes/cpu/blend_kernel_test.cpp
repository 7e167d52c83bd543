#include "probes/cpu/blend_kernel.h"

#include <gtest/gtest.h>

namespace assay::cpu {
namespace {

class BlendKernelTest : public testing::TestWithParam<host::Isa> {
  protected:
    void SetUp() override {
        if (!host::supports(GetParam()))
            GTEST_SKIP() << "this processor has no " << host::name_of(GetParam());
        ASSERT_EQ(blend_kernels(GetParam()).size(), 3u);
    }
};

TEST_P(BlendKernelTest, LeavesTheSumAndTheBitsThatScalarCodeComputes) {
    for (const BlendKernel& kernel : blend_kernels(GetParam()))
        for (const std::uint64_t iterations :
             {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3}, kernel.iterations_per_block}) {
            FoldedBits folded;
            const std::uint64_t sum = kernel.run(start_values(kernel.vectors), iterations, folded);
            EXPECT_EQ(sum, known_chain(kernel, iterations));
            EXPECT_EQ(folded, known_vectors(kernel, iterations))
                << kernel.steps_per_cycle() << " steps a cycle, " << iterations << " iterations";
        }
}

TEST_P(BlendKernelTest, OneIterationMoreOrLessLeavesOtherValues) {
    for (const BlendKernel& kernel : blend_kernels(GetParam())) {
        FoldedBits folded;
        const std::uint64_t block = kernel.iterations_per_block;
        EXPECT_NE(kernel.run(start_values(kernel.vectors), block - 1, folded),
                  known_chain(kernel, block));
        EXPECT_NE(folded, known_vectors(kernel, block));
    }
}

TEST_P(BlendKernelTest, DensitiesHalveFromFourThirdsOfAMultiplyAddACycle) {
    const auto kernels = blend_kernels(GetParam());
    EXPECT_DOUBLE_EQ(kernels[0].steps_per_cycle(), 4.0 / 3);
    EXPECT_DOUBLE_EQ(kernels[1].steps_per_cycle(), 2.0 / 3);
    EXPECT_DOUBLE_EQ(kernels[2].steps_per_cycle(), 1.0 / 3);
}

INSTANTIATE_TEST_SUITE_P(Every, BlendKernelTest,
                         testing::Values(host::Isa::avx2, host::Isa::avx512, host::Isa::neon),
                         [](const auto& row) { return std::string(host::name_of(row.param)); });

TEST(BlendKernels, StandOnlyWhereThereAreMultiplyAdds) {
    EXPECT_TRUE(blend_kernels(host::Isa::sse2).empty());
    EXPECT_TRUE(blend_kernels(host::Isa::avx).empty());
}

}  // namespace
}  // namespace assay::cpu
