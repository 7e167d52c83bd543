#include "engine/score/recommend.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

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
    // By kind; within one kind as the rules stand.
    std::vector<std::size_t> order(all.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t at) { return std::pair(all[at].kind, at); });
    std::vector<Recommendation> sorted;
    for (const std::size_t at : order)
        sorted.push_back(std::move(all[at]));
    return sorted;
}

std::vector<Recommendation> recommend(const Run& source, const Run& target,
                                      const Verdict& verdict) {
    return recommend(Evidence{source, target, verdict});
}

}  // namespace assay::score
