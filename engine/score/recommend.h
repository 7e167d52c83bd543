#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/core/recommendation.h"
#include "engine/core/run.h"
#include "engine/core/verdict.h"
#include "engine/score/evidence.h"

namespace assay::score {

/// A row of the table: when the evidence is there, it says what to do, with amounts that are
/// computed from that evidence. Pure.
struct Rule {
    std::string_view id;       ///< snake_case; never changes
    std::string_view meaning;  ///< one sentence, for the list
    void (*apply)(const Evidence& evidence, std::vector<Recommendation>& into);
};

/// Every rule, in the order in which their sentences are shown. One table a room, as for the
/// findings' pages.
std::vector<Rule> rules();
std::span<const Rule> verdict_rules();    ///< from grades and the decision
std::span<const Rule> upgrade_rules();    ///< what to buy, and how much of it
std::span<const Rule> hardware_rules();   ///< from the two inventories
std::span<const Rule> behaviour_rules();  ///< from findings, tails and falls of the target
std::span<const Rule> tuning_rules();     ///< settings of the target; nothing is ever changed

/// What `assay explain` says of a rule.
struct RulePage {
    std::string_view id, means, detected, remedy;
};
std::span<const RulePage> rule_pages();
const RulePage* rule_page(std::string_view id);

/// All that the rules have to say, sorted by kind in the order of RecommendationKind, and within a
/// kind in the order of the rules.
std::vector<Recommendation> recommend(const Run& source, const Run& target, const Verdict& verdict);

/// The same from evidence that is at hand.
std::vector<Recommendation> recommend(const Evidence& evidence);

}  // namespace assay::score
