#include "probes/cpu/shared_core.h"

#include <gtest/gtest.h>

#include <vector>

namespace assay::cpu {
namespace {

// Four cores of two threads each, as the system shows them: CPU n and n + 4 are siblings.
std::vector<CpuPair> four_cores_with_siblings(double siblings_ratio) {
    std::vector<CpuPair> pairs;
    for (int other = 1; other < 8; ++other)
        pairs.push_back({.first = 0,
                         .second = other,
                         .shown_as_one_core = other == 4,
                         .speed_ratio = other == 4 ? siblings_ratio : 0.97});
    return pairs;
}

TEST(SharedCores, AreShownWhereTheSystemNamesTheSiblings) {
    const auto pairs = four_cores_with_siblings(0.5);
    EXPECT_EQ(classify(pairs), SharedCores::shown);
    EXPECT_FALSE(shared_core_finding(pairs));
}

TEST(SharedCores, AreHiddenWhereTwoCoresShareTheirUnits) {
    auto pairs = four_cores_with_siblings(0.52);
    for (CpuPair& pair : pairs)
        pair.shown_as_one_core = false;
    EXPECT_EQ(classify(pairs), SharedCores::hidden);
    const auto found = shared_core_finding(pairs);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, "hidden_smt");
    EXPECT_EQ(found->message,
              "CPU 0 beside a busy CPU 4 runs at 52 % of its speed alone; the system shows them as "
              "two cores.");
}

TEST(SharedCores, AreNoneWhereEveryPairKeepsItsSpeed) {
    const std::vector<CpuPair> pairs{{0, 1, false, 0.99}, {0, 2, false, 0.90}, {0, 3, false, 1.01}};
    EXPECT_EQ(classify(pairs), SharedCores::none);
    EXPECT_FALSE(shared_core_finding(pairs));
    EXPECT_EQ(classify({}), std::nullopt);
    EXPECT_FALSE(shared_core_finding({}));
}

TEST(SharedCores, AreUnclearBetweenTheLimits) {
    for (const double ratio : {0.71, 0.84}) {
        const std::vector<CpuPair> pairs{{0, 1, false, ratio}, {0, 2, false, 0.99}};
        EXPECT_EQ(classify(pairs), SharedCores::unclear) << ratio;
        EXPECT_EQ(shared_core_finding(pairs)->id, "pairs_unclear");
    }
    EXPECT_EQ(classify(std::vector<CpuPair>{{0, 1, false, 0.70}}), SharedCores::hidden);
    EXPECT_EQ(classify(std::vector<CpuPair>{{0, 1, false, 0.85}}), SharedCores::none);
}

// The siblings that are shown must not be named as the hidden ones.
TEST(SharedCores, NameTheHiddenPairBesideSlowerSiblingsThatAreShown) {
    const std::vector<CpuPair> pairs{{0, 1, true, 0.45}, {0, 2, false, 0.55}};
    EXPECT_EQ(classify(pairs), SharedCores::hidden);
    EXPECT_NE(shared_core_finding(pairs)->message.find("CPU 2"), std::string::npos);
}

}  // namespace
}  // namespace assay::cpu
