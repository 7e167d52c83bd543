#include "engine/core/random.h"

#include <gtest/gtest.h>

#include <array>

namespace assay {
namespace {

// From the authors' reference program, started with the state 1, 2, 3, 4.
TEST(Xoshiro256, gives_the_reference_sequence) {
    constexpr std::array<std::uint64_t, 10> kReference{41943041u,
                                                       58720359u,
                                                       3588806011781223u,
                                                       3591011842654386u,
                                                       9228616714210784205u,
                                                       9973669472204895162u,
                                                       14011001112246962877u,
                                                       12406186145184390807u,
                                                       15849039046786891736u,
                                                       10450023813501588000u};
    Xoshiro256 random(std::array<std::uint64_t, 4>{1, 2, 3, 4});
    for (const std::uint64_t expected : kReference)
        EXPECT_EQ(random.next(), expected);
}

// From the authors' reference program, started with 1234567.
TEST(SplitMix64, gives_the_reference_sequence) {
    SplitMix64 seeds(1234567);
    EXPECT_EQ(seeds.next(), 6457827717110365317u);
    EXPECT_EQ(seeds.next(), 3203168211198807973u);
    EXPECT_EQ(seeds.next(), 9817491932198370423u);
}

TEST(Xoshiro256, is_seeded_by_splitmix64) {
    // splitmix64 of seed 1234567 gives 6457827717110365317, 3203168211198807973, ... as published.
    Xoshiro256 seeded(1234567);
    Xoshiro256 same(std::array<std::uint64_t, 4>{6457827717110365317ull, 3203168211198807973ull,
                                                 9817491932198370423ull, 4593380528125082431ull});
    for (int draw = 0; draw < 5; ++draw)
        EXPECT_EQ(seeded.next(), same.next());
}

TEST(Xoshiro256, stays_below_the_bound_and_reaches_every_number) {
    Xoshiro256 random(7);
    std::array<int, 3> hits{};
    for (int draw = 0; draw < 3000; ++draw)
        ++hits.at(random.below(3));
    // 1000 expected each; 5 standard deviations are 129.
    for (const int count : hits)
        EXPECT_NEAR(count, 1000, 129);
    EXPECT_EQ(random.below(1), 0u);
}

TEST(Xoshiro256, takes_the_high_bits_for_a_range) {
    // The first output of state 1, 2, 3, 4 is 41943041: times 2^40 and shifted by 64 that is 2.
    Xoshiro256 random(std::array<std::uint64_t, 4>{1, 2, 3, 4});
    EXPECT_EQ(random.below(std::uint64_t{1} << 40), 2u);
}

}  // namespace
}  // namespace assay
