#include "probes/storage/io_loop.h"

#include "probes/storage/aio_adapter.h"
#include "probes/storage/closed_loop.h"
#include "probes/storage/open_loop.h"
#include "probes/storage/ring.h"

namespace assay::storage {
namespace {

template <class Queue>
void run_loop(Queue& queue, std::span<std::byte> writes, const host::Clock& clock,
              const LoopPlan& plan, LoopTally& tally) {
    if (plan.interval_ticks > 0)
        OpenLoop<Queue>(queue, writes, clock, plan, tally).run();
    else
        ClosedLoop<Queue>(queue, writes, clock, plan, tally).run();
}

}  // namespace

void LoopTally::clear() {
    *this = LoopTally{};
}

void run_ring_loop(Ring& ring, std::span<std::byte> writes, const host::Clock& clock,
                   const LoopPlan& plan, LoopTally& tally) {
    run_loop(ring, writes, clock, plan, tally);
}

void run_aio_loop(AioQueue& queue, std::span<std::byte> writes, const host::Clock& clock,
                  const LoopPlan& plan, LoopTally& tally) {
    AioAdapter adapter(queue, plan.depth);
    run_loop(adapter, writes, clock, plan, tally);
}

}  // namespace assay::storage
