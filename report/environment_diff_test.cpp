#include "report/environment_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::report {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(EnvironmentDiff, flattens_to_paths_and_leaves_out_what_moves_by_itself) {
    const Value environment(Value::Object{
        {"memory", Value(Value::Object{{"total_bytes", 64}, {"available_bytes", 7}})},
        {"numa", Value(Value::List{Value(Value::Object{{"cpus", "0-3"}}), Value(true)})},
        {"governor", Value()}});
    EXPECT_THAT(lasting_facts(environment),
                ElementsAre(EnvironmentFact{"memory.total_bytes", "64"},
                            EnvironmentFact{"numa[0].cpus", "0-3"},
                            EnvironmentFact{"numa[1]", "yes"}, EnvironmentFact{"governor", "-"}));
}

TEST(EnvironmentDiff, says_what_differs_what_is_new_and_what_is_gone) {
    const std::vector<EnvironmentFact> before{{"a", "1"}, {"b", "2"}, {"gone", "x"}, {"null", "-"}};
    const std::vector<EnvironmentFact> after{{"a", "1"}, {"b", "3"}, {"new", "y"}};
    EXPECT_THAT(environment_diff(before, after),
                ElementsAre(EnvironmentChange{"b", "2", "3"}, EnvironmentChange{"new", "-", "y"},
                            EnvironmentChange{"gone", "x", "-"}));
    EXPECT_THAT(environment_diff(before, before), IsEmpty());
}

TEST(EnvironmentDiff, a_reboot_is_no_change_also_in_facts_that_were_kept_earlier) {
    const auto booted = [](const char* id) {
        return Value(Value::Object{
            {"host", Value(Value::Object{{"hostname", "db-01"}, {"boot_id_sha256", id}})}});
    };
    EXPECT_THAT(lasting_facts(booted("aa")),
                ElementsAre(EnvironmentFact{"host.hostname", "db-01"}));
    const EnvironmentFact name{"host.hostname", "db-01"}, aa{"host.boot_id_sha256", "aa"},
        bb{"host.boot_id_sha256", "bb"};
    EXPECT_THAT(environment_diff({name, aa}, {name, bb}), IsEmpty());
    EXPECT_THAT(environment_diff({name, aa}, {name}), IsEmpty());
    EXPECT_THAT(environment_diff({name}, {name, bb}), IsEmpty());
}

}  // namespace
}  // namespace assay::report
