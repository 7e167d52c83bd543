#include "engine/core/units.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

std::optional<std::uint64_t> bytes(std::string_view text) {
    const auto parsed = parse_bytes(text);
    return parsed ? std::optional(*parsed) : std::nullopt;
}

std::optional<std::int64_t> duration(std::string_view text) {
    const auto parsed = parse_duration(text);
    return parsed ? std::optional(*parsed) : std::nullopt;
}

TEST(Units, symbols_and_back) {
    for (const Unit unit :
         {Unit::nanoseconds, Unit::bytes, Unit::bytes_per_second, Unit::operations_per_second,
          Unit::flop_per_second, Unit::hertz, Unit::ratio, Unit::count})
        EXPECT_EQ(unit_of_symbol(symbol(unit)), unit);
    EXPECT_EQ(symbol(Unit::operations_per_second), "op/s");
    EXPECT_EQ(unit_of_symbol("MB/s"), std::nullopt);
    EXPECT_EQ(unit_of_symbol(""), std::nullopt);
}

TEST(Units, a_bare_letter_is_binary_and_kb_is_decimal) {
    EXPECT_EQ(bytes("4096"), 4096u);
    EXPECT_EQ(bytes("1b"), 1u);
    EXPECT_EQ(bytes("4k"), 4096u);
    EXPECT_EQ(bytes("4K"), 4096u);
    EXPECT_EQ(bytes("4KiB"), 4096u);
    EXPECT_EQ(bytes("4kB"), 4000u);
    EXPECT_EQ(bytes("512MiB"), 536870912u);
    EXPECT_EQ(bytes("1m"), 1048576u);
    EXPECT_EQ(bytes("1MB"), 1000000u);
    EXPECT_EQ(bytes("1g"), 1073741824u);
    EXPECT_EQ(bytes("10GB"), 10000000000u);
    EXPECT_EQ(bytes("1TiB"), 1099511627776u);
    EXPECT_EQ(bytes("1TB"), 1000000000000u);
    EXPECT_EQ(bytes("1.5k"), 1536u);
}

TEST(Units, what_is_no_whole_positive_size_is_refused) {
    for (const char* text : {"", "k", "0", "-1", "0.5", "1.0001k", "4 k", " 4k", "4kk", "1e3",
                             "0x10", "nan", "inf", "9223372036854775808", "8388608t", "10x"})
        EXPECT_EQ(bytes(text), std::nullopt) << text;
    EXPECT_EQ(parse_bytes("x").error().kind, ErrorKind::usage);
    EXPECT_NE(parse_bytes("x").error().message.find("'x'"), std::string::npos);
}

TEST(Units, a_large_number_of_bytes_keeps_every_digit) {
    EXPECT_EQ(bytes("9007199254740993"), 9007199254740993u);  // 2^53 + 1
    EXPECT_EQ(bytes("9223372036854775807"), 9223372036854775807u);
}

TEST(Units, durations_are_in_seconds_unless_they_say_so) {
    EXPECT_EQ(duration("20"), 20'000'000'000);
    EXPECT_EQ(duration("90s"), 90'000'000'000);
    EXPECT_EQ(duration("1.5s"), 1'500'000'000);
    EXPECT_EQ(duration("500ms"), 500'000'000);
    EXPECT_EQ(duration("7us"), 7'000);
    EXPECT_EQ(duration("1ns"), 1);
    EXPECT_EQ(duration("5m"), 300'000'000'000);
    EXPECT_EQ(duration("5min"), 300'000'000'000);
    EXPECT_EQ(duration("1h"), 3'600'000'000'000);
    EXPECT_EQ(duration("720h"), 2'592'000'000'000'000);  // 30 days
}

TEST(Units, what_is_no_duration_is_refused) {
    for (const char* text :
         {"", "s", "0", "0s", "-1s", "721h", "1d", "5 m", "nan", "inf", "1e2", "0.5ns"})
        EXPECT_EQ(duration(text), std::nullopt) << text;
    EXPECT_EQ(parse_duration("x").error().kind, ErrorKind::usage);
}

TEST(Units, seconds_and_back) {
    EXPECT_EQ(to_seconds(1'500'000'000), 1.5);
    EXPECT_EQ(from_seconds(0.25), 250'000'000);
    EXPECT_EQ(from_seconds(2.3), 2'300'000'000);
    EXPECT_EQ(from_seconds(-0.5), -500'000'000);
}

}  // namespace
}  // namespace assay
