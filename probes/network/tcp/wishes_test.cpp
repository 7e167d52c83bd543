#include "probes/network/tcp/wishes.h"

#include <gtest/gtest.h>

#include <random>

namespace assay::network::tcp {
namespace {

Wishes both_ways() {
    return {.streams = 4,
            .sends_from = 0,
            .receives_from = 4,
            .longest_ramp = std::chrono::milliseconds(500),
            .window = std::chrono::seconds(2),
            .mode = Mode::path,
            .congestion = "cubic",
            .dscp = 46};
}

TEST(TcpWishes, what_is_sent_is_read_again_and_mirrored_for_the_other_end) {
    const auto read = Wishes::of(both_ways().mirrored().to_fields(), {});
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->streams, 4u);
    EXPECT_EQ(read->sends_from, 4u);
    EXPECT_EQ(read->receives_from, 0u);
    EXPECT_EQ(read->longest_ramp, std::chrono::milliseconds(500));
    EXPECT_EQ(read->window, std::chrono::seconds(2));
    EXPECT_EQ(read->mode, Mode::path);
    EXPECT_EQ(read->congestion, "cubic");
    EXPECT_EQ(read->dscp, 46u);
}

ErrorKind refused(const Fields& fields, const control::Caps& caps = {}) {
    const auto wishes = Wishes::of(fields, caps);
    EXPECT_FALSE(wishes);
    return wishes ? ErrorKind::internal : wishes.error().kind;
}

TEST(TcpWishes, what_is_beyond_sense_is_refused) {
    const Fields good = both_ways().to_fields();
    const auto with = [&](std::string_view name, FieldValue value) {
        Fields fields = good;
        fields.set(name, std::move(value));
        return fields;
    };
    EXPECT_EQ(refused(with("streams", std::uint64_t{0})), ErrorKind::bad_input);
    EXPECT_EQ(refused(with("streams", std::uint64_t{513})), ErrorKind::bad_input);
    EXPECT_EQ(refused(with("streams", std::uint64_t{5})), ErrorKind::bad_input) << "they overlap";
    EXPECT_EQ(refused(with("window_ns", std::uint64_t{0})), ErrorKind::bad_input);
    EXPECT_EQ(refused(with("window_ns", UINT64_MAX)), ErrorKind::bad_input);
    EXPECT_EQ(refused(with("mode", std::string("fast"))), ErrorKind::bad_input);
    EXPECT_EQ(refused(with("congestion", std::string("../x"))), ErrorKind::bad_input);
    EXPECT_EQ(refused(with("congestion", std::string(16, 'a'))), ErrorKind::bad_input);
    EXPECT_EQ(refused(with("dscp", std::uint64_t{64})), ErrorKind::bad_input);
    EXPECT_EQ(refused({}), ErrorKind::bad_input);
}

TEST(TcpWishes, the_operators_caps_are_named) {
    const Fields fields = both_ways().to_fields();
    EXPECT_EQ(refused(fields, {.most_streams = 7}), ErrorKind::usage);
    EXPECT_TRUE(Wishes::of(fields, {.most_streams = 8}));
    EXPECT_EQ(refused(fields, {.longest = std::chrono::milliseconds(2499)}), ErrorKind::usage);
    EXPECT_TRUE(Wishes::of(fields, {.longest = std::chrono::milliseconds(2500)}));
}

TEST(TcpWishes, random_damage_never_yields_wishes_beyond_the_limits) {
    const std::vector<std::byte> whole = both_ways().to_fields().encode();
    std::mt19937 random(1);
    for (int trial = 0; trial < 20000; ++trial) {
        std::vector<std::byte> bytes = whole;
        for (int flips = 0; flips < 2; ++flips)
            bytes[random() % bytes.size()] = static_cast<std::byte>(random() & 0xff);
        const auto fields = Fields::decode(bytes);
        if (!fields)
            continue;
        if (const auto wishes = Wishes::of(*fields, {})) {
            EXPECT_LE(wishes->streams, kMostStreams);
            EXPECT_LE(wishes->window, std::chrono::seconds(120));
        }
    }
}

}  // namespace
}  // namespace assay::network::tcp
