#include <benchmark/benchmark.h>

#include "engine/core/units.h"
#include "probes/storage/io_loop.h"
#include "probes/storage/ring.h"

/// What the ring loop itself costs: no-operations instead of reads, through the same loop, with the
/// latency of every one of them recorded. Its number is the ceiling of what a thread can measure.
namespace assay::storage {
namespace {

void no_operations(benchmark::State& state) {
    const host::Clock clock{host::Files{}};
    RingSettings settings;
    settings.depth = static_cast<unsigned>(state.range(0));
    auto ring = Ring::create(settings);
    if (!ring) {
        state.SkipWithError(ring.error().message.c_str());
        return;
    }
    LoopPlan plan;
    plan.depth = settings.depth;
    plan.batch = static_cast<unsigned>(state.range(1));
    plan.wait_for = plan.batch;
    plan.blocks = kGiB / (4 * kKiB);
    plan.block_bytes = 4 * kKiB;
    LoopTally tally;
    std::uint64_t operations = 0;
    for (auto _ : state) {
        tally.clear();
        plan.seed = operations;
        plan.begin_ticks = clock.ticks();
        plan.end_ticks = plan.begin_ticks + clock.ticks_of_ns(20 * kNanosecondsPerMillisecond);
        plan.give_up_ticks = plan.end_ticks + clock.ticks_of_ns(kNanosecondsPerSecond);
        run_ring_loop(*ring, {}, clock, plan, tally);
        operations += tally.counted();
        if (tally.failed != 0 || tally.still_flying != 0) {
            state.SkipWithError("a no-operation failed");
            break;
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(operations));
    state.SetLabel(ring->facts().text());
}
// items_per_second counts CPU time of the thread, so other load on the machine hardly disturbs it.
BENCHMARK(no_operations)
    ->ArgNames({"depth", "batch"})
    ->Args({128, 32})
    ->Args({32, 32})
    ->Args({1, 1})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace assay::storage
