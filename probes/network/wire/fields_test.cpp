#include "probes/network/wire/fields.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <random>

namespace assay::network {
namespace {

Fields one_of_each() {
    Fields fields;
    fields.set("a_count", std::uint64_t{18446744073709551615u});
    fields.set("b_integer", std::int64_t{-7});
    fields.set("c_number", 0.1);
    fields.set("d_text", std::string("h\xc3\xa9 \0x", 6));
    fields.set("e.counts", std::vector<std::uint64_t>{1, 2, 3});
    fields.set("f.numbers", std::vector<double>{});
    return fields;
}

TEST(Fields, what_is_encoded_is_decoded_again_bit_for_bit) {
    const Fields fields = one_of_each();
    const auto decoded = Fields::decode(fields.encode());
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(*decoded, fields);
    EXPECT_EQ(*decoded->count("a_count", UINT64_MAX), UINT64_MAX);
    EXPECT_EQ(*decoded->integer("b_integer"), -7);
    EXPECT_EQ(*decoded->number("c_number"), 0.1);
    EXPECT_EQ(decoded->counts("e.counts", 3)->size(), 3u);
    EXPECT_TRUE(decoded->numbers("f.numbers", 0)->empty());
}

TEST(Fields, each_message_cut_short_or_with_a_byte_more_is_refused) {
    std::vector<std::byte> bytes = one_of_each().encode();
    for (std::size_t length = 0; length < bytes.size(); ++length)
        EXPECT_FALSE(Fields::decode(std::span(bytes).first(length))) << length;
    bytes.push_back(std::byte{0});
    EXPECT_FALSE(Fields::decode(bytes));
}

TEST(Fields, random_damage_never_crashes_and_what_is_accepted_is_within_limits) {
    std::mt19937 random(1);
    const std::vector<std::byte> whole = one_of_each().encode();
    for (int trial = 0; trial < 20000; ++trial) {
        std::vector<std::byte> bytes = whole;
        for (int flips = 0; flips < 3; ++flips)
            bytes[random() % bytes.size()] = static_cast<std::byte>(random() & 0xff);
        if (const auto decoded = Fields::decode(bytes)) {
            EXPECT_EQ(decoded->encode(), bytes);
        }
    }
}

TEST(Fields, a_list_that_claims_more_than_the_message_holds_is_refused_before_it_is_allocated) {
    Fields fields;
    fields.set("l", std::vector<std::uint64_t>{1});
    std::vector<std::byte> bytes = fields.encode();
    const std::size_t at_length = 2 + 1 + 1 + 1;
    for (std::size_t at = 0; at < 4; ++at)
        bytes[at_length + at] = std::byte{0xff};
    EXPECT_FALSE(Fields::decode(bytes));
}

TEST(Fields, numbers_that_are_not_finite_names_out_of_order_and_unknown_kinds_are_refused) {
    Fields fields;
    fields.set("x", 1.0);
    std::vector<std::byte> bytes = fields.encode();
    std::vector<std::byte> infinite = bytes;
    const double infinity = std::numeric_limits<double>::infinity();
    std::memcpy(infinite.data() + 5, &infinity, sizeof infinity);
    EXPECT_FALSE(Fields::decode(infinite));
    std::vector<std::byte> unknown = bytes;
    unknown[4] = std::byte{6};
    EXPECT_FALSE(Fields::decode(unknown));
    Fields two;
    two.set("x", std::uint64_t{1});
    two.set("y", std::uint64_t{1});
    std::vector<std::byte> twice = two.encode();
    twice[2 + 11 + 1] = std::byte{'x'};
    EXPECT_FALSE(Fields::decode(twice));
}

TEST(Fields, an_absent_field_a_wrong_kind_and_a_value_over_its_limit_are_named) {
    const Fields fields = one_of_each();
    EXPECT_NE(fields.count("streams", 8).error().message.find("'streams' is missing"),
              std::string::npos);
    EXPECT_EQ(fields.count("d_text", 8).error().kind, ErrorKind::bad_input);
    EXPECT_FALSE(fields.count("a_count", 1024));
    EXPECT_FALSE(fields.text("d_text", 2));
    EXPECT_FALSE(fields.counts("e.counts", 2));
}

}  // namespace
}  // namespace assay::network
