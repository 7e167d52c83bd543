#include "cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/units.h"

namespace assay::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Syntax sample_syntax() {
    return {
        .command = "sample",
        .summary = "A command for tests.",
        .operands = {.usage = "FILE [FILE]", .at_least = 0, .at_most = 2},
        .flags = {{{"output", OptionKind::text, "", "", "where to"}, 'o', "FILE"},
                  {{"block", OptionKind::bytes, "4k", "", "size of a block"}, '\0', ""},
                  {{"rounds", OptionKind::count, "5", "", "how often"}, '\0', ""},
                  {{"duration", OptionKind::duration, "2s", "", "how long"}, '\0', ""},
                  {{"rate", OptionKind::rate, "", "", "how fast"}, '\0', ""},
                  {{"engine", OptionKind::choice, "auto", "auto|io_uring|sync", "how"}, '\0', ""},
                  {{"json", OptionKind::flag, "", "", "as a document"}, '\0', ""}},
        .notes = "Exit status: 0.\n"};
}

Expected<Arguments> parse(const std::vector<std::string>& words) {
    return parse_arguments(sample_syntax(), words);
}

std::string refusal(const std::vector<std::string>& words) {
    const auto arguments = parse(words);
    if (arguments)
        return "accepted";
    EXPECT_EQ(arguments.error().kind, ErrorKind::usage);
    EXPECT_THAT(arguments.error().message, HasSubstr("See 'assay help sample'."));
    return arguments.error().message;
}

TEST(Arguments, take_values_switches_and_operands_in_any_order) {
    const auto arguments =
        parse({"a.json", "--block", "8k", "--json", "-o", "out", "b.json", "--rounds=7"});
    ASSERT_TRUE(arguments) << arguments.error().message;
    EXPECT_THAT(arguments->operands, ElementsAre("a.json", "b.json"));
    EXPECT_EQ(arguments->text("block", ""), "8k");
    EXPECT_EQ(arguments->text("output", ""), "out");
    EXPECT_EQ(arguments->count("rounds", 1), 7u);
    EXPECT_TRUE(arguments->has("json"));
    EXPECT_FALSE(arguments->help);
}

TEST(Arguments, behind_two_dashes_are_operands) {
    const auto arguments = parse({"--json", "--", "--rounds.json", "[a,b].json"});
    ASSERT_TRUE(arguments) << arguments.error().message;
    EXPECT_THAT(arguments->operands, ElementsAre("--rounds.json", "[a,b].json"));
}

TEST(Arguments, that_were_not_given_are_absent) {
    const auto arguments = parse({});
    ASSERT_TRUE(arguments) << arguments.error().message;
    EXPECT_EQ(arguments->find("block"), nullptr);
    EXPECT_EQ(arguments->duration_ns("duration", 17), 17);
    EXPECT_EQ(arguments->count("rounds", 17), 17u);
    EXPECT_FALSE(arguments->has("json"));
    EXPECT_TRUE(arguments->operands.empty());
}

TEST(Arguments, carry_a_duration_in_nanoseconds) {
    const auto arguments = parse({"--duration", "1.5s"});
    ASSERT_TRUE(arguments) << arguments.error().message;
    EXPECT_EQ(arguments->duration_ns("duration", 0), 1'500'000'000);
}

TEST(Arguments, refuse_an_unknown_option_and_offer_the_nearest) {
    EXPECT_THAT(refusal({"--rouns", "3"}),
                HasSubstr("Unknown option '--rouns'. Did you mean '--rounds'?"));
    EXPECT_THAT(refusal({"--rouns=3"}), HasSubstr("Unknown option '--rouns'."));
    EXPECT_THAT(refusal({"-x"}), HasSubstr("Unknown option '-x'."));
}

TEST(Arguments, refuse_values_that_are_none_of_their_kind) {
    EXPECT_THAT(refusal({"--block", "many"}), HasSubstr("--block: 'many' is not a size"));
    EXPECT_THAT(refusal({"--rounds", "0"}), HasSubstr("--rounds: '0' is not a whole number"));
    EXPECT_THAT(refusal({"--rounds", "-1"}), HasSubstr("--rounds"));
    EXPECT_THAT(refusal({"--rounds", "3x"}), HasSubstr("--rounds: '3x'"));
    EXPECT_THAT(refusal({"--duration", "soon"}), HasSubstr("--duration: 'soon'"));
    EXPECT_THAT(refusal({"--rate", "-5"}), HasSubstr("--rate"));
    EXPECT_THAT(refusal({"--rate", "nan"}), HasSubstr("--rate: 'nan'"));
    EXPECT_THAT(refusal({"--engine", "io"}), HasSubstr("is none of auto|io_uring|sync"));
    EXPECT_THAT(refusal({"--output", ""}), HasSubstr("--output: '' is empty"));
}

TEST(Arguments, refuse_a_missing_and_a_doubled_value) {
    EXPECT_THAT(refusal({"--rounds"}), HasSubstr("--rounds needs a value: --rounds N."));
    EXPECT_THAT(refusal({"--rounds", "3", "--rounds", "4"}),
                HasSubstr("--rounds was given more than once."));
    EXPECT_THAT(refusal({"--output", "--json"}), HasSubstr("--output needs a value"));
    EXPECT_THAT(refusal({"--json=maybe"}), HasSubstr("without a value was given one"));
}

TEST(Arguments, refuse_too_many_and_too_few_words) {
    EXPECT_THAT(refusal({"a", "b", "c"}), HasSubstr("Unexpected word 'c'."));
    Syntax syntax = sample_syntax();
    syntax.operands.at_least = 1;
    const auto none = parse_arguments(syntax, {});
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, HasSubstr("Too few words for 'assay sample FILE [FILE]'."));
    syntax.operands = {};
    const auto extra = parse_arguments(syntax, std::vector<std::string>{"stray"});
    ASSERT_FALSE(extra);
    EXPECT_THAT(extra.error().message, HasSubstr("Unexpected word 'stray'."));
}

TEST(Arguments, know_when_help_is_asked_for) {
    EXPECT_TRUE(parse({"--help"})->help);
    EXPECT_TRUE(parse({"-h", "a.json"})->help);
}

TEST(HelpText, follows_from_the_rows_and_stays_within_100_columns) {
    Syntax syntax = sample_syntax();
    const std::string long_help(40, 'y');
    const std::string text_of_words = long_help + " " + long_help + " " + long_help;
    syntax.flags.push_back({{"wide", OptionKind::text, "d", "", text_of_words}, 'w', "VALUE"});
    const std::string help = help_text(syntax);
    EXPECT_THAT(help, HasSubstr("Usage: assay sample FILE [FILE] [options]"));
    EXPECT_THAT(help, HasSubstr("-o, --output FILE"));
    EXPECT_THAT(help, HasSubstr("--block SIZE"));
    EXPECT_THAT(help, HasSubstr("[4k]"));
    EXPECT_THAT(help, HasSubstr("--engine auto|io_uring|sync"));
    EXPECT_THAT(help, HasSubstr("Exit status: 0."));
    std::size_t begin = 0;
    for (std::size_t end = help.find('\n'); end != std::string::npos;
         end = help.find('\n', begin)) {
        EXPECT_LE(end - begin, 100u) << help.substr(begin, end - begin);
        begin = end + 1;
    }
}

}  // namespace
}  // namespace assay::cli
