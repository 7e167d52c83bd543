#include "engine/core/value.h"

#include <gtest/gtest.h>

#include <limits>

namespace assay {
namespace {

TEST(Value, is_null_until_it_is_given_something) {
    EXPECT_TRUE(Value().is_null());
    EXPECT_TRUE(Value(std::optional<int>()).is_null());
    EXPECT_FALSE(Value(0).is_null());
    EXPECT_FALSE(Value(false).is_null());
    EXPECT_FALSE(Value("").is_null());
}

TEST(Value, keeps_what_each_constructor_was_given) {
    EXPECT_EQ(Value(true).as_bool(), true);
    EXPECT_EQ(Value(-7).as_integer(), -7);
    EXPECT_EQ(Value(std::int64_t{1} << 62).as_integer(), std::int64_t{1} << 62);
    EXPECT_EQ(Value(0.5).as_number(), 0.5);
    EXPECT_EQ(*Value("text").as_text(), "text");
    EXPECT_EQ(*Value(std::string_view("view")).as_text(), "view");
    EXPECT_EQ(Value(std::optional(3.5)).as_number(), 3.5);
    EXPECT_EQ(Value(std::optional<std::string>("s")), Value("s"));
    EXPECT_EQ(Value(Value::List{1, "a"}).as_list()->size(), 2u);
}

TEST(Value, answers_only_for_its_own_shape) {
    EXPECT_EQ(Value("1").as_integer(), std::nullopt);
    EXPECT_EQ(Value(1).as_bool(), std::nullopt);
    EXPECT_EQ(Value(1.0).as_integer(), std::nullopt);
    EXPECT_EQ(Value(true).as_number(), std::nullopt);
    EXPECT_EQ(Value(2).as_number(), 2.0);
    EXPECT_EQ(Value(1).as_text(), nullptr);
    EXPECT_EQ(Value(1).as_list(), nullptr);
    EXPECT_EQ(Value(1).as_object(), nullptr);
}

TEST(Value, of_a_count_beyond_int64_stays_positive) {
    const std::uint64_t largest_integer = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(Value(largest_integer).as_integer(), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(Value(largest_integer + 1).as_integer(), std::nullopt);
    EXPECT_EQ(Value(largest_integer + 1).as_number(), 0x1p63);
    EXPECT_EQ(Value(std::numeric_limits<std::uint64_t>::max()).as_number(), 0x1p64);
}

TEST(Value, finds_members_by_name) {
    const Value object = Value::Object{{"a", 1}, {"b", Value()}};
    ASSERT_NE(object.find("a"), nullptr);
    EXPECT_EQ(*object.find("a"), Value(1));
    ASSERT_NE(object.find("b"), nullptr);
    EXPECT_TRUE(object.find("b")->is_null());
    EXPECT_EQ(object.find("c"), nullptr);
    EXPECT_EQ(Value(1).find("a"), nullptr);
}

TEST(Value, compares_shape_and_content) {
    EXPECT_EQ(Value(Value::Object{{"a", Value::List{1, 2}}}),
              Value(Value::Object{{"a", Value::List{1, 2}}}));
    EXPECT_FALSE(Value(1) == Value(1.0));
    EXPECT_FALSE(Value(Value::Object{{"a", 1}}) == Value(Value::Object{{"b", 1}}));
    EXPECT_FALSE(Value() == Value(0));
}

}  // namespace
}  // namespace assay
