#include "cli/terminal.h"

#include <gtest/gtest.h>

namespace assay::cli {
namespace {

TEST(Locale, names_that_say_utf8_are_recognised) {
    EXPECT_TRUE(names_utf8("en_US.UTF-8"));
    EXPECT_TRUE(names_utf8("C.utf8"));
    EXPECT_FALSE(names_utf8("C"));
    EXPECT_FALSE(names_utf8("de_DE.ISO-8859-1"));
    EXPECT_FALSE(names_utf8(""));
}

}  // namespace
}  // namespace assay::cli
