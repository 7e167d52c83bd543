#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/core/verdict.h"

namespace assay::score {

struct Candidate {
    std::string name;
    Verdict verdict;
};

struct Ranked {
    std::size_t candidate;  ///< index of the input
    std::size_t rank;       ///< from 1; the same for those that are tied
    bool is_tied = false;
};

/// The best first: GO, then GO WITH CONDITIONS, INCONCLUSIVE, NO-GO; among equal decisions by the
/// overall score. Two neighbours of one decision whose 95 % intervals overlap with that of the
/// first of them are tied: which one is better is not known.
struct Ranking {
    std::vector<Ranked> order;
    std::string recommendation;  ///< a sentence
};
Ranking rank(std::span<const Candidate> candidates);

}  // namespace assay::score
