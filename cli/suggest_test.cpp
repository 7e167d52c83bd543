#include "cli/suggest.h"

#include <gtest/gtest.h>

#include <array>

namespace assay::cli {
namespace {

constexpr std::array<std::string_view, 4> kNames{"cpu.flops", "memory.bandwidth",
                                                 "storage.random_read", "network.tcp"};

TEST(EditDistance, counts_the_steps_that_a_person_would_count) {
    EXPECT_EQ(edit_distance("", ""), 0u);
    EXPECT_EQ(edit_distance("", "abc"), 3u);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
    EXPECT_EQ(edit_distance("quick", "qiuck"), 1u) << "a swap of neighbours is one slip";
    EXPECT_EQ(edit_distance("run", "run"), 0u);
    EXPECT_EQ(edit_distance("run", "rn"), 1u);
}

TEST(NearestName, finds_a_mistyped_and_an_abbreviated_name) {
    EXPECT_EQ(nearest_name("storage.randm_read", kNames), "storage.random_read");
    EXPECT_EQ(nearest_name("random_read", kNames), "storage.random_read");
    EXPECT_EQ(nearest_name("cpu.flop", kNames), "cpu.flops");
}

TEST(NearestName, offers_nothing_when_nothing_is_near) {
    EXPECT_EQ(nearest_name("gpu.matrix", kNames), std::nullopt);
    EXPECT_EQ(nearest_name("", kNames), std::nullopt);
    EXPECT_EQ(nearest_name(std::string(5000, 'x'), kNames), std::nullopt);
    EXPECT_EQ(nearest_name("zz", std::array<std::string_view, 1>{"ab"}), std::nullopt);
}

TEST(DidYouMean, is_a_sentence_or_nothing) {
    EXPECT_EQ(did_you_mean("cpu.flpos", kNames), " Did you mean 'cpu.flops'?");
    EXPECT_EQ(did_you_mean("banana", kNames), "");
}

}  // namespace
}  // namespace assay::cli
