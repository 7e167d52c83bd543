#include "report/environment_diff.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

namespace assay::report {
namespace {

constexpr std::size_t kMostFacts = 5'000;
constexpr std::size_t kLongestFact = 500;
/// Nobody changes these: they move by themselves, from one run or one boot to the next.
constexpr std::array<std::string_view, 4> kMoving{"available_bytes", "boot_id_sha256", "free",
                                                  "swap_used_bytes"};

bool moves_by_itself(std::string_view name) {
    return std::ranges::find(kMoving, name) != kMoving.end();
}

/// The same of a whole path: a history that was begun before a fact was known to move still has it.
bool is_lasting(const EnvironmentFact& fact) {
    const std::string_view path = fact.path;
    return !moves_by_itself(path.substr(path.rfind('.') + 1));
}

std::string shortest(double number) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return {digits.data(), end};
}

std::string text_of(const Value& value) {
    if (const std::string* text = value.as_text())
        return text->substr(0, kLongestFact);
    if (const auto truth = value.as_bool())
        return *truth ? "yes" : "no";
    if (const auto whole = value.as_integer())
        return std::to_string(*whole);
    if (const auto number = value.as_number())
        return shortest(*number);
    return "-";
}

void gather(const Value& value, const std::string& path, std::vector<EnvironmentFact>& facts) {
    if (facts.size() == kMostFacts)
        return;
    if (const Value::Object* members = value.as_object()) {
        for (const Member& member : *members)
            if (!moves_by_itself(member.name))
                gather(member.value, path.empty() ? member.name : path + "." + member.name, facts);
    } else if (const Value::List* list = value.as_list()) {
        for (std::size_t index = 0; index < list->size(); ++index)
            gather((*list)[index], path + "[" + std::to_string(index) + "]", facts);
    } else {
        facts.push_back({path, text_of(value)});
    }
}

using Index = std::unordered_map<std::string_view, std::string_view>;
Index index_of(const std::vector<EnvironmentFact>& facts) {
    Index index;
    for (const EnvironmentFact& fact : facts)
        index.emplace(fact.path, fact.value);
    return index;
}

}  // namespace

std::vector<EnvironmentFact> lasting_facts(const Value& environment) {
    std::vector<EnvironmentFact> facts;
    gather(environment, "", facts);
    return facts;
}

std::vector<EnvironmentChange> environment_diff(const std::vector<EnvironmentFact>& before,
                                                const std::vector<EnvironmentFact>& after) {
    const Index old_values = index_of(before);
    const Index new_values = index_of(after);
    std::vector<EnvironmentChange> changes;
    for (const EnvironmentFact& fact : after) {
        const auto old = old_values.find(fact.path);
        const std::string_view was = old == old_values.end() ? "-" : old->second;
        if (was != fact.value && is_lasting(fact))
            changes.push_back({fact.path, std::string(was), fact.value});
    }
    for (const EnvironmentFact& fact : before)
        if (!new_values.contains(fact.path) && fact.value != "-" && is_lasting(fact))
            changes.push_back({fact.path, fact.value, "-"});
    return changes;
}

}  // namespace assay::report
