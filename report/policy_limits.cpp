#include "report/policy_limits.h"

#include <algorithm>
#include <array>

#include "engine/score/facts.h"
#include "report/format.h"
#include "report/quantity.h"

namespace assay::report {
namespace {

const Metric* metric_of(std::span<const Metric> metrics, std::string_view id) {
    const auto found = std::ranges::find(metrics, id, &Metric::id);
    return found == metrics.end() ? nullptr : &*found;
}

/// A value with its unit in a text, or a bare number where the unit has no name.
Expected<double> bound_of(const PolicyTable& table, const TomlEntry& entry, Unit unit) {
    const std::string wanted = format("a quantity in {} is wanted", symbol(unit));
    double value = 0;
    if (const std::string* text = entry.value.as_text()) {
        const auto parsed = parse_quantity(*text);
        if (!parsed || parsed->unit != unit)
            return table.error(entry.value.place, format("{} '{}': {}", entry.key, *text, wanted));
        value = parsed->value;
    } else if (unit == Unit::ratio || unit == Unit::count) {
        ASSAY_TRY(value, number_of(entry.value, table.file(), entry.key));
    } else {
        return table.error(entry.value.place, format("{} is {}: {}, as a text", entry.key,
                                                     entry.value.kind(), wanted));
    }
    if (value <= 0)
        return table.error(entry.value.place, format("{} must be above 0", entry.key));
    return value;
}

Expected<std::vector<Condition>> conditions_of(PolicyTable& table) {
    std::vector<Condition> conditions;
    const TomlEntry* entry = table.take("conditions");
    if (entry == nullptr)
        return conditions;
    const TomlNode::Table* members = entry->value.as_table();
    if (members == nullptr)
        return table.error(entry->value.place,
                           "conditions must be a table: { depth = 32, engine = \"io_uring\" }");
    for (const TomlEntry& member : *members) {
        if (const std::string* text = member.value.as_text()) {
            conditions.push_back({member.key, *text});
        } else if (const auto* truth = std::get_if<bool>(&member.value.data)) {
            conditions.push_back({member.key, *truth});
        } else {
            ASSAY_TRY(const double number, number_of(member.value, table.file(), member.key));
            conditions.push_back({member.key, number});
        }
    }
    return conditions;
}

/// Sets is_ceiling and bound from at_most or at_least, of which there must be one.
Expected<void> read_bound(PolicyTable& table, Limit& limit) {
    const TomlEntry* most = table.take("at_most");
    const TomlEntry* least = table.take("at_least");
    if ((most == nullptr) == (least == nullptr))
        return table.error(table.place(),
                           format("the limit '{}' needs one of at_most and at_least", limit.name));
    limit.is_ceiling = most != nullptr;
    ASSAY_TRY(limit.bound, bound_of(table, most != nullptr ? *most : *least, limit.unit));
    return {};
}

Expected<void> read_statistic(PolicyTable& table, Limit& limit) {
    std::string name(name_of(limit.statistic));
    ASSAY_TRY_VOID(table.text("statistic", name));
    const auto statistic = statistic_of_name(name);
    const TomlEntry* entry = table.take("statistic");
    if (!statistic)
        return table.error(entry->value.place,
                           format("statistic '{}' is none of median, p50, p95, p99, p99.9", name));
    if (*statistic != Statistic::median && limit.unit != Unit::nanoseconds)
        return table.error(
            entry->value.place,
            format("{} has no percentiles; its statistic is the median over rounds", limit.metric));
    limit.statistic = *statistic;
    return {};
}

Expected<void> read_need(PolicyTable& table, Need& need) {
    std::string name(name_of(need));
    ASSAY_TRY_VOID(table.text("need", name));
    if (name != name_of(Need::required) && name != name_of(Need::recommended))
        return table.error(table.take("need")->value.place,
                           format("need '{}' is neither required nor recommended", name));
    need = name == name_of(Need::required) ? Need::required : Need::recommended;
    return {};
}

Expected<double> kind_of(const PolicyTable& table, const TomlEntry& entry) {
    if (const std::string* text = entry.value.as_text())
        for (const StorageKind kind : {StorageKind::hdd, StorageKind::ssd, StorageKind::nvme})
            if (name_of(kind) == *text)
                return static_cast<double>(kind);
    return table.error(entry.value.place, "storage_kind must be \"hdd\", \"ssd\" or \"nvme\"");
}

}  // namespace

Expected<Limit> read_limit(const TomlNode& row, std::string_view file,
                           std::span<const Metric> metrics) {
    PolicyTable table(row, file, "[[limits]]");
    Limit limit;
    limit.place = row.place;
    ASSAY_TRY(limit.name, table.needed_text("name"));
    ASSAY_TRY(limit.metric, table.needed_text("metric"));
    const Metric* metric = metric_of(metrics, limit.metric);
    if (metric == nullptr)
        return table.error(
            table.take("metric")->value.place,
            format("'{}' is no metric of this version; 'assay list' shows them", limit.metric));
    limit.unit = metric->unit;
    ASSAY_TRY(limit.conditions, conditions_of(table));
    ASSAY_TRY_VOID(read_statistic(table, limit));
    ASSAY_TRY_VOID(read_bound(table, limit));
    ASSAY_TRY_VOID(read_need(table, limit.need));
    ASSAY_TRY_VOID(table.text("source", limit.source));
    ASSAY_TRY_VOID(table.refuse_the_rest());
    return limit;
}

Expected<std::vector<FactLimit>> read_facts(PolicyTable& table, Need need) {
    constexpr std::array kFacts{
        HostFact::cores,       HostFact::memory,  HostFact::memory_available,
        HostFact::memory_used, HostFact::storage, HostFact::storage_kind,
        HostFact::link};
    std::vector<FactLimit> limits;
    std::string source;
    ASSAY_TRY_VOID(table.text("source", source));
    for (const HostFact fact : kFacts) {
        const TomlEntry* entry = table.take(name_of(fact));
        if (entry == nullptr)
            continue;
        FactLimit limit{fact, fact == HostFact::memory_used, 0, need, source, entry->place};
        const Unit unit = score::unit_of(fact);
        ASSAY_TRY(limit.bound, fact == HostFact::storage_kind ? kind_of(table, *entry)
                                                              : bound_of(table, *entry, unit));
        limits.push_back(std::move(limit));
    }
    ASSAY_TRY_VOID(table.refuse_the_rest());
    return limits;
}

}  // namespace assay::report
