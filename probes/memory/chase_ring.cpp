#include "probes/memory/chase_ring.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "engine/core/units.h"

namespace assay::memory {

std::uint64_t ChaseRing::memory_bytes(std::size_t most_lines) {
    // The order, and beside it while a ring is made the number of each line's next one (before it
    // the groups' own orders, which are smaller); then whole huge pages.
    return span_bytes(most_lines) + 2 * most_lines * sizeof(std::uint32_t) + 2 * kMiB;
}

Expected<ChaseRing> ChaseRing::make(const MemoryRequest& request) {
    ASSAY_TRY(host::Buffer buffer, host::Buffer::allocate({.bytes = span_bytes(request.most_lines),
                                                           .pages = request.pages,
                                                           .numa_node = request.numa_node}));
    constexpr std::size_t kStepBytes = 2 * kMiB;
    for (std::size_t at = 0; at < buffer.size(); at += kStepBytes) {
        if (request.stop.stop_requested())
            return failure(ErrorKind::interrupted,
                           "touching the memory of a chase was stopped on "
                           "request");
        if (std::chrono::steady_clock::now() >= request.deadline)
            return failure(ErrorKind::timed_out,
                           "no time was left to touch " + std::to_string(buffer.size()) +
                               " B of memory for a chase; give a larger budget");
        std::fill_n(buffer.data() + at, std::min(kStepBytes, buffer.size() - at), std::byte{1});
    }
    return ChaseRing(std::move(buffer), request.most_lines);
}

// The links are stored in the order of memory, not in that of the chase: a store for each page in
// turn needs no page table walk of its own, and the next lines' numbers fit a cache.
void ChaseRing::build(std::size_t lines, RingShape shape, std::uint64_t seed) {
    order_ = chase_order(std::min(lines, most_lines_), shape, seed);
    const std::size_t count = order_.size();
    const std::size_t linked = shape == RingShape::closed_early ? (count + 1) / 2 : count;
    std::vector<std::uint32_t> next(count);
    for (std::size_t step = 0; step < count; ++step)
        next[order_[step]] = order_[step + 1 == linked || step + 1 == count ? 0 : step + 1];
    for (std::size_t index = 0; index < count; ++index)
        *reinterpret_cast<const void**>(line(index)) = line(next[index]);
}

double ChaseRing::near_steps() const {
    constexpr std::size_t kEnough = std::size_t{1} << 16;
    return memory::near_steps(std::span(order_).first(std::min(order_.size(), kEnough)));
}

std::optional<std::uint64_t> ChaseRing::walk(const std::stop_token& stop) const {
    constexpr std::uint64_t kHopsBetweenLooks = 1 << 16;  // some 7 ms of the slowest memory
    const void* const begin = at(0);
    const void* place = begin;
    for (std::uint64_t hops = 1; hops <= lines() + 1; ++hops) {
        place = *static_cast<const void* const*>(place);
        if (place == begin)
            return hops;
        if (hops % kHopsBetweenLooks == 0 && stop.stop_requested())
            return std::nullopt;
    }
    return lines() + 1;
}

}  // namespace assay::memory
