#pragma once

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/stolen_time.h"

namespace assay::test {

/// Whether this host's CPUs were withheld from a test: by the hypervisor all along (stolen time),
/// or by anything for a while, seen by a thread on each CPU that asks to be woken again and again.
/// Of real-time priority, so that the tests' own load does not make it late; without the right to
/// that nothing is seen.
class WithheldCpu {
  public:
    WithheldCpu() {
        cpu_set_t allowed;
        CPU_ZERO(&allowed);
        if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
            return;
        for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
            if (CPU_ISSET(cpu, &allowed))
                watchers_.emplace_back(
                    [this, cpu](const std::stop_token& stop) { watch(cpu, stop); });
    }

    /// The longest while by which a watcher woke up late.
    std::chrono::duration<double, std::milli> longest() const {
        return std::chrono::nanoseconds(longest_ns_.load());
    }
    /// More than a test can bear that asserts a limit within one percent, and delays within
    /// `longest`.
    bool spoils(std::chrono::duration<double, std::milli> bearable) const {
        return stolen_.spoils() || longest() > bearable;
    }
    std::string said() const {
        return std::to_string(stolen_.share() * 100) + " % of the CPU time was stolen, and for " +
               std::to_string(longest().count()) + " ms a CPU was withheld";
    }

  private:
    using Clock = std::chrono::steady_clock;
    /// In a virtual machine each waking of an idle CPU is itself some stolen time: 1 % at every ms.
    static constexpr std::chrono::milliseconds kEvery{20};

    void watch(int cpu, const std::stop_token& stop) {
        cpu_set_t only;
        CPU_ZERO(&only);
        CPU_SET(cpu, &only);
        const sched_param lowest{.sched_priority = sched_get_priority_min(SCHED_FIFO)};
        if (pthread_setaffinity_np(pthread_self(), sizeof only, &only) != 0 ||
            pthread_setschedparam(pthread_self(), SCHED_FIFO, &lowest) != 0)
            return;
        while (!stop.stop_requested()) {
            const auto due = Clock::now() + kEvery;
            std::this_thread::sleep_until(due);
            const std::int64_t late_ns =
                std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - due).count();
            // Only this thread's CPU was late; another watcher may have seen worse meanwhile.
            for (std::int64_t known = longest_ns_.load();
                 late_ns > known && !longest_ns_.compare_exchange_weak(known, late_ns);) {
            }
        }
    }

    StolenTime stolen_;
    std::atomic<std::int64_t> longest_ns_ = 0;
    std::vector<std::jthread> watchers_;  ///< last, so that they end before what they use
};

}  // namespace assay::test
