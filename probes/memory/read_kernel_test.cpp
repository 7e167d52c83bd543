#include "probes/memory/read_kernel.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace assay::memory {
namespace {

struct alignas(64) Line {
    std::uint64_t words[8];
};

class ReadKernelTest : public testing::TestWithParam<ReadKernel> {
  protected:
    void SetUp() override {
        if (!host::supports(GetParam().isa))
            GTEST_SKIP() << "this processor has no " << GetParam().name;
    }
};

TEST_P(ReadKernelTest, AddsUpEveryWordOfTheFourStreamsAndNoOther) {
    constexpr std::size_t kStrideLines = 16;
    for (const std::size_t bytes : {std::size_t{0}, kReadUnitBytes, 3 * kReadUnitBytes}) {
        std::vector<Line> lines(kStreams * kStrideLines);
        std::uint64_t expected = 0;
        std::uint64_t value = 1;
        for (std::size_t line = 0; line < lines.size(); ++line)
            for (std::uint64_t& word : lines[line].words) {
                word = value;
                // Overflow is part of it: the sum is modulo 2^64.
                value = value * 6364136223846793005u + 1442695040888963407u;
                if (line % kStrideLines < bytes / sizeof(Line))
                    expected += word;
            }
        const auto* first = reinterpret_cast<const std::byte*>(lines.data());
        EXPECT_EQ(GetParam().read(first, kStrideLines * sizeof(Line), bytes), expected) << bytes;
    }
}

TEST_P(ReadKernelTest, EachSingleWordCounts) {
    std::vector<Line> lines(kStreams * kReadUnitBytes / sizeof(Line));
    const auto* first = reinterpret_cast<const std::byte*>(lines.data());
    for (Line& line : lines)
        for (std::uint64_t& word : line.words) {
            word = 77;
            EXPECT_EQ(GetParam().read(first, kReadUnitBytes, kReadUnitBytes), 77u);
            word = 0;
        }
}

INSTANTIATE_TEST_SUITE_P(Every, ReadKernelTest, testing::ValuesIn(read_kernels()),
                         [](const auto& row) { return std::string(row.param.name); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ReadKernelTest);

}  // namespace
}  // namespace assay::memory
