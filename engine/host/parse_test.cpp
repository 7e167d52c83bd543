#include "engine/host/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

namespace assay::host {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Parse, cuts_words_at_any_run_of_blanks) {
    EXPECT_THAT(words_of("  a \t bc\n d "), ElementsAre("a", "bc", "d"));
    EXPECT_THAT(words_of(" \n\t"), IsEmpty());
    EXPECT_THAT(words_of(""), IsEmpty());
}

TEST(Parse, keeps_empty_pieces_between_separators) {
    EXPECT_THAT(pieces_of("a,,b,", ','), ElementsAre("a", "", "b", ""));
    EXPECT_THAT(pieces_of("", ','), ElementsAre(""));
}

TEST(Parse, counts_a_last_line_with_and_without_its_end) {
    EXPECT_THAT(lines_of("a\nb\n"), ElementsAre("a", "b"));
    EXPECT_THAT(lines_of("a\n\nb"), ElementsAre("a", "", "b"));
    EXPECT_THAT(lines_of(""), IsEmpty());
}

TEST(Parse, takes_a_number_only_if_it_is_the_whole_text_and_fits) {
    EXPECT_EQ(number_of<std::int64_t>("-42"), -42);
    EXPECT_EQ(number_of<std::uint64_t>("18446744073709551615"), ~std::uint64_t{0});
    EXPECT_EQ(number_of<std::uint64_t>("18446744073709551616"), std::nullopt);
    EXPECT_EQ(number_of<std::uint64_t>("-1"), std::nullopt);
    EXPECT_EQ(number_of<int>("12 "), std::nullopt);
    EXPECT_EQ(number_of<int>("0x10"), std::nullopt);
    EXPECT_EQ(number_of<int>(""), std::nullopt);
    EXPECT_EQ(number_of<double>("1.25"), 1.25);
    EXPECT_EQ(number_of<double>("nan"), std::nullopt);
    EXPECT_EQ(number_of<double>("inf"), std::nullopt);
}

TEST(Parse, reads_a_device_number) {
    EXPECT_EQ(device_number_of("259:11"), (DeviceNumber{259, 11}));
    EXPECT_EQ(device_number_of("259"), std::nullopt);
    EXPECT_EQ(device_number_of("259:"), std::nullopt);
    EXPECT_EQ(device_number_of("1:2:3"), std::nullopt);
    EXPECT_EQ(device_number_of("-1:2"), std::nullopt);
}

// The boundaries of RFC 3629, section 4.
TEST(Parse, knows_utf8_from_other_bytes) {
    for (const char* text : {"", "plain\ttext", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF",
                             "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
        EXPECT_TRUE(is_plain_text(text)) << text;
    for (const char* text : {"\x01", "a\nb", "\x7F", "\x80", "\xC0\x80", "\xC1\xBF", "\xC2",
                             "\xC2\x41", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                             "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
        EXPECT_FALSE(is_plain_text(text)) << text;
    EXPECT_FALSE(is_plain_text(std::string_view("a\0b", 3)));
}

TEST(Parse, finds_the_choice_in_a_menu) {
    EXPECT_EQ(chosen_of("none [mq-deadline] kyber"), "mq-deadline");
    EXPECT_EQ(chosen_of("none"), "none");
    EXPECT_EQ(chosen_of("none mq-deadline"), std::nullopt);
    EXPECT_EQ(chosen_of("[] a"), std::nullopt);
    EXPECT_EQ(chosen_of(""), std::nullopt);
}

TEST(Parse, reads_and_writes_lists_of_cpus) {
    EXPECT_EQ(parse_cpu_list("0-2,5"), (std::vector{0, 1, 2, 5}));
    EXPECT_EQ(parse_cpu_list("7\n"), (std::vector{7}));
    EXPECT_EQ(parse_cpu_list(""), std::vector<int>{});
    for (const char* broken : {"a", "1-", "-1", "3-1", "1,,2", "1-2-3", "0-99999999"})
        EXPECT_EQ(parse_cpu_list(broken), std::nullopt) << broken;
    EXPECT_EQ(cpu_list_of(std::vector{0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
    EXPECT_EQ(cpu_list_of(std::vector<int>{}), "");
}

}  // namespace
}  // namespace assay::host
