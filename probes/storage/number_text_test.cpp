#include "probes/storage/number_text.h"

#include <gtest/gtest.h>

namespace assay::storage {
namespace {

TEST(NumberText, has_three_digits_or_the_whole_number) {
    EXPECT_EQ(number_text(5000), "5000");
    EXPECT_EQ(number_text(123456.7), "123457");
    EXPECT_EQ(number_text(12.34), "12.3");
    EXPECT_EQ(number_text(2.0 / 252), "0.00794");
    EXPECT_EQ(number_text(0), "0");
}

TEST(NumberText, takes_the_unit_of_time_that_fits) {
    EXPECT_EQ(duration_text(85'000), "85 us");
    EXPECT_EQ(duration_text(1'240'000), "1.24 ms");
    EXPECT_EQ(duration_text(2'500'000'000), "2.5 s");
    EXPECT_EQ(duration_text(500), "0.5 us");
}

TEST(NumberText, of_a_share_is_a_percentage) {
    EXPECT_EQ(percent_text(0.284), "28.4 %");
    EXPECT_EQ(percent_text(-0.5), "-50.0 %");
}

}  // namespace
}  // namespace assay::storage
