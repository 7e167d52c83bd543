#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <thread>

#include "engine/core/units.h"
#include "engine/host/host.h"
#include "probes/storage/access_probes.h"
#include "probes/storage/fd.h"
#include "tests/support/loop_device.h"

/// How long after its start a probe's first operation is done on a device that needs no layout. The
/// clock is stopped by somebody else: a thread that watches the device's own counter.
namespace assay::storage {
namespace {

using Time = std::chrono::steady_clock;

/// Reads that the device has finished. Source: Documentation/block/stat.rst of the kernel.
std::uint64_t reads_done(const Fd& stat) {
    std::array<char, 256> text{};
    const ssize_t length = pread(stat.number(), text.data(), text.size(), 0);
    std::uint64_t reads = 0;
    const char* begin = text.data();
    const char* const end = begin + std::max<ssize_t>(0, length);
    while (begin < end && *begin == ' ')
        ++begin;
    std::from_chars(begin, end, reads);
    return reads;
}

void first_read(benchmark::State& state) {
    auto host = host::inspect_host(host::Files{});
    auto device = test::LoopDevice::create(64 * kMiB);
    if (!host || !device || !device->fill()) {
        state.SkipWithError("no loop device can be had: root is needed");
        return;
    }
    const std::string name = device->path().substr(device->path().rfind('/') + 1);
    const Fd stat(open(("/sys/block/" + name + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
    RunContext context{.host = *host,
                       .stop = {},
                       .prepare_deadline = Time::now() + std::chrono::minutes(5),
                       .memory_allowance_bytes = host->memory_allowance_bytes()};
    Request asked;
    asked.values = {{"device", device->path()}, {"depth", "32"}};
    for (auto _ : state) {
        const std::uint64_t before = reads_done(stat);
        std::atomic<bool> over = false;
        std::atomic<Time::time_point> seen{Time::time_point{}};
        std::jthread watcher([&] {
            while (!over && seen.load() == Time::time_point{})
                if (reads_done(stat) > before)
                    seen = Time::now();
        });
        const Time::time_point start = Time::now();
        const auto workload = kRandomRead.prepare(context, asked);
        if (!workload ||
            !(*workload)->measure(0, {.duration = std::chrono::milliseconds(50),
                                      .seed = 1,
                                      .stop = {},
                                      .deadline = Time::now() + std::chrono::seconds(30)})) {
            state.SkipWithError("the probe failed");
            break;
        }
        over = true;
        watcher.join();
        state.SetIterationTime(std::chrono::duration<double>(seen.load() - start).count());
    }
}
BENCHMARK(first_read)
    ->UseManualTime()
    ->Iterations(20)
    ->Repetitions(5)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace assay::storage
