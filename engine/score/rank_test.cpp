#include "engine/score/rank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::score {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Candidate candidate(std::string name, Decision decision, double overall, double half_width) {
    Candidate made;
    made.name = std::move(name);
    made.verdict.decision = decision;
    made.verdict.overall = overall;
    made.verdict.overall_low = overall - half_width;
    made.verdict.overall_high = overall + half_width;
    return made;
}

std::vector<std::string> names_of(const Ranking& ranking, std::span<const Candidate> candidates) {
    std::vector<std::string> names;
    for (const Ranked& row : ranking.order)
        names.push_back(std::to_string(row.rank) + (row.is_tied ? "=" : " ") +
                        candidates[row.candidate].name);
    return names;
}

TEST(Rank, recommends_the_best_target_of_the_requirements_use_case) {
    const Candidate candidates[] = {candidate("CloudStack", Decision::go, 0.95, 0.02),
                                    candidate("AWS", Decision::go, 1.10, 0.02),
                                    candidate("Azure", Decision::no_go, 1.34, 0.02)};
    const Ranking ranking = rank(candidates);
    // The score of a target that is ruled out does not lift it.
    EXPECT_EQ(names_of(ranking, candidates),
              (std::vector<std::string>{"1 AWS", "2 CloudStack", "3 Azure"}));
    EXPECT_EQ(ranking.recommendation,
              "Recommended: AWS (1.10 [1.08 to 1.12]), GO, surely ahead of CloudStack (0.95 [0.93 "
              "to 0.97]).");
}

TEST(Rank, ties_those_whose_intervals_overlap) {
    const Candidate candidates[] = {candidate("a", Decision::go, 0.95, 0.03),
                                    candidate("b", Decision::go, 1.00, 0.03),
                                    candidate("c", Decision::go, 0.93, 0.03),
                                    candidate("d", Decision::go_with_conditions, 0.99, 0.03)};
    const Ranking ranking = rank(candidates);
    // c overlaps a, but not b, with which the tie begins.
    EXPECT_EQ(names_of(ranking, candidates),
              (std::vector<std::string>{"1=b", "1=a", "3 c", "4 d"}));
    EXPECT_THAT(ranking.recommendation,
                AllOf(HasSubstr("one of b"), HasSubstr("overlap"), Not(HasSubstr("d (0.99"))));
}

TEST(Rank, recommends_nobody_where_nobody_passes) {
    const Candidate candidates[] = {candidate("a", Decision::no_go, 0.5, 0.01),
                                    candidate("b", Decision::inconclusive, 1.0, 0.01)};
    EXPECT_THAT(rank(candidates).recommendation, HasSubstr("No target can be recommended"));
    EXPECT_EQ(rank(candidates).order.front().candidate, 1u);
    EXPECT_FALSE(rank({}).recommendation.empty());
}

}  // namespace
}  // namespace assay::score
