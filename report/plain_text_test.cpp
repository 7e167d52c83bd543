#include "report/plain_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::report {
namespace {

using ::testing::ElementsAre;

TEST(Visible, leaves_ordinary_text_alone) {
    EXPECT_EQ(visible("prod-01 Größe 東京 ±1"), "prod-01 Größe 東京 ±1");
    EXPECT_EQ(visible(""), "");
}

TEST(Visible, shows_what_a_terminal_would_obey) {
    EXPECT_EQ(visible("a\x1b[31mred"), "a\\x1b[31mred");
    EXPECT_EQ(visible("a\nb\r\t\x7f"), "a\\x0ab\\x0d\\x09\\x7f");
    EXPECT_EQ(visible(std::string_view("a\0b", 3)), "a\\x00b");
    EXPECT_EQ(visible("\u009b2J"), "\\xc2\\x9b2J");           // the 8-bit form of ESC [
    EXPECT_EQ(visible("a\u202egpj.exe"), "a\\u202egpj.exe");  // turns the text around
    EXPECT_EQ(visible("a\u200bb"), "a\\u200bb");
}

TEST(Visible, shows_bytes_that_are_no_utf8) {
    EXPECT_EQ(visible("\xff"), "\\xff");
    EXPECT_EQ(visible("\xc3"), "\\xc3");                             // cut off
    EXPECT_EQ(visible("\xc0\xaf"), "\\xc0\\xaf");                    // overlong '/'
    EXPECT_EQ(visible("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");           // overlong '/'
    EXPECT_EQ(visible("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // surrogate
    EXPECT_EQ(visible("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
    EXPECT_EQ(visible("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");
}

TEST(ToAscii, has_a_plain_form_for_our_own_signs) {
    EXPECT_EQ(to_ascii("1 ± 2 → 3 · █░ ≥ …"), "1 +- 2 -> 3 | #. >= ~");
    EXPECT_EQ(to_ascii("Größe"), "Gr??e");
}

TEST(DisplayWidth, counts_columns) {
    EXPECT_EQ(display_width("abc"), 3u);
    EXPECT_EQ(display_width("±→█"), 3u);
    EXPECT_EQ(display_width("東京"), 4u);
    EXPECT_EQ(display_width("e\u0301"), 1u);
}

TEST(Cut, never_exceeds_the_width) {
    EXPECT_EQ(cut("abc", 3), "abc");
    EXPECT_EQ(cut("abcd", 3), "ab…");
    EXPECT_EQ(cut("東京都", 4), "東…");
    EXPECT_EQ(cut("abc", 1), "…");
    EXPECT_EQ(cut("abc", 0), "");
}

TEST(Wrap, breaks_at_blanks) {
    EXPECT_THAT(wrap("the quick brown fox", 9), ElementsAre("the quick", "brown fox"));
    EXPECT_THAT(wrap("the quick brown fox", 10), ElementsAre("the quick", "brown fox"));
    EXPECT_THAT(wrap("short", 9), ElementsAre("short"));
    EXPECT_THAT(wrap("", 9), ElementsAre(""));
}

TEST(Wrap, keeps_a_flag_and_its_value_together) {
    EXPECT_THAT(wrap("run with --peer HOST:PORT now", 16),
                ElementsAre("run with", "--peer HOST:PORT", "now"));
    EXPECT_THAT(wrap("--peer HOST:PORT", 8), ElementsAre("--peer H", "OST:PORT"));
}

TEST(Wrap, keeps_a_number_and_its_unit_together_where_it_can) {
    EXPECT_THAT(wrap("2.73 GB/s -> 2.11 GB/s", 20), ElementsAre("2.73 GB/s ->", "2.11 GB/s"));
    EXPECT_THAT(wrap("memory 20 %, storage 40 %", 9),
                ElementsAre("memory", "20 %,", "storage", "40 %"));
    EXPECT_THAT(wrap("took 12 ms.", 8), ElementsAre("took", "12 ms."));
    EXPECT_THAT(wrap("2 runs each", 3), ElementsAre("2", "run", "s", "eac", "h")) << "no unit";
    EXPECT_THAT(wrap("1234 GB/s", 6), ElementsAre("1234", "GB/s")) << "there is no other place";
}

TEST(Wrap, breaks_a_long_word_anywhere) {
    EXPECT_THAT(wrap("abcdefgh ij", 3), ElementsAre("abc", "def", "gh", "ij"));
    EXPECT_THAT(wrap("東京都", 1), ElementsAre("東", "京", "都"));
}

}  // namespace
}  // namespace assay::report
