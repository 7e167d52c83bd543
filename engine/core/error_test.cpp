#include "engine/core/error.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

Expected<int> doubled(Expected<int> number) {
    ASSAY_TRY(const int value, std::move(number));
    return value * 2;
}

Expected<int> after(Expected<void> step) {
    ASSAY_TRY_VOID(step);
    return 1;
}

TEST(Error, carries_the_errno_in_words) {
    const Expected<int> refused = system_failure("open /data for writing", EACCES);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::permission);
    EXPECT_EQ(refused.error().message, "open /data for writing: Permission denied");
    EXPECT_EQ(refused.error().system_errno, EACCES);
    const Expected<int> plain = failure(ErrorKind::usage, "no");
    EXPECT_EQ(plain.error().message, "no");
}

TEST(Error, kinds_follow_the_errno) {
    EXPECT_EQ(kind_of_errno(EPERM), ErrorKind::permission);
    EXPECT_EQ(kind_of_errno(EROFS), ErrorKind::permission);
    EXPECT_EQ(kind_of_errno(ENOSPC), ErrorKind::no_space);
    EXPECT_EQ(kind_of_errno(EDQUOT), ErrorKind::no_space);
    EXPECT_EQ(kind_of_errno(ENOENT), ErrorKind::not_found);
    EXPECT_EQ(kind_of_errno(EOPNOTSUPP), ErrorKind::unsupported);
    EXPECT_EQ(kind_of_errno(ENOSYS), ErrorKind::unsupported);
    EXPECT_EQ(kind_of_errno(EINTR), ErrorKind::interrupted);
    EXPECT_EQ(kind_of_errno(ETIMEDOUT), ErrorKind::timed_out);
    EXPECT_EQ(kind_of_errno(ECONNREFUSED), ErrorKind::unavailable);
    EXPECT_EQ(kind_of_errno(EIO), ErrorKind::io);
}

TEST(Error, passes_through_the_macros) {
    EXPECT_EQ(doubled(21).value(), 42);
    EXPECT_EQ(doubled(failure(ErrorKind::io, "broken")).error().message, "broken");
    EXPECT_EQ(after({}).value(), 1);
    EXPECT_EQ(after(failure(ErrorKind::io, "broken")).error().kind, ErrorKind::io);
}

}  // namespace
}  // namespace assay
