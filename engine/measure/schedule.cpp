#include "engine/measure/schedule.h"

#include <algorithm>
#include <utility>

#include "engine/core/random.h"

namespace assay::measure {
namespace {

constexpr std::size_t kRepeatDivisor = 4;  // repeats may be a quarter of what was planned

/// Whether a case of which `few` of `rounds` rounds are taken has one in that pass: in the middle
/// of each of so many equal stretches.
bool has_round_in(std::size_t pass, std::size_t few, std::size_t rounds) {
    for (std::size_t stretch = 0; stretch < few; ++stretch)
        if (pass == (2 * stretch + 1) * rounds / (2 * few))
            return true;
    return false;
}

}  // namespace

std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t stream) {
    return SplitMix64(seed + stream * 0x9e3779b97f4a7c15u).next();
}

Schedule::Schedule(std::vector<CaseIndex> cases, std::size_t rounds, std::uint64_t seed,
                   const std::map<CaseIndex, std::size_t>& seldom)
    : rounds_of_a_case_(rounds) {
    Xoshiro256 random(seed);
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t left = cases.size(); left > 1; --left)
            std::swap(cases[left - 1], cases[random.below(left)]);
        for (const CaseIndex& index : cases)
            if (const auto few = seldom.find(index);
                few == seldom.end() || has_round_in(round, few->second, rounds))
                queue_.push_back(index);
    }
    planned_ = queue_.size();
    repeats_left_ = planned_ / kRepeatDivisor;
}

std::size_t Schedule::remaining_of(const CaseIndex& round) const {
    return static_cast<std::size_t>(std::ranges::count(queue_, round));
}

std::optional<CaseIndex> Schedule::next() {
    if (queue_.empty())
        return std::nullopt;
    const CaseIndex round = queue_.front();
    queue_.pop_front();
    return round;
}

bool Schedule::repeat(CaseIndex round) {
    if (repeats_left_ == 0 || repeats_[round] == rounds_of_a_case_)
        return false;
    --repeats_left_;
    ++repeats_[round];
    queue_.push_back(round);
    return true;
}

void Schedule::drop(std::size_t workload) {
    std::erase_if(queue_,
                  [workload](const CaseIndex& round) { return round.workload == workload; });
}

std::size_t most_rounds(std::size_t planned) {
    return planned + planned / kRepeatDivisor + 2;
}

std::chrono::nanoseconds most_of_lasting(std::chrono::nanoseconds left) {
    constexpr std::int64_t kPercent = 15;
    return std::max(std::chrono::nanoseconds(0), left / 100 * kPercent);
}

std::chrono::nanoseconds timed_work(const RoundBudget& budget) {
    constexpr double kWithRepeats = 1 + 1.0 / static_cast<double>(kRepeatDivisor);
    const double work_ns =
        static_cast<double>(budget.left.count()) / kWithRepeats -
        static_cast<double>(budget.overhead.count()) * static_cast<double>(budget.rounds);
    return std::chrono::nanoseconds(static_cast<std::int64_t>(std::max(0.0, work_ns)));
}

std::chrono::nanoseconds round_duration(const RoundBudget& budget) {
    constexpr std::chrono::nanoseconds kShortest = std::chrono::milliseconds(50);
    if (budget.rounds == 0)
        return budget.longest;
    const double shares = budget.shares.value_or(static_cast<double>(budget.rounds));
    const auto scaling = static_cast<double>((timed_work(budget) - budget.fixed).count());
    if (scaling <= 0)
        return kShortest;
    if (shares <= 0)
        return std::max(kShortest, budget.longest);
    const double full_ns = std::min(scaling / shares, static_cast<double>(budget.longest.count()));
    return std::max(std::chrono::nanoseconds(static_cast<std::int64_t>(full_ns)), kShortest);
}

}  // namespace assay::measure
