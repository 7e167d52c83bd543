#pragma once

#include <cstdint>

#include "probes/storage/aio_queue.h"
#include "probes/storage/io_loop.h"

namespace assay::storage {

/// An AioQueue in the form that the loops use. Its arena holds `depth` blocks to read into and, if
/// the loop writes, as many again behind them to write from; slot i writes from block depth + i.
class AioAdapter {
  public:
    AioAdapter(AioQueue& queue, unsigned depth) : queue_(queue), depth_(depth) {}

    void stage(std::uint32_t slot, std::uint64_t offset, Direction direction) {
        if (direction == Direction::read)
            queue_.stage(slot, offset, AioOperation::read);
        else
            queue_.stage(depth_ + slot, offset, AioOperation::write);
    }
    std::uint32_t staged() const { return queue_.staged(); }
    std::uint32_t staged_slot(std::uint32_t index) const {
        return queue_.staged_slot(index) % depth_;
    }
    int submit_and_wait(unsigned wait_for, std::int64_t timeout_ns) {
        return queue_.submit_and_wait(wait_for, timeout_ns);
    }
    unsigned ready() const { return queue_.ready(); }
    template <class Handle>
    unsigned reap(unsigned most, Handle&& handle) {
        return queue_.reap(
            most, [&](std::uint32_t slot, std::int32_t result) { handle(slot % depth_, result); });
    }

  private:
    AioQueue& queue_;
    const unsigned depth_;
};

}  // namespace assay::storage
