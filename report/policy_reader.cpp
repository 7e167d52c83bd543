#include "report/policy_reader.h"

#include <algorithm>
#include <cmath>

#include "engine/score/compare.h"
#include "engine/score/facts.h"
#include "report/format.h"
#include "report/input_file.h"
#include "report/policy_limits.h"
#include "report/policy_table.h"

namespace assay::report {
namespace {

constexpr double kMostScore = 100;
constexpr double kLeastConfidence = 0.5;
/// 10 000 draws say nothing of a smaller rest.
constexpr double kMostConfidence = 0.999;
/// Fewer rounds cannot carry a 95 % interval of a median.
constexpr std::size_t kLeastRounds = 5;
constexpr std::size_t kMostRounds = 1000;
constexpr double kMostWeight = 1000;
constexpr std::size_t kMostRows = 200;

/// The table of that name below `parent`; nullopt if it is not there.
Expected<std::optional<PolicyTable>> table_below(PolicyTable& parent, std::string_view name) {
    const TomlEntry* entry = parent.take(name);
    if (entry == nullptr)
        return std::nullopt;
    if (entry->value.as_table() == nullptr)
        return parent.error(entry->value.place,
                            format("'{}' is {}, and a table is wanted", name, entry->value.kind()));
    return PolicyTable(entry->value, parent.file(), format("[{}]", name));
}

Expected<void> read_thresholds(PolicyTable& root, std::string_view name, double& go,
                               double& no_go) {
    ASSAY_TRY(std::optional<PolicyTable> table, table_below(root, name));
    if (!table)
        return {};
    ASSAY_TRY_VOID(table->number("go", 0, kMostScore, go));
    ASSAY_TRY_VOID(table->number("no_go", 0, kMostScore, no_go));
    ASSAY_TRY_VOID(table->refuse_the_rest());
    if (go < no_go)
        return table->error(table->place(),
                            format("[{}] go {} is below its no_go {}", name, go, no_go));
    return {};
}

Expected<void> read_weights(PolicyTable& root, Policy& policy) {
    constexpr double kLastBits = 1e-9;
    ASSAY_TRY(std::optional<PolicyTable> table, table_below(root, "weights"));
    if (!table)
        return {};
    double total = 0;
    for (CategoryPolicy& category : policy.categories) {
        category.weight = -1;
        ASSAY_TRY_VOID(table->number(category.name, 0, 1, category.weight));
        if (category.weight < 0)
            return table->error(table->place(),
                                format("[weights] has no {}; a category is left out with --without",
                                       category.name));
        total += category.weight;
    }
    ASSAY_TRY_VOID(table->refuse_the_rest());
    if (std::abs(total - 1) > kLastBits)
        return table->error(table->place(),
                            format("[weights] sum to {:.9g}, and must to 1", total));
    return {};
}

const score::MetricRow* row_of(std::string_view metric) {
    for (const score::MetricRow& row : score::metric_table())
        if (row.metric == metric)
            return &row;
    return nullptr;
}

Expected<void> read_metric_choices(PolicyTable& root, Policy& policy) {
    const TomlEntry* choices = root.take("metrics");
    if (choices == nullptr)
        return {};
    if (choices->value.as_table() == nullptr)
        return root.error(choices->value.place, "'metrics' must hold tables: [metrics.\"ID\"]");
    for (const TomlEntry& entry : *choices->value.as_table()) {
        const score::MetricRow* row = row_of(entry.key);
        if (row == nullptr)
            return root.error(entry.place,
                              format("'{}' is no scored metric (an id with dots stands in quotes: "
                                     "[metrics.\"storage.fsync.latency\"])",
                                     entry.key));
        if (entry.value.as_table() == nullptr)
            return root.error(entry.value.place, format("'{}' must be a table", entry.key));
        PolicyTable table(entry.value, root.file(), format("[metrics.\"{}\"]", entry.key));
        MetricChoice choice{entry.key, std::nullopt, std::nullopt, entry.place};
        double weight = -1;
        ASSAY_TRY_VOID(table.number("weight", 0, kMostWeight, weight));
        if (weight >= 0)
            choice.weight = weight;
        ASSAY_TRY_VOID(table.truth("required", choice.required));
        ASSAY_TRY_VOID(table.refuse_the_rest());
        if (weight == 0 && choice.required.value_or(row->required))
            return table.error(entry.place,
                               format("{} is required and has a weight of 0", entry.key));
        policy.metrics.push_back(std::move(choice));
    }
    return {};
}

/// The rows of a list of tables: [[limits]], [[waivers]].
Expected<std::span<const TomlNode>> rows_of(PolicyTable& root, std::string_view name) {
    const TomlEntry* entry = root.take(name);
    if (entry == nullptr)
        return std::span<const TomlNode>{};
    const TomlNode::List* list = entry->value.as_list();
    if (list == nullptr ||
        !std::ranges::all_of(*list, [](const TomlNode& row) { return row.as_table() != nullptr; }))
        return root.error(entry->value.place,
                          format("'{}' must be a list of tables: [[{}]]", name, name));
    if (list->size() > kMostRows)
        return root.error(entry->value.place, format("more than {} [[{}]]", kMostRows, name));
    return std::span<const TomlNode>(*list);
}

bool is_named(const Policy& policy, std::string_view what) {
    return std::ranges::count(policy.categories, what, &CategoryPolicy::name) != 0 ||
           std::ranges::count(policy.limits, what, &Limit::name) != 0 ||
           std::ranges::any_of(policy.facts,
                               [&](const FactLimit& limit) { return name_of(limit.fact) == what; });
}

Expected<Waiver> read_waiver(const TomlNode& row, const Policy& policy, std::string_view file,
                             std::string_view today) {
    PolicyTable table(row, file, "[[waivers]]");
    Waiver waiver;
    waiver.place = row.place;
    ASSAY_TRY(waiver.what, table.needed_text("what"));
    ASSAY_TRY(waiver.who, table.needed_text("who"));
    ASSAY_TRY(waiver.why, table.needed_text("why"));
    const TomlEntry* until = table.take("until");
    if (until == nullptr)
        return table.error(row.place, "[[waivers]] has no until: a waiver ends some day");
    const auto* date = std::get_if<TomlDate>(&until->value.data);
    if (date == nullptr)
        return table.error(until->value.place,
                           "[[waivers]] until must be a date without quotes: 2027-01-31");
    waiver.until = date->text;
    ASSAY_TRY_VOID(table.refuse_the_rest());
    if (waiver.until < today)
        return table.error(until->value.place,
                           format("the waiver of '{}' ended on {}, and today is {}; decide anew",
                                  waiver.what, waiver.until, today));
    if (!is_named(policy, waiver.what))
        return table.error(row.place,
                           format("the waiver's '{}' is no limit, hardware or category of this "
                                  "policy",
                                  waiver.what));
    if (policy.waiver_of(waiver.what) != nullptr)
        return table.error(row.place, format("'{}' is waived twice", waiver.what));
    return waiver;
}

Expected<void> read_hardware(PolicyTable& root, Policy& policy) {
    for (const auto& [name, need] :
         {std::pair{"minimum", Need::required}, std::pair{"recommended", Need::recommended},
          std::pair{"headroom", Need::required}}) {
        ASSAY_TRY(std::optional<PolicyTable> table, table_below(root, name));
        if (!table)
            continue;
        ASSAY_TRY(std::vector<FactLimit> facts, read_facts(*table, need));
        policy.facts.insert(policy.facts.end(), facts.begin(), facts.end());
    }
    for (const FactLimit& minimum : policy.facts)
        for (const FactLimit& wish : policy.facts)
            if (minimum.fact == wish.fact && minimum.need == Need::required &&
                wish.need == Need::recommended && wish.bound < minimum.bound)
                return root.error(wish.place, format("the recommended {} is below the minimum",
                                                     name_of(wish.fact)));
    return {};
}

}  // namespace

Expected<Policy> read_policy(std::string_view text, std::string_view file, std::string_view name,
                             const PolicyContext& context) {
    ASSAY_TRY(const TomlNode document, read_toml(text, file));
    Policy policy = score::default_policy();
    policy.name = name;
    policy.title.clear();
    PolicyTable root(document, file, "");
    ASSAY_TRY_VOID(root.text("title", policy.title));
    ASSAY_TRY_VOID(root.number("confidence", kLeastConfidence, kMostConfidence, policy.confidence));
    ASSAY_TRY_VOID(root.whole("fewest_rounds", kLeastRounds, kMostRounds, policy.fewest_rounds));
    ASSAY_TRY_VOID(read_thresholds(root, "overall", policy.go_overall, policy.no_go_overall));
    ASSAY_TRY_VOID(read_thresholds(root, "category", policy.go_category, policy.no_go_category));
    ASSAY_TRY_VOID(read_weights(root, policy));
    ASSAY_TRY_VOID(read_metric_choices(root, policy));
    ASSAY_TRY(const auto limits, rows_of(root, "limits"));
    for (const TomlNode& row : limits) {
        ASSAY_TRY(Limit limit, read_limit(row, file, context.metrics));
        if (is_named(policy, limit.name))
            return policy_error(file, limit.place,
                                format("the name '{}' is taken already", limit.name));
        policy.limits.push_back(std::move(limit));
    }
    ASSAY_TRY_VOID(read_hardware(root, policy));
    ASSAY_TRY(const auto waivers, rows_of(root, "waivers"));
    for (const TomlNode& row : waivers) {
        ASSAY_TRY(Waiver waiver, read_waiver(row, policy, file, context.today));
        policy.waivers.push_back(std::move(waiver));
    }
    ASSAY_TRY_VOID(root.refuse_the_rest());
    return policy;
}

Expected<Policy> find_policy(const std::string& name_or_file, const PolicyContext& context) {
    std::string names;
    for (const ShippedPolicy& shipped : shipped_policies()) {
        if (shipped.name == name_or_file)
            return read_policy(shipped.text, format("policies/{}.toml", shipped.name), shipped.name,
                               context);
        names += (names.empty() ? "" : ", ") + std::string(shipped.name);
    }
    auto text = read_input_file(name_or_file, kMostTomlBytes);
    if (!text) {
        Error error = text.error();
        if (error.kind == ErrorKind::not_found || error.kind == ErrorKind::bad_input) {
            error.kind = ErrorKind::bad_policy;
            error.message = format("'{}' is neither a shipped policy ({}) nor a policy file: {}",
                                   name_or_file, names, error.message);
        }
        return std::unexpected(std::move(error));
    }
    const std::string name = std::filesystem::path(name_or_file).stem().string();
    return read_policy(*text, name_or_file, name.empty() ? "policy" : name, context);
}

}  // namespace assay::report
