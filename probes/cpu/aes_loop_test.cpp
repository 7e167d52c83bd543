// What the compiler made of the AES kernels: one whose states are spilled, or whose rounds were
// folded away, is no ceiling.

#include <gtest/gtest.h>

#include <string>

#include "probes/cpu/aes_kernel.h"
#include "tests/support/disassembly.h"

namespace assay::cpu {
namespace {

struct Loop {
    const char* function;
    const char* register_name;  ///< of its vectors
    const char* round;          ///< mnemonic, with the blank behind it
    const char* last_round;
};

class AesLoopTest : public testing::TestWithParam<Loop> {};

TEST_P(AesLoopTest, DoesAllRoundsOfAllStatesInRegisters) {
    if (test::is_sanitized())
        GTEST_SKIP() << "sanitizers rewrite the loops";
    const auto lines = test::disassembly_of(std::string("assay::cpu::") + GetParam().function);
    if (lines.empty())
        GTEST_SKIP() << "no objdump here, or no symbols";
    const auto loop = test::loop_of(lines);
    ASSERT_FALSE(loop.empty()) << "no loop found in " << GetParam().function;
    const char* const vectors = GetParam().register_name;
    EXPECT_EQ(test::lines_with(loop, GetParam().round, vectors), kAesStates * (kAesRounds - 1));
    EXPECT_EQ(test::lines_with(loop, GetParam().last_round, vectors), kAesStates);
    for (const std::string& line : loop)
        EXPECT_EQ(line.find("(%rsp"), std::string::npos) << "a state is spilled: " << line;
}

INSTANTIATE_TEST_SUITE_P(Every, AesLoopTest,
                         testing::Values(Loop{"aes_ni", "%xmm", "aesenc ", "aesenclast "},
                                         Loop{"aes_vaes256", "%ymm", "vaesenc ", "vaesenclast "},
                                         Loop{"aes_vaes512", "%zmm", "vaesenc ", "vaesenclast "}),
                         [](const auto& row) { return std::string(row.param.function); });

}  // namespace
}  // namespace assay::cpu
