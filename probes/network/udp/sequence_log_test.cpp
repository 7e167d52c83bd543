#include "probes/network/udp/sequence_log.h"

#include <gtest/gtest.h>

namespace assay::network::udp {
namespace {

using Arrival = SequenceLog::Arrival;

TEST(SequenceLog, an_undisturbed_flow_is_delivered_in_order) {
    SequenceLog log;
    for (std::uint64_t at = 0; at < 1000; ++at)
        EXPECT_EQ(log.add(at), Arrival::in_order);
    EXPECT_EQ(log.delivered(), 1000u);
    EXPECT_EQ(log.end(), 1000u);
    EXPECT_EQ(log.reordered() + log.duplicates() + log.beyond_window(), 0u);
}

/// The example of RFC 4737, section 3.4: sent 1 to 10, arriving 1 2 3 7 8 9 10 4 5 6; those that
/// come after a higher number are reordered: 4, 5 and 6.
TEST(SequenceLog, reordering_is_that_of_rfc_4737) {
    SequenceLog log;
    for (const std::uint64_t number : {1, 2, 3, 7, 8, 9, 10, 4, 5, 6})
        log.add(number);
    EXPECT_EQ(log.delivered(), 10u);
    EXPECT_EQ(log.reordered(), 3u);
    EXPECT_EQ(log.largest_distance(), 6u) << "4 came when 10 was there";
}

TEST(SequenceLog, a_second_copy_is_a_duplicate_and_neither_delivered_nor_reordered) {
    SequenceLog log;
    log.add(0);
    log.add(1);
    log.add(5);
    EXPECT_EQ(log.add(1), Arrival::duplicate);
    EXPECT_EQ(log.add(5), Arrival::duplicate);
    EXPECT_EQ(log.add(3), Arrival::reordered);
    EXPECT_EQ(log.add(3), Arrival::duplicate);
    EXPECT_EQ(log.delivered(), 4u);
    EXPECT_EQ(log.duplicates(), 3u);
    EXPECT_EQ(log.reordered(), 1u);
}

TEST(SequenceLog, numbers_of_one_window_ago_are_forgotten_when_the_ring_comes_around) {
    SequenceLog log;
    for (std::uint64_t at = 0; at < 300; ++at)
        log.add(at);
    // Skips 100 numbers across the ring's seam, whose bits stand for 100 to 199 of the last round.
    log.add(SequenceLog::kWindow + 99);
    log.add(SequenceLog::kWindow + 200);
    for (std::uint64_t at = 100; at < 200; ++at)
        EXPECT_EQ(log.add(SequenceLog::kWindow + at), Arrival::reordered) << at;
    EXPECT_EQ(log.duplicates(), 0u);
    EXPECT_EQ(log.delivered(), 300u + 2 + 100);
}

TEST(SequenceLog, what_is_older_than_the_window_is_told_apart) {
    SequenceLog log;
    log.add(0);
    log.add(2 * SequenceLog::kWindow);
    EXPECT_EQ(log.add(SequenceLog::kWindow), Arrival::beyond_window);
    EXPECT_EQ(log.add(SequenceLog::kWindow + 1), Arrival::reordered);
    EXPECT_EQ(log.beyond_window(), 1u);
    EXPECT_EQ(log.delivered(), 3u);
}

}  // namespace
}  // namespace assay::network::udp
