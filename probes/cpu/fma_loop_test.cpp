// What the compiler made of the kernels, read from this very program with objdump: a kernel whose
// accumulators are spilled, or whose work was folded away, measures something else.

#include <gtest/gtest.h>

#include <string>

#include "probes/cpu/fma_kernel.h"
#include "tests/support/disassembly.h"

namespace assay::cpu {
namespace {

using test::disassembly_of;
using test::is_sanitized;
using test::lines_with;
using test::loop_of;

struct Loop {
    const char* function;
    const char* register_name;  ///< of its vectors
    int fused;                  ///< vfm* in the loop
    int multiplications;
};

class FmaLoopTest : public testing::TestWithParam<Loop> {};

TEST_P(FmaLoopTest, DoesAllItsOperationsInRegisters) {
    if (is_sanitized())
        GTEST_SKIP() << "sanitizers rewrite the loops";
    const auto lines = disassembly_of(std::string("assay::cpu::") + GetParam().function);
    if (lines.empty())
        GTEST_SKIP() << "no objdump here, or no symbols";
    const auto loop = loop_of(lines);
    ASSERT_FALSE(loop.empty()) << "no loop found in " << GetParam().function;
    EXPECT_EQ(lines_with(loop, "vfm", GetParam().register_name) +
                  lines_with(loop, "vfnm", GetParam().register_name),
              GetParam().fused);
    EXPECT_EQ(lines_with(loop, "mulp", GetParam().register_name) +
                  lines_with(loop, "vmulp", GetParam().register_name),
              GetParam().multiplications);
    for (const std::string& line : loop)
        EXPECT_EQ(line.find('('), std::string::npos) << "memory operand in the loop: " << line;
}

INSTANTIATE_TEST_SUITE_P(
    Every, FmaLoopTest,
    testing::Values(Loop{"double_sse2", "%xmm", 0, 96}, Loop{"single_sse2", "%xmm", 0, 96},
                    Loop{"double_avx", "%ymm", 0, 96}, Loop{"single_avx", "%ymm", 0, 96},
                    Loop{"double_avx2", "%ymm", 96, 0}, Loop{"single_avx2", "%ymm", 96, 0},
                    Loop{"double_avx512", "%zmm", 192, 0}, Loop{"single_avx512", "%zmm", 192, 0}),
    [](const auto& row) { return std::string(row.param.function); });

}  // namespace
}  // namespace assay::cpu
