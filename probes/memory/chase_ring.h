#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/host/buffer.h"
#include "probes/memory/chase_order.h"

namespace assay::memory {

/// Memory for a chase, and the single cycle of pointers that is in it now.
class ChaseRing {
  public:
    struct MemoryRequest {
        std::size_t most_lines = 0;
        host::PagePreference pages = host::PagePreference::huge;
        std::optional<int> numa_node;
        std::chrono::steady_clock::time_point deadline;
        std::stop_token stop;
    };
    /// Allocates and touches every page; called on the thread that will use it.
    /// Errors: as Buffer::allocate, interrupted, timed_out.
    static Expected<ChaseRing> make(const MemoryRequest& request);
    /// What a ring of so many lines takes, with its order.
    static std::uint64_t memory_bytes(std::size_t most_lines);

    /// Links the first `lines` lines to one cycle, in another order for each seed.
    void build(std::size_t lines, RingShape shape, std::uint64_t seed);

    std::size_t lines() const { return order_.size(); }
    /// The place in memory that comes `hops` after the first one of the order.
    const void* at(std::uint64_t hops) const { return line(order_[hops % order_.size()]); }
    /// Follows the pointers from the first one until it is there again: the hops that took, at most
    /// lines() + 1. Stops early on request (nullopt).
    std::optional<std::uint64_t> walk(const std::stop_token& stop) const;
    /// memory::near_steps of the first 2^16 steps.
    double near_steps() const;

    const host::Buffer& buffer() const { return buffer_; }
    std::size_t used_bytes() const { return span_bytes(most_lines_); }

  private:
    ChaseRing(host::Buffer buffer, std::size_t most_lines)
        : buffer_(std::move(buffer)), most_lines_(most_lines) {}
    std::byte* line(std::size_t index) const { return buffer_.data() + line_offset(index); }

    host::Buffer buffer_;
    std::size_t most_lines_;
    std::vector<std::uint32_t> order_;
};

}  // namespace assay::memory
