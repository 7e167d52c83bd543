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
