#include "probes/memory/store_kernel.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "probes/memory/word_pattern.h"

namespace assay::memory {
namespace {

struct alignas(64) Line {
    std::uint64_t words[8];
};
constexpr std::size_t kUnitLines = kStoreUnitBytes / sizeof(Line);
constexpr std::uint64_t kUntouched = 0x1111222233334444;

std::vector<Line> pattern(std::uint64_t first, std::size_t lines) {
    std::vector<Line> made(lines);
    write_pattern(first, {made.data()->words, lines * 8});
    return made;
}

class StoreKernelTest : public testing::TestWithParam<StoreKernel> {
  protected:
    void SetUp() override {
        if (!host::supports(GetParam().isa))
            GTEST_SKIP() << "this processor has no " << GetParam().name;
    }
};

TEST_P(StoreKernelTest, StoresWhatItsOperationSaysInItsBytesAndNowhereElse) {
    const StoreKernel& kernel = GetParam();
    const auto from = pattern(1000, 8 * kUnitLines), with = pattern(77777, 8 * kUnitLines);
    constexpr std::uint64_t kWord = 0x5a5a5a5a5a5a5a5a;
    for (const std::size_t units : {1u, 2u, 5u}) {
        Line untouched;
        for (std::uint64_t& word : untouched.words)
            word = kUntouched;
        std::vector<Line> to(8 * kUnitLines, untouched);
        const std::size_t lines = units * kUnitLines;
        kernel.run({.to = reinterpret_cast<std::byte*>(to.data() + kUnitLines),
                    .from = reinterpret_cast<const std::byte*>(from.data()),
                    .with = reinterpret_cast<const std::byte*>(with.data()),
                    .bytes = lines * sizeof(Line),
                    .word = kWord});
        for (std::size_t line = 0; line < to.size(); ++line)
            for (std::size_t at = 0; at < 8; ++at) {
                std::uint64_t expected = kUntouched;
                const std::uint64_t number = (line - kUnitLines) * 8 + at;
                if (line >= kUnitLines && line < kUnitLines + lines) {
                    // Checked against plain arithmetic, not against the closed form.
                    const double b = static_cast<double>((1ull << 52) + 8 * (1000 + number));
                    const double c = static_cast<double>((1ull << 52) + 8 * (77777 + number));
                    const double sum = b + 3 * c;
                    if (kernel.operation == Operation::write)
                        expected = kWord;
                    else
                        std::memcpy(&expected, kernel.operation == Operation::copy ? &b : &sum, 8);
                }
                ASSERT_EQ(to[line].words[at], expected) << line << ", " << at;
            }
    }
}

INSTANTIATE_TEST_SUITE_P(Every, StoreKernelTest, testing::ValuesIn(store_kernels()),
                         [](const auto& row) {
                             return std::string(name_of(row.param.operation)) + "_" +
                                    std::string(row.param.name) + "_" +
                                    std::string(row.param.stores);
                         });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreKernelTest);

}  // namespace
}  // namespace assay::memory
