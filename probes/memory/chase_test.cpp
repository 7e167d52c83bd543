// Orders, rings and the kernels that follow them.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "engine/core/units.h"
#include "probes/memory/chase_kernel.h"
#include "probes/memory/chase_order.h"
#include "probes/memory/chase_ring.h"
#include "probes/memory/chase_work.h"

namespace assay::memory {
namespace {

TEST(LineOffset, KeepsLines128BytesApartAndFillsAllSetsAlike) {
    constexpr std::size_t kLines = 63 * 64;
    std::map<std::size_t, std::size_t> in_set;  // of a cache with 64 sets
    for (std::size_t line = 0; line < kLines; ++line) {
        EXPECT_EQ(line_offset(line) % kLineBytes, 0u);
        ASSERT_GE(line_offset(line + 1), line_offset(line) + 128) << line;
        ++in_set[line_offset(line) / kLineBytes % 64];
    }
    for (const auto& [set, lines] : in_set)
        EXPECT_EQ(lines, 64u) << set;
    EXPECT_EQ(in_set.size(), 63u) << "all but the last";
    EXPECT_EQ(span_bytes(1), 64u);
    EXPECT_EQ(span_bytes(64), 8192u + 64);
}

TEST(ChaseOrder, HasEveryLineOnceWhateverTheirNumber) {
    for (const std::size_t lines : {1u, 2u, 64u, 16384u, 16385u, 40000u, 3u * 16384u}) {
        auto order = chase_order(lines, RingShape::random, 7);
        ASSERT_EQ(order.size(), lines);
        std::ranges::sort(order);
        for (std::size_t line = 0; line < lines; ++line)
            ASSERT_EQ(order[line], line);
    }
}

TEST(ChaseOrder, IsAnotherOneForEachSeedAndTheSameForTheSame) {
    for (const std::size_t lines : {1000u, 40000u}) {
        const auto first = chase_order(lines, RingShape::random, 1);
        const auto second = chase_order(lines, RingShape::random, 2);
        EXPECT_EQ(first, chase_order(lines, RingShape::random, 1));
        std::size_t same = 0;
        for (std::size_t step = 0; step < lines; ++step)
            same += first[step] == second[step];
        EXPECT_LT(same, 20u) << "one place in two random orders is equal, about";
    }
}

TEST(ChaseOrder, HasFewStepsToNeighboursUnlessItIsOrdered) {
    for (const std::size_t lines : {64u, 4096u, 100'000u})
        EXPECT_LT(near_steps(chase_order(lines, RingShape::random, 3)),
                  8.0 / static_cast<double>(lines) * 2 + 0.02);
    EXPECT_GT(near_steps(chase_order(4096, RingShape::ordered, 3)), 0.99);
}

// Neighbouring steps of a large order lie in different groups, so in different 2 MiB.
TEST(ChaseOrder, OfManyLinesGoesToAnotherGroupWithNearlyEachStep) {
    const auto order = chase_order(8 * 16384, RingShape::random, 11);
    std::size_t same_group = 0;
    for (std::size_t step = 1; step < order.size(); ++step)
        same_group += order[step] / 16384 == order[step - 1] / 16384;
    EXPECT_LT(static_cast<double>(same_group) / static_cast<double>(order.size()), 0.05);
}

ChaseRing ring_of(std::size_t lines) {
    auto ring =
        ChaseRing::make({.most_lines = lines,
                         .pages = host::PagePreference::small,
                         .numa_node = {},
                         .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60),
                         .stop = {}});
    EXPECT_TRUE(ring);
    return std::move(*ring);
}

TEST(ChaseRing, IsOneCycleOfAllItsLinesAndAShortOneIsSeen) {
    ChaseRing ring = ring_of(40'000);
    for (const std::size_t lines : {2u, 64u, 4096u, 40'000u})
        for (const std::uint64_t seed : {1u, 2u}) {
            ring.build(lines, RingShape::random, seed);
            EXPECT_EQ(ring.walk({}), lines);
            ring.build(lines, RingShape::closed_early, seed);
            EXPECT_EQ(ring.walk({}), lines / 2);
        }
    ring.build(1000, RingShape::random, 5);
    // A pointer back into the cycle that is not its beginning: walked for ever without a bound.
    *const_cast<void**>(static_cast<void* const*>(ring.at(500))) = const_cast<void*>(ring.at(400));
    EXPECT_EQ(ring.walk({}), 1001u);
    EXPECT_LE(span_bytes(40'000), ChaseRing::memory_bytes(40'000));
}

TEST(ChaseKernel, EndsWhereSoManyHopsLead) {
    ChaseRing ring = ring_of(1000);
    ring.build(1000, RingShape::random, 9);
    for (const std::uint64_t hops : {0u, 64u, 128u, 64u * 100})
        EXPECT_EQ(chase(ring.at(3), hops), ring.at(3 + hops)) << hops;
    for (const std::size_t chains : {1u, 2u, 4u, 8u, 16u, 32u}) {
        std::vector<const void*> heads;
        for (std::size_t chain = 0; chain < chains; ++chain)
            heads.push_back(ring.at(chain * 31));
        ASSERT_TRUE(chase_parallel(heads, 777));
        for (std::size_t chain = 0; chain < chains; ++chain)
            EXPECT_EQ(heads[chain], ring.at(chain * 31 + 777)) << chain << " of " << chains;
    }
    std::array<const void*, 3> three{ring.at(0), ring.at(1), ring.at(2)};
    EXPECT_FALSE(chase_parallel(three, 10));
    EXPECT_EQ(three[0], ring.at(0));
}

TEST(ChaseWork, KnowsWhetherTheChaseEndedWhereItMust) {
    const auto host = host::Clock{host::Files()};
    ChaseRing ring = ring_of(1000);
    ring.build(1000, RingShape::random, 9);
    ChaseWork work(host, ring, std::chrono::nanoseconds(0), 0);
    work.enter(0);
    EXPECT_EQ(work.block(0), 8 * hops_per_sample(1000));
    work.leave(0);
    EXPECT_TRUE(work.ended_well());
    EXPECT_EQ(work.samples().count(), 8u);
    ParallelChaseWork parallel(ring, 4);
    parallel.enter(0);
    EXPECT_EQ(parallel.block(0), 4 * 8 * hops_per_sample(1000));
    parallel.leave(0);
    EXPECT_TRUE(parallel.ended_well());
    // The shortest of short cuts: one line points past its successor.
    *const_cast<const void**>(static_cast<const void* const*>(ring.at(10))) = ring.at(12);
    for (host::TeamWork* wrong :
         {static_cast<host::TeamWork*>(&work), static_cast<host::TeamWork*>(&parallel)}) {
        wrong->enter(0);
        wrong->block(0);
        wrong->leave(0);
    }
    EXPECT_FALSE(work.ended_well());
    EXPECT_FALSE(parallel.ended_well());
    ParallelChaseWork none(ring, 3);
    none.enter(0);
    none.block(0);
    none.leave(0);
    EXPECT_FALSE(none.ended_well()) << "no kernel for three chains, so nothing was followed";
}

TEST(ChaseWork, CountsNoSampleBeforeTheLeadInIsOver) {
    const auto clock = host::Clock{host::Files()};
    ChaseRing ring = ring_of(1000);
    ring.build(1000, RingShape::random, 9);
    ChaseWork work(clock, ring, std::chrono::seconds(100), 0);
    work.enter(0);
    for (int block = 0; block < 5; ++block)
        work.block(0);
    work.leave(0);
    EXPECT_EQ(work.samples().count(), 0u);
    EXPECT_TRUE(work.ended_well());
}

}  // namespace
}  // namespace assay::memory
