#include "engine/core/verdict.h"

#include <gtest/gtest.h>

#include <cmath>

namespace assay {
namespace {

double just_below(double value) {
    return std::nextafter(value, 0.0);
}

TEST(Grade, a_boundary_belongs_to_the_better_grade) {
    EXPECT_EQ(grade_of(1.0), Grade::excellent);
    EXPECT_EQ(grade_of(just_below(1.0)), Grade::good);
    EXPECT_EQ(grade_of(0.8), Grade::good);
    EXPECT_EQ(grade_of(just_below(0.8)), Grade::adequate);
    EXPECT_EQ(grade_of(0.6), Grade::adequate);
    EXPECT_EQ(grade_of(just_below(0.6)), Grade::poor);
    EXPECT_EQ(grade_of(0.4), Grade::poor);
    EXPECT_EQ(grade_of(just_below(0.4)), Grade::critical);
    EXPECT_EQ(grade_of(0.0), Grade::critical);
    EXPECT_EQ(grade_of(3.0), Grade::excellent);
}

TEST(Grade, names_are_those_of_the_requirements) {
    EXPECT_EQ(name_of(Grade::excellent), "Excellent");
    EXPECT_EQ(name_of(Grade::good), "Good");
    EXPECT_EQ(name_of(Grade::adequate), "Adequate");
    EXPECT_EQ(name_of(Grade::poor), "Poor");
    EXPECT_EQ(name_of(Grade::critical), "Critical");
}

TEST(Decision, counts_as_the_exit_status_does) {
    EXPECT_EQ(static_cast<int>(Decision::go), 0);
    EXPECT_EQ(static_cast<int>(Decision::go_with_conditions), 1);
    EXPECT_EQ(static_cast<int>(Decision::no_go), 2);
    EXPECT_EQ(static_cast<int>(Decision::inconclusive), 3);
    EXPECT_EQ(name_of(Decision::go), "GO");
    EXPECT_EQ(name_of(Decision::go_with_conditions), "GO WITH CONDITIONS");
    EXPECT_EQ(name_of(Decision::no_go), "NO-GO");
    EXPECT_EQ(name_of(Decision::inconclusive), "INCONCLUSIVE");
}

}  // namespace
}  // namespace assay
