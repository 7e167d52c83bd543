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
    int additions;  ///< and subtractions, of vectors
    int chained;    ///< multiplications of general registers
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
    int additions = 0;
    for (const char* mnemonic : {"addp", "subp", "vaddp", "vsubp"})
        additions += lines_with(loop, mnemonic, GetParam().register_name);
    EXPECT_EQ(additions, GetParam().additions);
    EXPECT_EQ(lines_with(loop, "imul ", ",%e") + lines_with(loop, "imul ", ",%r"),
              GetParam().chained);
    for (const std::string& line : loop)
        EXPECT_EQ(line.find('('), std::string::npos) << "memory operand in the loop: " << line;
}

// A target attribute that leaked into other code would make an older processor fault.
TEST(FmaLoop, NoFunctionBesideTheKernelsOf512BitsUsesTheirRegisters) {
    if (is_sanitized())
        GTEST_SKIP() << "sanitizers rewrite the code";
    const std::string command =
        "objdump -d --no-show-raw-insn -C /proc/" + std::to_string(getpid()) +
        "/exe 2>/dev/null | awk '/>:$/ { name = $0 } /%zmm/ { print name }' | uniq";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
    std::array<char, 1024> line{};
    int functions = 0;
    while (pipe && fgets(line.data(), line.size(), pipe.get()) != nullptr) {
        ++functions;
        const std::string name = line.data();
        EXPECT_TRUE(name.find("avx512") != std::string::npos ||
                    name.find("vaes512") != std::string::npos)
            << name;
    }
    if (functions == 0)
        GTEST_SKIP() << "no objdump here, or no symbols";
    EXPECT_GE(functions, 7) << "two kernels alone, two with additions, three blends";
}

INSTANTIATE_TEST_SUITE_P(
    Every, FmaLoopTest,
    testing::Values(
        Loop{"double_sse2", "%xmm", 0, 96, 96, 0}, Loop{"single_sse2", "%xmm", 0, 96, 96, 0},
        Loop{"double_avx", "%ymm", 0, 96, 96, 0}, Loop{"single_avx", "%ymm", 0, 96, 96, 0},
        Loop{"double_avx2", "%ymm", 96, 0, 0, 0}, Loop{"single_avx2", "%ymm", 96, 0, 0, 0},
        Loop{"double_add_avx2", "%ymm", 48, 0, 48, 0},
        Loop{"single_add_avx2", "%ymm", 48, 0, 48, 0}, Loop{"double_avx512", "%zmm", 192, 0, 0, 0},
        Loop{"single_avx512", "%zmm", 192, 0, 0, 0},
        Loop{"double_add_avx512", "%zmm", 48, 0, 48, 0},
        Loop{"single_add_avx512", "%zmm", 48, 0, 48, 0}, Loop{"dense_avx2", "%ymm", 48, 0, 0, 12},
        Loop{"medium_avx2", "%ymm", 24, 0, 0, 12}, Loop{"sparse_avx2", "%ymm", 24, 0, 0, 24},
        Loop{"dense_avx512", "%zmm", 48, 0, 0, 12}, Loop{"medium_avx512", "%zmm", 24, 0, 0, 12},
        Loop{"sparse_avx512", "%zmm", 24, 0, 0, 24}),
    [](const auto& row) { return std::string(row.param.function); });

}  // namespace
}  // namespace assay::cpu
