#include "engine/score/recommend.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::score {
namespace {

using Table = std::span<const Rule> (*)();
constexpr std::array<Table, 5> kTables{&verdict_rules, &upgrade_rules, &hardware_rules,
                                       &behaviour_rules, &tuning_rules};

}  // namespace

std::vector<Rule> rules() {
    std::vector<Rule> all;
    for (const Table table : kTables)
        all.insert(all.end(), table().begin(), table().end());
    return all;
}

const RulePage* rule_page(std::string_view id) {
    const auto found = std::ranges::find(rule_pages(), id, &RulePage::id);
    return found == rule_pages().end() ? nullptr : &*found;
}

std::vector<Recommendation> recommend(const Evidence& evidence) {
    std::vector<Recommendation> all;
    for (const Rule& rule : rules())
        rule.apply(evidence, all);
    // Numbers of a file that is not to be trusted can be divided into what is no number.
    std::erase_if(all, [](const Recommendation& row) {
        return !std::ranges::all_of(
            row.amounts, [](const Amount& amount) { return std::isfinite(amount.value); });
    });
    std::ranges::stable_sort(all, {}, &Recommendation::kind);
    return all;
}

std::vector<Recommendation> recommend(const Run& source, const Run& target,
                                      const Verdict& verdict) {
    return recommend(Evidence{source, target, verdict});
}

}  // namespace assay::score
