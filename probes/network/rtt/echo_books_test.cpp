#include "probes/network/rtt/echo_books.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace assay::network::rtt {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

bool has(const std::vector<Finding>& findings, std::string_view id) {
    return std::ranges::find(findings, id, &Finding::id) != findings.end();
}

/// A server that stands still for 200 ms in 10 s at 1 kHz: the answer to a request at t ms into the
/// stall comes at its end. So 2 % of the requests wait for 200, 199, ... 1 ms, and the 99th
/// percentile is 100 ms.
TEST(EchoBooks, a_stall_of_the_server_shows_in_response_and_service) {
    EchoBooks books(10'000, kMillisecond);
    for (std::int64_t at = 0; at < 10'000; ++at) {
        const std::int64_t due = (at + 1) * kMillisecond;
        books.sent(static_cast<std::uint64_t>(at), due, due);
        const bool stalled = at >= 5'000 && at < 5'200;
        const std::int64_t answer = stalled ? 5'201 * kMillisecond : due;
        books.answered(static_cast<std::uint64_t>(at), answer + 20'000);
    }
    const EchoOutcome outcome = books.outcome();
    EXPECT_NEAR(*outcome.response.quantile(0.99), 100e6, 1.5e6);
    EXPECT_NEAR(*outcome.service.quantile(0.99), 100e6, 1.5e6);
    EXPECT_NEAR(*outcome.response.quantile(0.5), 20e3, 200);
    EXPECT_EQ(outcome.late_sends, 0u);
    EXPECT_TRUE(echo_findings(outcome).empty());
}

/// The same for the client: its requests leave late, all at once, and are answered quickly. The
/// service time sees nothing; the response time must, and the round is invalid.
TEST(EchoBooks, a_stall_of_the_client_shows_in_response_only) {
    EchoBooks books(10'000, kMillisecond);
    for (std::int64_t at = 0; at < 10'000; ++at) {
        const std::int64_t due = (at + 1) * kMillisecond;
        const bool stalled = at >= 5'000 && at < 5'200;
        const std::int64_t sent = stalled ? 5'201 * kMillisecond : due;
        books.sent(static_cast<std::uint64_t>(at), due, sent);
        books.answered(static_cast<std::uint64_t>(at), sent + 20'000);
    }
    const EchoOutcome outcome = books.outcome();
    EXPECT_NEAR(*outcome.response.quantile(0.99), 100e6, 1.5e6);
    EXPECT_NEAR(*outcome.service.quantile(0.99), 20e3, 200);
    // The last of the 200 was due 1 ms before: not over a millisecond late.
    EXPECT_EQ(outcome.late_sends, 199u);
    EXPECT_TRUE(has(echo_findings(outcome), "late_sends"));
}

TEST(EchoBooks, one_late_request_in_a_thousand_passes_and_two_do_not) {
    for (const std::uint64_t late : {1u, 2u}) {
        EchoBooks books(1000, kMillisecond);
        for (std::uint64_t at = 0; at < 1000; ++at)
            books.sent(at, 0, at < late ? 2 * kMillisecond : 0);
        const auto findings = echo_findings(books.outcome());
        EXPECT_EQ(has(findings, "late_sends"), late == 2) << late;
    }
}

TEST(EchoBooks, losses_duplicates_and_strangers_are_apart) {
    EchoBooks books(4, kMillisecond);
    for (std::uint64_t at = 0; at < 3; ++at)
        books.sent(at, 0, 0);
    books.answered(0, 10);
    books.answered(0, 20);
    books.answered(2, 30);
    books.answered(3, 40);                  // never sent
    books.answered(~std::uint64_t{0}, 50);  // beyond all
    EXPECT_EQ(books.still_open(), 1u);
    const EchoOutcome outcome = books.outcome();
    EXPECT_EQ(outcome.sent, 3u);
    EXPECT_EQ(outcome.answered, 2u);
    EXPECT_EQ(outcome.lost(), 1u);
    EXPECT_EQ(outcome.duplicates, 1u);
    EXPECT_EQ(outcome.strangers, 2u);
    EXPECT_TRUE(has(echo_findings(outcome), "echoes_lost"));
}

// RFC 3550, section 6.4.1, by hand: D = 160, 320, 0 gives J = 10, 29.375, 27.5390625.
TEST(EchoBooks, jitter_is_smoothed_by_a_sixteenth) {
    EchoBooks books(4, kMillisecond);
    const std::int64_t trips[] = {1000, 1160, 840, 840};
    for (std::uint64_t at = 0; at < 4; ++at) {
        books.sent(at, 0, 1000);
        books.answered(at, 1000 + trips[at]);
        EXPECT_EQ(books.outcome().jitter_ns.has_value(), at > 0);
    }
    EXPECT_DOUBLE_EQ(*books.outcome().jitter_ns, 27.5390625);
}

TEST(EchoBooks, nothing_sent_gives_nothing) {
    const EchoOutcome outcome = EchoBooks(10, kMillisecond).outcome();
    EXPECT_EQ(outcome.sent, 0u);
    EXPECT_FALSE(outcome.response.quantile(0.5));
    EXPECT_TRUE(echo_findings(outcome).empty());
}

}  // namespace
}  // namespace assay::network::rtt
