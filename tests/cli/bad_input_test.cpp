#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include "tests/cli/assay_process.h"

namespace assay::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

void expect_bad_input(const std::string& file, const std::string& word) {
    SCOPED_TRACE(file);
    for (const Outcome& outcome :
         {run_assay({"report", file}), run_assay({"compare", file, file})}) {
        EXPECT_EQ(outcome.status, 65);
        EXPECT_THAT(outcome.out, IsEmpty());
        EXPECT_THAT(outcome.err, HasSubstr(file));
        EXPECT_THAT(outcome.err, HasSubstr(word));
        EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
        EXPECT_LT(outcome.seconds, 5);
    }
}

TEST(BadInput, garbage_is_refused_with_its_place) {
    TempFolder folder;
    expect_bad_input(folder.write("garbage.json", "{\"schema\": \"assay.run/1\", oops}"), "");
    expect_bad_input(folder.write("empty.json", ""), "");
    expect_bad_input(folder.write("list.json", "[1, 2, 3]"), "");
    expect_bad_input(folder.write("binary.json", std::string(4096, '\0')), "");
    expect_bad_input(folder.write("deep.json", std::string(100'000, '[')), "");
    expect_bad_input(folder.write("other.json", "{\"schema\": \"somebody.else/1\"}"), "schema");
}

TEST(BadInput, a_newer_schema_is_named_as_such) {
    TempFolder folder;
    expect_bad_input(folder.write("newer.json", "{\"schema\": \"assay.run/2\"}"), "assay.run/2");
}

TEST(BadInput, a_file_of_a_gigabyte_is_refused_before_it_is_read) {
    TempFolder folder;
    const std::string file = folder.write("huge.json", "{");
    ASSERT_EQ(::truncate(file.c_str(), off_t{1} << 30), 0);
    expect_bad_input(file, "MiB");
}

TEST(BadInput, a_missing_file_and_a_folder_are_bad_data) {
    TempFolder folder;
    expect_bad_input(folder.file("missing.json"), "");
    expect_bad_input(folder.path(), "");
}

TEST(BadInput, a_pipe_that_nobody_writes_does_not_hang_the_program) {
    TempFolder folder;
    const std::string pipe = folder.file("pipe.json");
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    Invocation invocation = assay({"report", pipe});
    invocation.time_out = std::chrono::seconds(10);
    const Outcome outcome = run_program(invocation);
    EXPECT_FALSE(outcome.is_late);
    EXPECT_EQ(outcome.status, 65) << outcome.err;
}

TEST(BadInput, a_file_that_this_user_may_not_read_is_a_matter_of_permission) {
    if (!is_root())
        GTEST_SKIP() << "needs root to become another user";
    TempFolder folder;
    const std::string file = folder.write("secret.json", "{}");
    ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
    ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
    Invocation invocation = assay({"report", file});
    invocation.user = 65534;
    const Outcome outcome = run_program(invocation);
    if (outcome.status == 126 || outcome.status == 127)
        GTEST_SKIP() << "another user cannot reach the program here";
    EXPECT_EQ(outcome.status, 77) << outcome.err;
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
}

}  // namespace
}  // namespace assay::test
