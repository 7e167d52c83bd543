#include "probes/network/udp/rate_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace assay::network::udp {
namespace {

using std::chrono::steady_clock;

/// A link of a known rate behind a queue: loses nothing in a trial whose surplus fits the queue.
struct SimulatedLink {
    double capacity_per_s;
    double queue_datagrams;
    double sender_most_per_s = 1e12;
    double brief_s = 0.3, full_s = 3;
    /// A receiver that drops some datagrams in this share of the trials, whatever the rate.
    double busy_share = 0;
    std::mt19937_64 dice{1};
    std::vector<double> asked{};

    Expected<RateSample> operator()(double rate, TrialLength length) {
        asked.push_back(rate);
        const double seconds = length == TrialLength::brief ? brief_s : full_s;
        const double offered = rate > 0 ? std::min(rate, sender_most_per_s) : sender_most_per_s;
        const double surplus = std::max(0.0, offered - capacity_per_s) * seconds;
        const bool fits = surplus <= queue_datagrams;
        const bool is_busy = std::bernoulli_distribution(busy_share)(dice);
        // What it was too busy for is at most a tenth of what came.
        const double kept =
            is_busy ? 1 - std::uniform_real_distribution<double>(0.0001, 0.1)(dice) : 1;
        return RateSample{.offered_per_s = offered,
                          .delivered_per_s = kept * std::min(offered, capacity_per_s),
                          .lossless = fits && !is_busy,
                          .lost_at_receiver = fits && is_busy};
    }
};

SearchSettings settings() {
    const auto now = steady_clock::now();
    const auto late = now + std::chrono::hours(1);
    return {.brief_until = late, .full_until = late, .last_until = late};
}

Expected<std::optional<SearchResult>> search(SimulatedLink& link) {
    return search_rate(settings(),
                       [&](double rate, TrialLength length) { return link(rate, length); });
}

TEST(RateSearch, finds_a_link_of_any_rate_within_one_percent_and_never_above) {
    for (const double capacity : {30.0, 4'000.0, 86'000.0, 2e6}) {
        SimulatedLink link{.capacity_per_s = capacity,
                           .queue_datagrams = capacity * 0.05,
                           .sender_most_per_s = 4e6};
        const auto found = search(link);
        ASSERT_TRUE(found && *found);
        EXPECT_GE((*found)->delivered_per_s, 0.99 * capacity);
        EXPECT_LE((*found)->delivered_per_s, capacity);
        EXPECT_FALSE((*found)->sender_bound);
        EXPECT_LE(link.asked.size(), 24u);
    }
}

/// Each tenth trial is spoiled by the receiving host, some of them several times in a row.
TEST(RateSearch, a_receiver_that_is_busy_now_and_then_hides_no_rate_in_100_of_100_seeds) {
    std::size_t most_trials = 0;
    int right = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        SimulatedLink link{.capacity_per_s = 86'000,
                           .queue_datagrams = 86'000 * 0.01,
                           .sender_most_per_s = 1e6,
                           .busy_share = 0.1,
                           .dice = std::mt19937_64(seed)};
        const auto found = search(link);
        ASSERT_TRUE(found && *found) << seed;
        EXPECT_LE((*found)->delivered_per_s, link.capacity_per_s) << seed;
        right += (*found)->delivered_per_s >= 0.99 * link.capacity_per_s ? 1 : 0;
        most_trials = std::max(most_trials, link.asked.size());
    }
    EXPECT_EQ(right, 100);
    EXPECT_LE(most_trials, 60u);
}

/// The receiver itself is the limit, and falls below what it could take when given more.
TEST(RateSearch, a_receiver_that_takes_no_more_is_found_and_named_in_100_of_100_seeds) {
    constexpr double kTakes = 400'000;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        std::mt19937_64 dice(seed);
        const auto found = search_rate(settings(), [&](double rate, TrialLength) {
            const double offered = rate > 0 ? rate : 1e6;
            const bool overloaded = offered > kTakes;
            const bool lost = overloaded || std::bernoulli_distribution(0.1)(dice);
            return Expected<RateSample>(
                RateSample{.offered_per_s = offered,
                           .delivered_per_s = overloaded ? 150'000 : offered,
                           .lossless = !lost,
                           .lost_at_receiver = lost});
        });
        ASSERT_TRUE(found && *found) << seed;
        EXPECT_GE((*found)->delivered_per_s, 0.99 * kTakes) << seed;
        EXPECT_LE((*found)->delivered_per_s, kTakes) << seed;
        EXPECT_TRUE((*found)->receiver_bound) << seed;
    }
}

/// However short the time is: the rates fall until one was seen without loss.
TEST(RateSearch, where_the_time_is_over_a_low_rate_that_passed_is_better_than_none) {
    SearchSettings late = settings();
    late.brief_until = late.full_until = steady_clock::now();
    SimulatedLink link{
        .capacity_per_s = 1000, .queue_datagrams = 0, .sender_most_per_s = 10'000, .full_s = 1};
    const auto found = search_rate(late, [&](double rate, TrialLength length) {
        RateSample sample = *link(rate, length);
        if (!sample.lossless)
            sample.delivered_per_s = 9'000;  // an estimate that is far too high
        return Expected<RateSample>(sample);
    });
    ASSERT_TRUE(found && *found);
    EXPECT_LE((*found)->delivered_per_s, 1000);
    EXPECT_GE((*found)->delivered_per_s, 500);
    EXPECT_LE(link.asked.size(), 8u);
}

TEST(RateSearch, a_sender_that_is_slower_than_the_path_is_named_as_the_limit) {
    SimulatedLink link{.capacity_per_s = 1e6, .queue_datagrams = 0, .sender_most_per_s = 5e5};
    const auto found = search(link);
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->delivered_per_s, 5e5);
    EXPECT_TRUE((*found)->sender_bound);
    EXPECT_EQ(link.asked.size(), 2u) << "one brief trial, one full";
}

TEST(RateSearch, a_receiver_that_collapses_under_overload_is_still_found) {
    int trials = 0;
    const auto found = search_rate(settings(), [&](double rate, TrialLength) {
        ++trials;
        const double offered = rate > 0 ? rate : 1e6;
        const bool overloaded = offered > 400'000;
        return Expected<RateSample>(RateSample{.offered_per_s = offered,
                                               .delivered_per_s = overloaded ? 150'000 : offered,
                                               .lossless = !overloaded});
    });
    ASSERT_TRUE(found && *found);
    EXPECT_GE((*found)->delivered_per_s, 0.99 * 400'000);
    EXPECT_LE((*found)->delivered_per_s, 400'000);
    EXPECT_LE(trials, 20);
}

TEST(RateSearch, a_path_that_always_loses_has_no_lossless_rate_and_the_search_ends) {
    int trials = 0;
    SearchSettings now = settings();
    now.brief_until = now.full_until = now.last_until = steady_clock::now();
    const auto found = search_rate(now, [&](double rate, TrialLength) {
        ++trials;
        return Expected<RateSample>(
            RateSample{.offered_per_s = rate > 0 ? rate : 1000, .delivered_per_s = 900});
    });
    ASSERT_TRUE(found);
    EXPECT_FALSE(*found);
    EXPECT_EQ(trials, 2) << "the time was over: one brief, one full";
    EXPECT_TRUE(search_rate(settings(), [](double rate, TrialLength) {
        return Expected<RateSample>(RateSample{.offered_per_s = rate, .delivered_per_s = 0});
    })) << "ends by the number of trials, too";
}

TEST(RateSearch, an_error_of_a_trial_ends_it) {
    const auto found = search_rate(settings(), [](double, TrialLength) -> Expected<RateSample> {
        return failure(ErrorKind::io, "gone");
    });
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, ErrorKind::io);
}

TEST(RateSearch, the_ceiling_that_was_asked_for_is_not_passed) {
    SimulatedLink link{.capacity_per_s = 1e6, .queue_datagrams = 0};
    SearchSettings limited = settings();
    limited.most_per_s = 1000;
    const auto found =
        search_rate(limited, [&](double rate, TrialLength length) { return link(rate, length); });
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->delivered_per_s, 1000);
    EXPECT_EQ(*std::ranges::max_element(link.asked), 1000);
}

}  // namespace
}  // namespace assay::network::udp
