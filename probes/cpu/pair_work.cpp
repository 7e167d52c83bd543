#include "probes/cpu/pair_work.h"

#include <algorithm>

namespace assay::cpu {
namespace {

constexpr std::size_t kMostBlocks = 4096;  // of 0.1 ms: longer than any window of a pair

}  // namespace

PairWork::PairWork(const host::Clock& clock, const FmaKernel& kernel,
                   const FoldedBits& known_answer, std::size_t workers)
    : clock_(clock),
      kernel_(kernel),
      known_answer_(known_answer),
      start_(start_values(kernel)),
      seen_(workers) {}

void PairWork::enter(std::size_t worker) {
    seen_[worker].ticks.clear();
    seen_[worker].ticks.reserve(kMostBlocks);
}

std::uint64_t PairWork::block(std::size_t worker) {
    Seen& seen = seen_[worker];
    FoldedBits folded;
    const std::uint64_t before = clock_.ticks();
    kernel_.run(start_, kernel_.iterations_per_block, folded);
    const std::uint64_t took = clock_.ticks() - before;
    if (folded != known_answer_)
        ++seen.wrong_blocks;
    if (seen.ticks.size() < kMostBlocks)
        seen.ticks.push_back(took);
    return kernel_.iterations_per_block;
}

std::optional<double> PairWork::typical_ticks(std::size_t worker) const {
    std::vector<std::uint64_t> ticks = seen_[worker].ticks;
    if (ticks.empty())
        return std::nullopt;
    const auto middle = ticks.begin() + static_cast<std::ptrdiff_t>(ticks.size() / 2);
    std::ranges::nth_element(ticks, middle);
    return static_cast<double>(*middle);
}

std::uint64_t PairWork::wrong_blocks() const {
    std::uint64_t sum = 0;
    for (const Seen& seen : seen_)
        sum += seen.wrong_blocks;
    return sum;
}

}  // namespace assay::cpu
