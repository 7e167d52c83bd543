#include "report/json_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace assay::report {
namespace {

using ::testing::HasSubstr;

std::string problem_of(std::string_view text, const JsonLimits& limits = {}) {
    const auto tree = parse_json(text, limits);
    if (tree)
        return "accepted";
    EXPECT_EQ(tree.error().kind, ErrorKind::bad_input);
    return tree.error().message;
}

template <class T>
T value_of(std::string_view text) {
    const auto tree = parse_json(text);
    const T* value = tree ? std::get_if<T>(&tree->data) : nullptr;
    EXPECT_NE(value, nullptr) << text;
    return value ? *value : T{};
}

TEST(JsonTree, keeps_each_kind_of_number_exact) {
    EXPECT_EQ(value_of<std::int64_t>("-9223372036854775808"),
              std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(value_of<std::int64_t>("9223372036854775807"),
              std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(value_of<std::uint64_t>("18446744073709551615"),
              std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(value_of<double>("18446744073709551616"), 0x1p64);
    EXPECT_EQ(value_of<double>("0.1"), 0.1);
    EXPECT_EQ(value_of<double>("5e-324"), 5e-324);
}

TEST(JsonTree, keeps_the_order_of_members) {
    const auto tree = parse_json(R"({"b": [true, null], "a": {"c": "x"}})");
    ASSERT_TRUE(tree);
    const auto& members = std::get<JsonNode::Object>(tree->data);
    ASSERT_EQ(members.size(), 2u);
    EXPECT_EQ(members[0].name, "b");
    EXPECT_EQ(std::get<JsonNode::List>(members[0].value.data).size(), 2u);
    EXPECT_EQ(std::get<std::string>(tree->find("a")->find("c")->data), "x");
    EXPECT_EQ(tree->find("z"), nullptr);
}

TEST(JsonTree, says_at_which_byte_the_text_is_no_json) {
    EXPECT_THAT(problem_of(""), HasSubstr("byte 1: this is no JSON"));
    EXPECT_THAT(problem_of("{\"a\": }"), HasSubstr("byte 7: this is no JSON"));
    EXPECT_THAT(problem_of("[1] 2"), HasSubstr("byte 5: this is no JSON"));
    for (const char* text :
         {"nul", "[1,]", "{'a': 1}", "NaN", "[01]", "\"a", "{\"a\" 1}", "+1", "Infinity", "// c\n1",
          "\xef\xbb\xbf\xef\xbb\xbf"
          "1"})
        EXPECT_THAT(problem_of(text), HasSubstr("no JSON")) << text;
}

TEST(JsonTree, refuses_what_is_no_utf8) {
    EXPECT_THAT(problem_of("\"\xff\""), HasSubstr("no JSON in UTF-8"));
    EXPECT_THAT(problem_of("\"\xed\xa0\x80\""), HasSubstr("no JSON in UTF-8"));
    EXPECT_THAT(problem_of("\"\\ud800\""), HasSubstr("no JSON in UTF-8"));
    EXPECT_EQ(value_of<std::string>("\"\\u001b\\u0000x\""), std::string("\x1b\0x", 3));
}

TEST(JsonTree, refuses_a_number_beyond_a_double) {
    EXPECT_THAT(problem_of("[1e999]"), HasSubstr("beyond the range of a double"));
    EXPECT_THAT(problem_of("-1e400"), HasSubstr("beyond the range of a double"));
}

TEST(JsonTree, refuses_a_name_that_is_there_twice) {
    EXPECT_THAT(problem_of(R"({"x": [{"a": 1, "b": 2, "a": 3}]})"),
                HasSubstr("the name \"a\" is there twice"));
    EXPECT_EQ(problem_of(R"({"a": {"a": 1}})"), "accepted");
}

TEST(JsonTree, is_nested_as_deep_as_the_limit_and_no_deeper) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_EQ(problem_of(nested(64)), "accepted");
    EXPECT_THAT(problem_of(nested(65)), HasSubstr("over 64 levels"));
    EXPECT_THAT(problem_of(std::string(1'000'000, '[')), HasSubstr("over 64 levels"));
}

TEST(JsonTree, stops_at_each_limit_with_the_place) {
    const JsonLimits small{
        .text_bytes = 100, .depth = 8, .string_bytes = 4, .list_length = 3, .values = 6};
    EXPECT_EQ(problem_of("[1,2,3]", small), "accepted");
    EXPECT_THAT(problem_of("{\"a\":[1,2,3,4]}", small),
                HasSubstr("at $.a[3]: a list has over 3 values"));
    EXPECT_THAT(problem_of("{\"a\":1,\"b\":2,\"c\":3,\"d\":4}", small),
                HasSubstr("over 3 members"));
    EXPECT_EQ(problem_of("\"abcd\"", small), "accepted");
    EXPECT_THAT(problem_of("\"abcde\"", small), HasSubstr("longer than 4 bytes"));
    EXPECT_THAT(problem_of("{\"abcde\":1}", small), HasSubstr("longer than 4 bytes"));
    EXPECT_THAT(problem_of("[[1,1,1],[1,1,1]]", small), HasSubstr("over 6 values"));
    EXPECT_THAT(problem_of(std::string(101, ' '), small), HasSubstr("over the 100 that are read"));
}

}  // namespace
}  // namespace assay::report
