#include "probes/memory/chase_order.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/core/random.h"

namespace assay::memory {
namespace {

constexpr std::size_t kGroupLines = std::size_t{1} << 14;  // in 2 MiB, and their numbers in 32 KiB

/// Fisher and Yates, as Durstenfeld (1964) writes it.
template <class Number>
void shuffle(std::span<Number> numbers, Xoshiro256& random) {
    for (std::size_t left = numbers.size(); left > 1; --left)
        std::swap(numbers[left - 1], numbers[random.below(left)]);
}

std::vector<std::uint32_t> grouped_order(std::size_t lines, Xoshiro256& random) {
    std::vector<std::uint16_t> within(lines);  // each group's own order
    std::vector<std::uint32_t> turn;           // which groups still have lines
    for (std::size_t first = 0; first < lines; first += kGroupLines) {
        const std::size_t size = std::min(kGroupLines, lines - first);
        const std::span<std::uint16_t> group(within.data() + first, size);
        std::iota(group.begin(), group.end(), std::uint16_t{0});
        shuffle(group, random);
        turn.push_back(static_cast<std::uint32_t>(first));
    }
    std::vector<std::uint32_t> order;
    order.reserve(lines);
    const std::size_t last_size = lines - (lines - 1) / kGroupLines * kGroupLines;
    for (std::size_t step = 0; step < kGroupLines; ++step) {
        if (step == last_size)  // the last group is the one that may be smaller
            std::erase(turn, static_cast<std::uint32_t>(lines - last_size));
        shuffle(std::span(turn), random);
        for (const std::uint32_t first : turn)
            order.push_back(first + within[first + step]);
    }
    return order;
}

}  // namespace

std::vector<std::uint32_t> chase_order(std::size_t lines, RingShape shape, std::uint64_t seed) {
    Xoshiro256 random(seed);
    if (shape != RingShape::ordered && lines > kGroupLines)
        return grouped_order(lines, random);
    std::vector<std::uint32_t> order(lines);
    std::iota(order.begin(), order.end(), std::uint32_t{0});
    if (shape != RingShape::ordered)
        shuffle(std::span(order), random);
    return order;
}

double near_steps(std::span<const std::uint32_t> order) {
    constexpr std::uint32_t kNear = 4;
    std::size_t near = 0;
    for (std::size_t step = 0; step < order.size(); ++step) {
        const std::uint32_t from = order[step], to = order[(step + 1) % order.size()];
        near += (from > to ? from - to : to - from) <= kNear;
    }
    return static_cast<double>(near) / static_cast<double>(order.size());
}

}  // namespace assay::memory
