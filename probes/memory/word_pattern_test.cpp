#include "probes/memory/word_pattern.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <numeric>
#include <set>
#include <vector>

#include "engine/core/histogram.h"

namespace assay::memory {
namespace {

TEST(WordPattern, HasTheSumOfItsWords) {
    for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{12345},
                                      std::uint64_t{1} << 37, ~std::uint64_t{0} - 5})
        for (const std::size_t count : {0u, 1u, 2u, 3u, 4u, 511u, 512u}) {
            std::vector<std::uint64_t> words(count);
            write_pattern(first, words);
            EXPECT_EQ(pattern_sum(first, count),
                      std::accumulate(words.begin(), words.end(), std::uint64_t{0}))
                << first << ", " << count;
        }
}

TEST(WordPattern, RunsOnWhereItWasCut) {
    std::vector<std::uint64_t> whole(100), parts(100);
    write_pattern(7, whole);
    write_pattern(7, std::span(parts).first(33));
    write_pattern(40, std::span(parts).subspan(33));
    EXPECT_EQ(whole, parts);
}

TEST(WordPattern, RepeatsNoWordAndHasNoZero) {
    std::vector<std::uint64_t> words(1 << 16);
    write_pattern(0, words);
    const std::set<std::uint64_t> distinct(words.begin(), words.end());
    EXPECT_EQ(distinct.size(), words.size());
    EXPECT_FALSE(distinct.contains(0));
}

TEST(WordPattern, ASingleOtherWordChangesTheSum) {
    std::vector<std::uint64_t> words(64);
    write_pattern(3, words);
    words[40] = words[41];
    EXPECT_NE(pattern_sum(3, 64), std::accumulate(words.begin(), words.end(), std::uint64_t{0}));
}

TEST(WordPattern, ATriadOfItIsExactInFloatingPoint) {
    for (const std::uint64_t first :
         {std::uint64_t{0}, std::uint64_t{12345}, std::uint64_t{1} << 37, kMostPatternWords - 1})
        for (const std::uint64_t second : {std::uint64_t{1}, first, kMostPatternWords - 2}) {
            const auto b = std::bit_cast<double>(pattern_word(first));
            const auto c = std::bit_cast<double>(pattern_word(second));
            EXPECT_EQ(std::bit_cast<std::uint64_t>(b + kTriadFactor * c),
                      triad_word(first, second));
            // As 128-bit whole numbers nothing can be rounded.
            EXPECT_EQ(static_cast<Uint128>(b + kTriadFactor * c),
                      static_cast<Uint128>(b) + 3 * static_cast<Uint128>(c));
        }
}

}  // namespace
}  // namespace assay::memory
