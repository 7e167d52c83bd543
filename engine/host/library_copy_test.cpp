#include "engine/host/library_copy.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace assay::host {
namespace {

std::vector<std::string> texts_of(const std::vector<char*>& entries) {
    return {entries.begin(), entries.end() - 1};
}

TEST(LibraryCopy, a_setting_takes_the_place_of_its_name_alone) {
    std::string home = "HOME=/a", mask = "MASK=1", longer = "MASKED=2", set = "MASK=new";
    char* const before[] = {home.data(), mask.data(), longer.data(), nullptr};
    const std::vector<char*> entries = environment_with(before, set);
    EXPECT_EQ(entries.back(), nullptr);
    EXPECT_EQ(texts_of(entries), (std::vector<std::string>{"HOME=/a", "MASKED=2", "MASK=new"}));
    EXPECT_EQ(texts_of(environment_with(nullptr, set)), std::vector<std::string>{"MASK=new"});
}

TEST(LibraryCopy, what_is_linked_into_the_program_or_is_nowhere_is_refused) {
    const auto nowhere = LibraryCopy::load("assay_no_such_symbol", "A=b");
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().kind, ErrorKind::unsupported);
}

TEST(LibraryCopy, a_copy_has_code_of_its_own_and_the_environment_is_as_before) {
    char** const before = environ;
    const auto copy = LibraryCopy::load("OpenSSL_version", "ASSAY_ONLY_FOR_THE_COPY=1");
    EXPECT_EQ(environ, before);
    EXPECT_EQ(std::getenv("ASSAY_ONLY_FOR_THE_COPY"), nullptr);
    if (!copy) {
        EXPECT_NE(copy.error().message.find("sanitizer"), std::string::npos)
            << copy.error().message;
        GTEST_SKIP() << copy.error().message;
    }
    EXPECT_NE(copy->find("OpenSSL_version"), nullptr);
    EXPECT_EQ(copy->find("assay_no_such_symbol"), nullptr);
}

}  // namespace
}  // namespace assay::host
