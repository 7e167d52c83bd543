// What the compiler made of the kernels, read from this very program with objdump: a kernel whose
// accumulators are spilled, or whose work was folded away, measures something else.

#include <gtest/gtest.h>
#include <stdio.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "probes/cpu/fma_kernel.h"

namespace assay::cpu {
namespace {

struct Loop {
    const char* function;
    const char* register_name;  ///< of its vectors
    int fused;                  ///< vfm* in the loop
    int multiplications;
    int additions;          ///< and subtractions, of vectors
    int chained_additions;  ///< of general registers
};

bool is_sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#elif defined(__has_feature)
    return __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
    return false;
#endif
}

std::vector<std::string> disassembly_of(const std::string& function) {
    const std::string command =
        "objdump -d --no-show-raw-insn -C /proc/" + std::to_string(getpid()) +
        "/exe 2>/dev/null | sed -n '/<assay::cpu::" + function + "(.*>:$/,/^$/p'";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
    std::vector<std::string> lines;
    std::array<char, 512> line{};
    while (pipe && fgets(line.data(), line.size(), pipe.get()) != nullptr)
        lines.emplace_back(line.data());
    return lines;
}

/// The lines between the target of the last backward jump and the jump itself: the hot loop.
std::vector<std::string> loop_of(const std::vector<std::string>& lines) {
    const auto address_of = [](const std::string& line) {
        return std::strtoull(line.c_str(), nullptr, 16);
    };
    for (std::size_t jump = lines.size(); jump-- > 1;) {
        const auto at = lines[jump].find("\tj");
        if (at == std::string::npos || lines[jump].find("jmp") != std::string::npos)
            continue;
        const auto target_at = lines[jump].find_first_of(" ", at);
        const auto target = std::strtoull(lines[jump].c_str() + target_at, nullptr, 16);
        for (std::size_t line = 1; line < jump; ++line)
            if (address_of(lines[line]) == target)
                return {lines.begin() + static_cast<std::ptrdiff_t>(line),
                        lines.begin() + static_cast<std::ptrdiff_t>(jump)};
    }
    return {};
}

int lines_with(const std::vector<std::string>& lines, const std::string& mnemonic,
               const std::string& register_name) {
    int count = 0;
    for (const std::string& line : lines)
        count += line.find("\t" + mnemonic) != std::string::npos &&
                 line.find(register_name) != std::string::npos;
    return count;
}

class FmaLoopTest : public testing::TestWithParam<Loop> {};

TEST_P(FmaLoopTest, DoesAllItsOperationsInRegisters) {
    if (is_sanitized())
        GTEST_SKIP() << "sanitizers rewrite the loops";
    const auto lines = disassembly_of(GetParam().function);
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
    EXPECT_EQ(lines_with(loop, "add ", ",%r"), GetParam().chained_additions);
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
        EXPECT_NE(std::string(line.data()).find("avx512"), std::string::npos) << line.data();
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
        Loop{"single_add_avx512", "%zmm", 48, 0, 48, 0}, Loop{"dense_avx2", "%ymm", 48, 0, 0, 32},
        Loop{"medium_avx2", "%ymm", 24, 0, 0, 32}, Loop{"sparse_avx2", "%ymm", 12, 0, 0, 32},
        Loop{"dense_avx512", "%zmm", 48, 0, 0, 32}, Loop{"medium_avx512", "%zmm", 24, 0, 0, 32},
        Loop{"sparse_avx512", "%zmm", 12, 0, 0, 32}),
    [](const auto& row) { return std::string(row.param.function); });

}  // namespace
}  // namespace assay::cpu
