#include "probes/cpu/flops_work.h"

#include <algorithm>

#include "engine/core/units.h"
#include "probes/cpu/clock_samples.h"
#include "probes/cpu/peak_rate.h"
#include "probes/cpu/scalar_clock.h"

namespace assay::cpu {
namespace {

// The clock of a shared host steps by a quarter within milliseconds, so samples at the edges alone
// would call an honest round impossible. One of 6 us in some 8 ms costs 0.08 %.
constexpr std::uint64_t kBlocksPerClockSample = 128;
// So that a short round has enough of them for a middle.
constexpr std::size_t kEarlySamples = 5;
constexpr std::uint64_t kBlocksPerEarlySample = 16;
constexpr int kSamplesAtEdges = 8;
constexpr std::size_t kMostSamples = 4096;  // of 8 ms: half a minute

bool is_sampled(const FlopsEvidence& evidence) {
    if (evidence.paces.empty())
        return true;  // a round may end after any block
    const std::uint64_t blocks =
        evidence.paces.size() < kEarlySamples ? kBlocksPerEarlySample : kBlocksPerClockSample;
    return evidence.blocks_of_round % blocks == 0;
}

}  // namespace

std::optional<double> FlopsEvidence::clock_hz() const {
    if (const auto clock = clock_of(clocks_hz))
        return clock;
    return highest_clock_hz > 0 ? std::optional(highest_clock_hz) : std::nullopt;
}

FlopsWork::FlopsWork(const host::Clock& clock, const FmaKernel& kernel,
                     std::vector<FlopsEvidence>& evidence)
    : clock_(clock),
      ns_per_tick_(clock.ns_per_tick()),
      kernel_(kernel),
      start_(start_values(kernel)),
      evidence_(evidence) {
    for (FlopsEvidence& row : evidence_) {
        row.highest_clock_hz = 0;
        row.clocks_hz.clear();
        row.clocks_hz.reserve(kMostSamples);
        row.blocks_of_round = 0;
        row.paces.clear();
        row.paces.reserve(kMostSamples);
    }
}

// Before the window the core may still be asleep or boosted, so these count for the ceiling only.
void FlopsWork::enter(std::size_t worker) {
    for (int sample = 0; sample < kSamplesAtEdges; ++sample)
        sample_clock(evidence_[worker]);
}

// Just after the last block the clock is still that of the vector work.
void FlopsWork::leave(std::size_t worker) {
    FlopsEvidence& evidence = evidence_[worker];
    for (int sample = 0; sample < kSamplesAtEdges; ++sample)
        if (const auto clock_hz = sample_clock(evidence);
            clock_hz && evidence.clocks_hz.size() < kMostSamples)
            evidence.clocks_hz.push_back(*clock_hz);
}

std::uint64_t FlopsWork::block(std::size_t worker) {
    FoldedBits folded;
    const std::uint64_t before = clock_.ticks();
    kernel_.run(start_, kernel_.iterations_per_block, folded);
    const std::uint64_t took = clock_.ticks() - before;
    FlopsEvidence& evidence = evidence_[worker];
    if (evidence.blocks == 0)
        evidence.answer = folded;
    else if (evidence.answer != folded)
        ++evidence.other_answers;
    ++evidence.blocks;
    ++evidence.blocks_of_round;
    if (is_sampled(evidence))
        sample_pace(evidence, took);
    return kernel_.iterations_per_block;
}

void FlopsWork::sample_pace(FlopsEvidence& evidence, std::uint64_t ticks) const {
    const auto clock_hz = sample_clock(evidence);
    if (!clock_hz || evidence.clocks_hz.size() >= kMostSamples)
        return;
    evidence.clocks_hz.push_back(*clock_hz);
    evidence.paces.push_back({*clock_hz, passes_per_s(ticks)});
}

double FlopsWork::passes_per_s(std::uint64_t ticks) const {
    const double ns = static_cast<double>(std::max<std::uint64_t>(1, ticks)) * ns_per_tick_;
    return static_cast<double>(kernel_.iterations_per_block) / ns *
           static_cast<double>(kNanosecondsPerSecond);
}

std::optional<double> FlopsWork::sample_clock(FlopsEvidence& evidence) const {
    const auto clock_hz = scalar_clock_hz(clock_, ns_per_tick_);
    evidence.highest_clock_hz = std::max(evidence.highest_clock_hz, clock_hz.value_or(0));
    return clock_hz;
}

std::optional<double> measured_operations_per_cycle(const FmaKernel& kernel,
                                                    const host::Clock& clock) {
    constexpr int kPairs = 15;
    const double ns_per_tick = clock.ns_per_tick();
    const ChainValues start = start_values(kernel);
    std::vector<ChainPair> pairs;
    for (int pair = 0; pair < kPairs; ++pair) {
        FoldedBits folded;
        const std::uint64_t before = clock.ticks();
        kernel.run(start, kernel.iterations_per_block, folded);
        const std::uint64_t took = std::max<std::uint64_t>(1, clock.ticks() - before);
        const auto clock_hz = scalar_clock_hz(clock, ns_per_tick);
        if (!clock_hz)
            return std::nullopt;
        const double seconds =
            static_cast<double>(took) * ns_per_tick / static_cast<double>(kNanosecondsPerSecond);
        const double iterations_per_s = static_cast<double>(kernel.iterations_per_block) / seconds;
        pairs.push_back({1, operations_per_cycle(kernel, iterations_per_s, *clock_hz)});
    }
    return middle_ratio(pairs);
}

}  // namespace assay::cpu
