// The witness by which other tests excuse themselves must see what it is for, and no more.

#include "tests/support/withheld_cpu.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "engine/host/affinity.h"
#include "engine/host/host.h"

namespace assay {
namespace {

using std::chrono::milliseconds;
using Milliseconds = std::chrono::duration<double, std::milli>;

/// What a watcher sees beside a thread that keeps `cpu` busy for a tenth of a second, with
/// real-time priority over the watcher or without; nullopt without the right to such a priority.
std::optional<Milliseconds> seen_beside_a_busy_thread(int cpu, bool above_the_watcher) {
    const test::WithheldCpu withheld;
    std::this_thread::sleep_for(milliseconds(30));
    bool may = true;
    std::jthread([&] {
        const auto pinned = host::Pinning::to_cpu(cpu);
        const sched_param above{.sched_priority = sched_get_priority_min(SCHED_FIFO) + 1};
        may = pinned && (!above_the_watcher ||
                         pthread_setschedparam(pthread_self(), SCHED_FIFO, &above) == 0);
        const auto end = std::chrono::steady_clock::now() + milliseconds(100);
        while (may && std::chrono::steady_clock::now() < end) {
        }
    }).join();
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
        const auto above = seen_beside_a_busy_thread(cpu, true);
        if (!above)
            GTEST_SKIP() << "no right to a real-time priority";
        // Up to one nap of 20 ms passes before the watcher is due.
        EXPECT_GE(*above, milliseconds(75));
        beside_load = std::min(beside_load, *seen_beside_a_busy_thread(cpu, false));
    }
    EXPECT_LE(beside_load, milliseconds(5));
}

}  // namespace
}  // namespace assay
