#include "probes/memory/neighbours.h"

#include <gtest/gtest.h>

#include "tests/support/file_tree.h"

namespace assay::memory {
namespace {

TEST(Contention, IsToldWithBothRatesWhereRoundsWereSlowerWhileOthersWereBusy) {
    ContentionHistory history;
    for (const double rate : {10.0, 10.2, 9.9})
        EXPECT_FALSE(history.judge(0.05, rate));
    const auto found = history.judge(0.9, 6);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, "memory_contention");
    EXPECT_EQ(found->message,
              "While other CPUs were busy (0.90 of a CPU), rounds were 40 % slower than while they "
              "were idle.");
}

TEST(Contention, IsNotToldWhereBusyOthersDidNotSlowIt) {
    ContentionHistory history;
    EXPECT_FALSE(history.judge(0.0, 10));
    EXPECT_FALSE(history.judge(1.0, 9.6));
    EXPECT_FALSE(history.judge(1.0, 9.7));
    for (int round = 0; round < 3; ++round)
        history.judge(1.0, 9.0);
    EXPECT_TRUE(history.judge(1.0, 9.0)) << "the middle of the busy rounds is 9.0 by now";
}

TEST(Contention, IsAPossibilityWhereNoRoundWasQuietAndUnknownWithoutCounters) {
    ContentionHistory history;
    EXPECT_FALSE(history.judge(std::nullopt, 1));
    const auto found = history.judge(0.5, 10);
    ASSERT_TRUE(found);
    EXPECT_NE(found->message.find("no round was quiet"), std::string::npos);
}

TEST(Neighbours, AreAllOtherCpusAndHowManyOfThemWereBusy) {
    test::FileTree tree;
    host::Host host{.files = host::Files(tree.root()),
                    .clock = host::Clock{host::Files()},
                    .topology = {},
                    .cgroup = {}};
    for (int cpu = 0; cpu < 3; ++cpu)
        host.topology.pus.push_back(
            {.os_index = cpu, .core = cpu, .package = 0, .numa_node = {}, .allowed = true});
    tree.write("proc/stat",
               "cpu 0 0 0 0\ncpu0 100 0 0 0 0 0 0 0 0 0\ncpu1 100 0 0 100 0 0 0 0 0 0\n"
               "cpu2 100 0 0 100 0 0 0 0 0 0\n");
    const Neighbours neighbours(host, {0, 1, 2}, 1);
    const Neighbours none(host, {0, 1, 2}, 3);
    EXPECT_EQ(neighbours.busy_ratio(), std::nullopt) << "no tick has passed";
    tree.write("proc/stat",
               "cpu 0 0 0 0\ncpu0 900 0 0 0 0 0 0 0 0 0\ncpu1 110 0 0 100 0 0 0 0 0 0\n"
               "cpu2 105 0 0 105 0 0 0 0 0 0\n");
    EXPECT_DOUBLE_EQ(*neighbours.busy_ratio(), 1.5) << "one whole and one half";
    EXPECT_EQ(none.busy_ratio(), std::nullopt);
}

}  // namespace
}  // namespace assay::memory
