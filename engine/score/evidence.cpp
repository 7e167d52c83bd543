#include "engine/score/evidence.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/measure/statistics.h"

namespace assay::score {
namespace {

const Value* environment_value(const Run& run, std::string_view section, std::string_view name) {
    const Value* part = run.environment.find(section);
    return part == nullptr ? nullptr : part->find(name);
}

std::optional<double> positive(const Value* value) {
    if (value == nullptr)
        return std::nullopt;
    const auto number = value->as_number();
    return number && std::isfinite(*number) && *number > 0 ? number : std::nullopt;
}

std::optional<std::string> text_of(const Value* value) {
    if (value == nullptr || value->as_text() == nullptr || value->as_text()->empty())
        return std::nullopt;
    return *value->as_text();
}

bool is_valid(const Measurement& measurement) {
    return std::ranges::none_of(measurement.findings, [](const Finding& finding) {
        return finding.severity == Severity::invalid;
    });
}

/// The facts of the disk under the path: of the device itself if it is one.
const Value* disk_of(const Run& run) {
    const Value* disks = environment_value(run, "storage", "disks");
    if (disks != nullptr && disks->as_list() != nullptr && !disks->as_list()->empty())
        return &disks->as_list()->front();
    return environment_value(run, "storage", "device");
}

}  // namespace

const CategoryScore* Evidence::category(std::string_view name) const {
    const auto found = std::ranges::find(verdict.categories, name, &CategoryScore::name);
    return found == verdict.categories.end() || !found->ratio || found->metrics.empty() ? nullptr
                                                                                        : &*found;
}

std::optional<double> cores_of(const Run& run) {
    return positive(environment_value(run, "cpu", "cores"));
}

std::optional<double> memory_bytes_of(const Run& run) {
    return positive(environment_value(run, "memory", "total_bytes"));
}

std::optional<double> disk_bytes_of(const Run& run) {
    const Value* device = environment_value(run, "storage", "device");
    return positive(device == nullptr ? nullptr : device->find("size_bytes"));
}

std::optional<bool> has_isa(const Run& run, std::string_view feature) {
    const Value* sets = environment_value(run, "cpu", "isa");
    const Value* row = sets == nullptr ? nullptr : sets->find(feature);
    const Value* usable = row == nullptr ? nullptr : row->find("os_enabled");
    const Value* shown = row == nullptr ? nullptr : row->find("cpuid");
    if (usable == nullptr || shown == nullptr || !usable->as_bool() || !shown->as_bool())
        return std::nullopt;
    return *usable->as_bool() && *shown->as_bool();
}

std::optional<double> link_rate_of(const Run& run) {
    const Value* interfaces = environment_value(run, "network", "interfaces");
    if (interfaces == nullptr || interfaces->as_list() == nullptr)
        return std::nullopt;
    constexpr double kBytesPerSecondOfMegabit = 1e6 / 8;
    std::optional<double> fastest;
    for (const Value& interface : *interfaces->as_list()) {
        const auto state = text_of(interface.find("operstate"));
        const auto megabits = positive(interface.find("speed_mbps"));
        const Value* is_virtual = interface.find("virtual");
        const bool is_real = is_virtual == nullptr || !is_virtual->as_bool().value_or(false);
        if (megabits && is_real && state == "up")
            fastest = std::max(fastest.value_or(0), *megabits * kBytesPerSecondOfMegabit);
    }
    return fastest;
}

bool is_nvme(const Run& run) {
    const Value* disk = disk_of(run);
    const auto name = text_of(disk == nullptr ? nullptr : disk->find("name"));
    return name && name->starts_with("nvme");
}

std::optional<std::string> storage_kind_of(const Run& run) {
    const Value* disk = disk_of(run);
    const auto name = text_of(disk == nullptr ? nullptr : disk->find("name"));
    if (!name)
        return std::nullopt;
    if (name->starts_with("nvme"))
        return "NVMe SSD";
    if (name->starts_with("vd") || name->starts_with("xvd"))
        return "virtual disk";
    const Value* claim = disk->find("rotational_claim");
    const auto rotational = claim == nullptr ? std::nullopt : claim->as_bool();
    if (!name->starts_with("sd") || !rotational)
        return std::nullopt;
    return *rotational ? "SATA/SAS HDD" : "SATA/SAS SSD";
}

std::optional<std::string> environment_text(const Run& run, std::string_view section,
                                            std::string_view name) {
    return text_of(environment_value(run, section, name));
}

std::optional<double> environment_number(const Run& run, std::string_view section,
                                         std::string_view name) {
    const Value* value = environment_value(run, section, name);
    return value == nullptr ? std::nullopt : value->as_number();
}

std::optional<double> median_of(const Run& run, std::string_view metric) {
    std::optional<double> best;
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements) {
            const auto median = measure::median(measurement.samples);
            if (measurement.metric != metric || !median || !is_valid(measurement))
                continue;
            const bool better =
                !best || (measurement.better == Better::lower ? *median < *best : *median > *best);
            if (better)
                best = median;
        }
    return best;
}

std::optional<Percentile> percentile_of(const Run& run, std::string_view metric,
                                        std::string_view name) {
    const auto row = std::ranges::find(kPercentileNames, name, &PercentileName::name);
    if (row == kPercentileNames.end())
        return std::nullopt;
    const auto index = static_cast<std::size_t>(row - kPercentileNames.begin());
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements)
            if (measurement.metric == metric && measurement.percentiles &&
                measurement.percentiles->values.at(index) && is_valid(measurement))
                return Percentile{&measurement, *measurement.percentiles->values.at(index)};
    return std::nullopt;
}

const Finding* finding_in(const Run& run, std::string_view id) {
    for (const Finding& finding : run.findings)
        if (finding.id == id)
            return &finding;
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements)
            for (const Finding& finding : measurement.findings)
                if (finding.id == id)
                    return &finding;
    return nullptr;
}

RefusedRounds refused_rounds(const Run& run, std::string_view finding) {
    RefusedRounds counts;
    for (const ProbeResult& probe : run.probes)
        for (const RoundRecord& round : probe.rounds) {
            ++counts.all;
            counts.refused += std::ranges::find(round.reasons, finding) != round.reasons.end();
        }
    return counts;
}

std::string quoted(std::string text) {
    std::ranges::replace(text, '{', '(');
    std::ranges::replace(text, '}', ')');
    return text;
}

}  // namespace assay::score
