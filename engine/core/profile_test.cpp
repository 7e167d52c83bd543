#include "engine/core/profile.h"

#include <gtest/gtest.h>

#include "engine/core/units.h"

namespace assay {
namespace {

TEST(Profile, budgets_are_those_of_the_contract) {
    EXPECT_EQ(find_profile("smoke")->budget_ns, 20 * kNanosecondsPerSecond);
    EXPECT_EQ(find_profile("quick")->budget_ns, 300 * kNanosecondsPerSecond);
    EXPECT_EQ(find_profile("standard")->budget_ns, 900 * kNanosecondsPerSecond);
    EXPECT_EQ(find_profile("deep")->budget_ns, 3600 * kNanosecondsPerSecond);
    EXPECT_EQ(profiles().size(), 4u);
    EXPECT_FALSE(find_profile("Quick"));
    EXPECT_FALSE(find_profile(""));
}

TEST(Profile, quick_has_at_least_five_rounds) {
    EXPECT_GE(find_profile("quick")->rounds, 5u);
}

TEST(Profile, needs_no_more_valid_rounds_than_it_plans_and_fits_a_case_into_its_budget) {
    for (const Profile& profile : profiles()) {
        EXPECT_GE(profile.min_valid_rounds, 3u) << profile.name;
        EXPECT_LE(profile.min_valid_rounds, profile.rounds) << profile.name;
        EXPECT_LT(static_cast<std::int64_t>(profile.rounds) * profile.longest_round_ns,
                  profile.budget_ns)
            << profile.name;
    }
}

}  // namespace
}  // namespace assay
