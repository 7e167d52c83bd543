// The witness by which other tests excuse themselves must see what it is for, and no more.

#include "tests/support/withheld_cpu.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "engine/host/affinity.h"
#include "engine/host/host.h"

namespace assay {
namespace {

using std::chrono::milliseconds;
using Milliseconds = std::chrono::duration<double, std::milli>;

/// What a watcher sees beside threads that keep `cpu` busy for a tenth of a second: one of
/// real-time priority over the watcher, or several without; nullopt without the right to that.
std::optional<Milliseconds> seen_beside_busy_threads(int cpu, bool above_the_watcher) {
    const test::WithheldCpu withheld;
    std::this_thread::sleep_for(milliseconds(30));
    std::atomic<bool> may = true;
    const auto keep_busy = [&] {
        const auto pinned = host::Pinning::to_cpu(cpu);
        const sched_param above{.sched_priority = sched_get_priority_min(SCHED_FIFO) + 1};
        may = pinned && (!above_the_watcher ||
                         pthread_setschedparam(pthread_self(), SCHED_FIFO, &above) == 0);
        const auto end = std::chrono::steady_clock::now() + milliseconds(100);
        while (may && std::chrono::steady_clock::now() < end) {
        }
    };
    {
        std::vector<std::jthread> threads;
        for (int count = above_the_watcher ? 1 : 16; count > 0; --count)
            threads.emplace_back(keep_busy);
    }
    std::this_thread::sleep_for(milliseconds(30));
    return may ? std::optional(withheld.longest()) : std::nullopt;
}

TEST(WithheldCpuTruth, IsWhatNeitherATestsOwnLoadNorNothingWithholds) {
    const auto host = host::inspect_host(host::Files());
    ASSERT_TRUE(host) << host.error().message;
    const int cpu = host->topology.pinning_order().at(0);
    // The least of some: the machine around this host withholds its CPUs too, now and then.
    Milliseconds beside_load = milliseconds(1000);
    for (int attempt = 0; attempt < 10 && beside_load > milliseconds(5); ++attempt) {
        const auto above = seen_beside_busy_threads(cpu, true);
        if (!above)
            GTEST_SKIP() << "no right to a real-time priority";
        // Up to one nap of 20 ms passes before the watcher is due.
        EXPECT_GE(*above, milliseconds(75));
        beside_load = std::min(beside_load, *seen_beside_busy_threads(cpu, false));
    }
    EXPECT_LE(beside_load, milliseconds(5));
}

}  // namespace
}  // namespace assay
