#include "probes/network/udp/arrival_book.h"

#include <gtest/gtest.h>

namespace assay::network::udp {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::size_t kPayload = 100;

class ArrivalBookTest : public testing::Test {
  protected:
    static ReceiveWishes wishes() {
        ReceiveWishes wishes;
        wishes.flow.payload_bytes = kPayload;
        wishes.ramp_ns = 10 * kMs;
        wishes.late_ns = 50 * kMs;
        return wishes;
    }
    std::vector<std::byte> datagram(std::uint64_t sequence, std::int64_t sent_ns) const {
        std::vector<std::byte> bytes(Datagram::kHeaderBytes);
        stamp_.write(bytes, {.sequence = sequence, .sent_ns = static_cast<std::uint64_t>(sent_ns)});
        const auto filler = stamp_.filler(kPayload);
        bytes.insert(bytes.end(), filler.begin(), filler.end());
        return bytes;
    }
    void arrive(std::uint64_t sequence, std::int64_t sent_ns, std::int64_t now_ns) {
        const auto bytes = datagram(sequence, sent_ns);
        const Received received{.bytes = bytes, .kernel_ns = std::nullopt};
        book_.add(std::span(&received, 1), now_ns);
    }
    void arrive(std::span<const std::byte> bytes) {
        const Received received{.bytes = bytes, .kernel_ns = std::nullopt};
        book_.add(std::span(&received, 1), 0);
    }

    Stamp stamp_{1, 2};
    ArrivalBook book_{wishes(), stamp_};
};

TEST_F(ArrivalBookTest, the_window_begins_after_the_ramp_and_counts_what_came_after_its_first) {
    for (std::int64_t at = 0; at < 30; ++at)
        arrive(static_cast<std::uint64_t>(at), at * kMs, 1000 * kMs + at * kMs);
    const ReceiverReport report = book_.report();
    EXPECT_EQ(report.delivered, 30u);
    EXPECT_EQ(report.window_datagrams, 19u) << "11 to 29; number 10 opens the window";
    EXPECT_EQ(report.window_ns, static_cast<std::uint64_t>(19 * kMs));
}

TEST_F(ArrivalBookTest, datagrams_are_booked_by_the_stretch_in_which_they_were_sent) {
    arrive(0, 0, 900 * kMs);
    arrive(2, 199 * kMs, 901 * kMs);
    arrive(1, 99 * kMs, 902 * kMs);
    EXPECT_EQ(book_.report().delivered_by_interval, (std::vector<std::uint64_t>{2, 1}));
    EXPECT_EQ(book_.report().reordered, 1u);
}

TEST_F(ArrivalBookTest, what_is_over_the_limit_behind_the_fastest_is_late_and_delivered) {
    arrive(0, 0, 100 * kMs);
    arrive(1, 10 * kMs, 160 * kMs);
    arrive(2, 20 * kMs, 171 * kMs);
    EXPECT_EQ(book_.report().late, 1u) << "50 ms more is not late, 51 ms is";
    EXPECT_EQ(book_.report().delivered, 3u);
}

TEST_F(ArrivalBookTest, bytes_that_are_not_of_this_trial_are_foreign_and_nothing_else) {
    auto bytes = datagram(0, 0);
    arrive(std::span<const std::byte>(bytes).first(kPayload - 1));
    bytes.push_back(std::byte{});
    arrive(bytes);
    bytes.pop_back();
    bytes[30] ^= std::byte{1};
    arrive(bytes);
    arrive(std::span<const std::byte>{});
    EXPECT_EQ(book_.report().foreign, 4u);
    EXPECT_EQ(book_.report().delivered, 0u);
    EXPECT_TRUE(book_.report().delivered_by_interval.empty());
}

TEST_F(ArrivalBookTest, a_changed_filler_is_seen) {
    auto bytes = datagram(0, 0);
    bytes.back() ^= std::byte{1};
    arrive(bytes);
    EXPECT_EQ(book_.report().checked_fillers, 1u);
    EXPECT_EQ(book_.report().wrong_fillers, 1u);
    EXPECT_EQ(book_.report().delivered, 1u);
}

TEST_F(ArrivalBookTest, jitter_needs_the_kernels_time_stamps) {
    for (std::uint64_t at = 0; at < 200; ++at) {
        const auto bytes = datagram(at, static_cast<std::int64_t>(at) * kMs);
        const Received received{
            .bytes = bytes,
            .kernel_ns = static_cast<std::int64_t>(at) * kMs + (at % 2 == 0 ? 0 : 300'000)};
        book_.add(std::span(&received, 1), 0);
    }
    ASSERT_TRUE(book_.report().jitter_ns);
    EXPECT_NEAR(*book_.report().jitter_ns, 300'000, 3'000);
    ArrivalBook without(wishes(), stamp_);
    EXPECT_FALSE(without.report().jitter_ns);
}

}  // namespace
}  // namespace assay::network::udp
