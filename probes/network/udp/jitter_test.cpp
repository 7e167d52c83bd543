#include "probes/network/udp/jitter.h"

#include <gtest/gtest.h>

namespace assay::network::udp {
namespace {

constexpr std::int64_t kMs = 1'000'000;

TEST(Jitter, of_a_constant_delay_is_zero_whatever_the_clocks_say) {
    Jitter jitter;
    for (std::int64_t at = 0; at < 100; ++at)
        jitter.add(at * kMs, 7'000'000 * kMs + at * kMs);
    EXPECT_EQ(jitter.mean_ns(), 0.0);
}

TEST(Jitter, of_a_delay_that_alternates_by_2_ms_tends_to_2_ms) {
    Jitter jitter;
    for (std::int64_t at = 0; at < 10'000; ++at)
        jitter.add(at * kMs, at * kMs + (at % 2) * 2 * kMs);
    // |D| is 2 ms each time, so J is 2 ms less what is left of its start: under 0.1 % on average.
    EXPECT_NEAR(*jitter.mean_ns(), 2.0 * kMs, 0.002 * kMs);
}

TEST(Jitter, one_step_of_the_filter_is_a_sixteenth) {
    Jitter jitter;
    for (std::uint64_t at = 0; at <= Jitter::kSettling; ++at)
        jitter.add(0, 0);
    EXPECT_EQ(jitter.mean_ns(), std::nullopt) << "not settled";
    jitter.add(0, 1600);
    EXPECT_EQ(jitter.mean_ns(), 100.0);
}

}  // namespace
}  // namespace assay::network::udp
