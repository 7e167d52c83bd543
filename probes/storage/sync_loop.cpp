#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "probes/storage/io_loop.h"
#include "probes/storage/loop_books.h"
#include "probes/storage/thread_meter.h"

namespace assay::storage {
namespace {

// What the call returned, or minus the errno.
std::int32_t transfer(int file, const Operation& operation, std::span<std::byte> reads,
                      std::span<std::byte> writes) {
    const bool is_read = operation.direction == Direction::read;
    const std::span<std::byte> block = is_read ? reads : writes;
    const iovec buffer{block.data(), block.size()};
    const auto offset = static_cast<off_t>(operation.offset);
    const ssize_t result =
        is_read ? preadv2(file, &buffer, 1, offset, 0) : pwritev2(file, &buffer, 1, offset, 0);
    return result < 0 ? -errno : static_cast<std::int32_t>(result);
}

}  // namespace

void run_sync_loop(int file, std::span<std::byte> reads, std::span<std::byte> writes,
                   const host::Clock& clock, const LoopPlan& plan, LoopTally& tally) {
    OperationSource source(plan);
    LoopBooks books(plan, tally);
    const ThreadMeter meter;
    Operation operation;
    std::optional<SlotContent> held;
    tally.began_late = clock.ticks() > plan.begin_ticks;
    std::uint64_t submitted = clock.ticks();
    while (true) {
        tally.stopped = plan.stop.stop_requested();
        tally.hit_write_limit = tally.issued_writes >= plan.most_writes;
        if (submitted > plan.end_ticks || submitted >= plan.give_up_ticks || tally.stopped ||
            tally.hit_write_limit)
            break;
        source.next(operation, writes);
        ++tally.issued;
        tally.issued_writes += operation.direction == Direction::write ? 1 : 0;
        submitted = clock.ticks();
        const std::int32_t result = transfer(file, operation, reads, writes);
        const std::uint64_t done = clock.ticks();
        const bool is_good = result == plan.expected_result;
        source.done(operation, is_good);
        if (is_good) {
            held = SlotContent{0, operation.offset, operation.direction, operation.sequence};
            if (done > plan.begin_ticks && done <= plan.end_ticks) {
                books.record(operation, done - submitted, done - submitted, done);
            }
        } else {
            held.reset();
            books.fail(operation, result);
        }
        submitted = done;
    }
    tally.end_ticks = std::min(submitted, plan.end_ticks);
    tally.cpu_ns = meter.cpu_ns();
    tally.wall_ns = meter.wall_ns();
    books.close();
    if (held)
        tally.contents.push_back(*held);
}

}  // namespace assay::storage
