#include "cli/exit_status.h"

#include <gtest/gtest.h>

namespace assay::cli {
namespace {

int number(ExitStatus status) {
    return static_cast<int>(status);
}

TEST(ExitStatus, decisions_equal_those_of_nagios) {
    EXPECT_EQ(number(exit_status_of(Decision::go)), 0);
    EXPECT_EQ(number(exit_status_of(Decision::go_with_conditions)), 1);
    EXPECT_EQ(number(exit_status_of(Decision::no_go)), 2);
    EXPECT_EQ(number(exit_status_of(Decision::inconclusive)), 3);
}

TEST(ExitStatus, each_kind_of_error_has_the_status_that_the_contract_names) {
    EXPECT_EQ(number(exit_status_of(ErrorKind::usage)), 64);
    EXPECT_EQ(number(exit_status_of(ErrorKind::bad_input)), 65);
    EXPECT_EQ(number(exit_status_of(ErrorKind::not_found)), 69);
    EXPECT_EQ(number(exit_status_of(ErrorKind::unsupported)), 69);
    EXPECT_EQ(number(exit_status_of(ErrorKind::unavailable)), 69);
    EXPECT_EQ(number(exit_status_of(ErrorKind::no_space)), 69);
    EXPECT_EQ(number(exit_status_of(ErrorKind::io)), 69);
    EXPECT_EQ(number(exit_status_of(ErrorKind::timed_out)), 69);
    EXPECT_EQ(number(exit_status_of(ErrorKind::internal)), 70);
    EXPECT_EQ(number(exit_status_of(ErrorKind::cannot_create)), 73);
    EXPECT_EQ(number(exit_status_of(ErrorKind::try_again)), 75);
    EXPECT_EQ(number(exit_status_of(ErrorKind::permission)), 77);
    EXPECT_EQ(number(exit_status_of(ErrorKind::bad_policy)), 78);
    EXPECT_EQ(number(exit_status_of(ErrorKind::interrupted)), 130);
}

TEST(ExitStatus, no_go_is_worse_than_inconclusive_which_is_worse_than_conditions) {
    EXPECT_EQ(worse_of(ExitStatus::inconclusive, ExitStatus::no_go), ExitStatus::no_go);
    EXPECT_EQ(worse_of(ExitStatus::no_go, ExitStatus::done), ExitStatus::no_go);
    EXPECT_EQ(worse_of(ExitStatus::conditions, ExitStatus::inconclusive), ExitStatus::inconclusive);
    EXPECT_EQ(worse_of(ExitStatus::done, ExitStatus::conditions), ExitStatus::conditions);
    EXPECT_EQ(worse_of(ExitStatus::done, ExitStatus::done), ExitStatus::done);
}

}  // namespace
}  // namespace assay::cli
