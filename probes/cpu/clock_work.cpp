#include "probes/cpu/clock_work.h"

#include <algorithm>

#include "engine/core/units.h"
#include "probes/cpu/scalar_clock.h"

namespace assay::cpu {
namespace {

// 192 000 cycles, some 50 us, of either chain.
constexpr std::uint64_t kCyclesARun = 192'000;
constexpr std::size_t kMostPairs = 1 << 14;  // of 100 us: the last second and a half

struct TimedBlend {
    double clock_hz = 0;
    bool is_right = false;
};

double rate(std::uint64_t count, std::uint64_t ticks, double ns_per_tick) {
    const double seconds = static_cast<double>(std::max<std::uint64_t>(1, ticks)) * ns_per_tick /
                           static_cast<double>(kNanosecondsPerSecond);
    return static_cast<double>(count) / seconds;
}

TimedBlend run_blend(const VectorClockKernels& kernels, const host::Clock& clock,
                     double ns_per_tick) {
    const BlendKernel& blend = kernels.blend;
    FoldedBits folded;
    const std::uint64_t before = clock.ticks();
    const std::uint64_t chain = blend.run(kernels.blend_start, blend.iterations_per_block, folded);
    const std::uint64_t took = clock.ticks() - before;
    return {.clock_hz =
                rate(blend.cycles_per_iteration * blend.iterations_per_block, took, ns_per_tick),
            .is_right = chain == kernels.known_chain && folded == kernels.known_vectors};
}

/// Vector multiply-adds a second of the kernel that does nothing else; 0 where it left a wrong
/// answer.
double run_peak(const VectorClockKernels& kernels, const host::Clock& clock, double ns_per_tick) {
    const FmaKernel& peak = kernels.peak;
    FoldedBits folded;
    const std::uint64_t before = clock.ticks();
    peak.run(kernels.peak_start, peak.iterations_per_block, folded);
    const std::uint64_t took = clock.ticks() - before;
    if (folded != kernels.known_peak)
        return 0;
    return rate(peak.vector_operations_per_iteration() * peak.iterations_per_block, took,
                ns_per_tick);
}

}  // namespace

void ClockEvidence::clear() {
    pairs.clear();
    pairs.reserve(kMostPairs);
    blocks = 0;
    counted_cycles = chain_cycles = 0;
}

void ClockEvidence::add(const ChainPair& pair) {
    if (pairs.size() < kMostPairs)
        pairs.push_back(pair);
    else
        pairs[blocks % kMostPairs] = pair;
    ++blocks;
}

std::optional<double> ClockEvidence::counter_ratio() const {
    if (chain_cycles == 0)
        return std::nullopt;
    return static_cast<double>(counted_cycles) / static_cast<double>(chain_cycles);
}

ScalarClockWork::ScalarClockWork(const host::Clock& clock, std::vector<ClockEvidence>& evidence)
    : clock_(clock), ns_per_tick_(clock.ns_per_tick()), evidence_(evidence) {}

void ScalarClockWork::enter(std::size_t worker) {
    evidence_[worker].clear();
    if (auto counter = host::CycleCounter::open())
        evidence_[worker].counter.emplace(std::move(*counter));
}

void ScalarClockWork::leave(std::size_t worker) {
    evidence_[worker].counter.reset();
}

std::uint64_t ScalarClockWork::block(std::size_t worker) {
    ClockEvidence& evidence = evidence_[worker];
    const RegisterChain& first = register_chains()[0];
    const RegisterChain& second = register_chains()[1];
    const std::uint64_t first_passes = kCyclesARun / first.cycles_a_pass;
    const std::uint64_t second_passes = kCyclesARun / second.cycles_a_pass;
    const auto cycles = [&] { return evidence.counter ? evidence.counter->read() : std::nullopt; };
    const auto before = cycles();
    const ChainRun measured = run_chain(first, first_passes, clock_, ns_per_tick_);
    const auto after = cycles();
    if (before && after) {
        evidence.counted_cycles += *after - *before;
        evidence.chain_cycles += kCyclesARun;
    }
    const ChainRun witness = run_chain(second, second_passes, clock_, ns_per_tick_);
    if (measured.value != first.known(first_passes) || witness.value != second.known(second_passes))
        ++evidence.wrong_blocks;
    evidence.add({measured.hz, witness.hz});
    return 1;
}

VectorClockKernels vector_clock_kernels(const BlendKernel& blend, const FmaKernel& peak) {
    return {.blend_start = start_values(blend.vectors),
            .peak_start = start_values(peak),
            .known_vectors = known_vectors(blend, blend.iterations_per_block),
            .known_peak = known_answer(peak, peak.iterations_per_block),
            .blend = blend,
            .peak = peak,
            .known_chain = known_chain(blend, blend.iterations_per_block)};
}

VectorClockWork::VectorClockWork(const host::Clock& clock, const VectorClockKernels& kernels,
                                 std::vector<ClockEvidence>& evidence)
    : clock_(clock), ns_per_tick_(clock.ns_per_tick()), kernels_(kernels), evidence_(evidence) {}

void VectorClockWork::enter(std::size_t worker) {
    evidence_[worker].clear();
}

std::uint64_t VectorClockWork::block(std::size_t worker) {
    ClockEvidence& evidence = evidence_[worker];
    const TimedBlend blend = run_blend(kernels_, clock_, ns_per_tick_);
    const double steps_per_s = run_peak(kernels_, clock_, ns_per_tick_);
    if (!blend.is_right || steps_per_s == 0)
        ++evidence.wrong_blocks;
    evidence.add({blend.clock_hz, steps_per_s / kernels_.blend.steps_per_cycle()});
    return 1;
}

BlendKernel chosen_blend(const std::vector<BlendKernel>& densest_first, const FmaKernel& peak,
                         const host::Clock& clock) {
    constexpr int kTries = 9;
    constexpr double kSomeRest = 0.85;  // a margin to kMostUnitUse
    const double ns_per_tick = clock.ns_per_tick();
    for (const BlendKernel& blend : densest_first) {
        const VectorClockKernels kernels = vector_clock_kernels(blend, peak);
        std::vector<ChainPair> pairs;
        for (int tries = 0; tries < kTries; ++tries) {
            const double clock_hz = run_blend(kernels, clock, ns_per_tick).clock_hz;
            pairs.push_back(
                {clock_hz, run_peak(kernels, clock, ns_per_tick) / blend.steps_per_cycle()});
        }
        if (const auto headroom = middle_ratio(pairs); headroom && 1 / *headroom <= kSomeRest)
            return blend;
    }
    return densest_first.back();
}

}  // namespace assay::cpu
