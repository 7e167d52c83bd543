#include "engine/score/rank.h"

#include <algorithm>
#include <tuple>

#include "engine/score/score_text.h"

namespace assay::score {
namespace {

int class_of(const Verdict& verdict) {
    switch (verdict.decision) {
        case Decision::go:
            return 0;
        case Decision::go_with_conditions:
            return 1;
        case Decision::inconclusive:
            return 2;
        case Decision::no_go:
            return 3;
    }
    return 3;
}

/// Can it be that the second is as good as the first?
bool overlap(const Verdict& first, const Verdict& second) {
    if (class_of(first) != class_of(second) || !first.overall || !second.overall)
        return false;
    return second.overall_high.value_or(*second.overall) >=
           first.overall_low.value_or(*first.overall);
}

std::string scored(const Candidate& candidate) {
    const Verdict& verdict = candidate.verdict;
    std::string text = candidate.name;
    if (verdict.overall)
        text += " (" + fixed(*verdict.overall, 2) +
                (verdict.overall_low
                     ? " [" + interval_text(*verdict.overall_low, *verdict.overall_high) + "]"
                     : "") +
                ")";
    return text;
}

std::string sentence(std::span<const Candidate> candidates, const std::vector<Ranked>& order) {
    if (order.empty())
        return "There is no target to recommend.";
    const Candidate& best = candidates[order.front().candidate];
    if (class_of(best.verdict) > 1)
        return "No target can be recommended: none is GO or GO WITH CONDITIONS.";
    const std::string as = std::string(name_of(best.verdict.decision));
    std::string tied;
    const Candidate* next = nullptr;
    for (const Ranked& row : order) {
        if (&candidates[row.candidate] == &best)
            continue;
        if (row.rank == 1)
            tied += ", " + scored(candidates[row.candidate]);
        else if (next == nullptr)
            next = &candidates[row.candidate];
    }
    if (!tied.empty())
        return "Recommended, as " + as + ": one of " + scored(best) + tied +
               "; their intervals overlap, so choose by cost or place.";
    std::string text = "Recommended: " + scored(best) + ", " + as;
    if (next == nullptr)
        return text + ".";
    if (class_of(next->verdict) == class_of(best.verdict))
        return text + ", surely ahead of " + scored(*next) + ".";
    return text + "; next is " + scored(*next) + ", " +
           std::string(name_of(next->verdict.decision)) + ".";
}

}  // namespace

Ranking rank(std::span<const Candidate> candidates) {
    Ranking ranking;
    for (std::size_t index = 0; index < candidates.size(); ++index)
        ranking.order.push_back({index, 0});
    const auto verdict_of = [&](const Ranked& row) -> const Verdict& {
        return candidates[row.candidate].verdict;
    };
    std::ranges::sort(ranking.order, {}, [&](const Ranked& row) {
        const Verdict& verdict = verdict_of(row);
        return std::tuple(class_of(verdict), -verdict.overall.value_or(0), row.candidate);
    });
    for (std::size_t at = 0, leader = 0; at < ranking.order.size(); ++at) {
        if (at > 0 && !overlap(verdict_of(ranking.order[leader]), verdict_of(ranking.order[at])))
            leader = at;
        ranking.order[at].rank = leader + 1;
        ranking.order[at].is_tied = at != leader;
        ranking.order[leader].is_tied = ranking.order[leader].is_tied || at != leader;
    }
    ranking.recommendation = sentence(candidates, ranking.order);
    return ranking;
}

}  // namespace assay::score
