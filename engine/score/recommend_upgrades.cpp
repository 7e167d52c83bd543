#include <algorithm>
#include <array>
#include <cmath>

#include "engine/measure/statistics.h"
#include "engine/score/compare.h"
#include "engine/score/recommend.h"
#include "engine/score/restore_stages.h"

/// What to buy, and how much of it. Required is what lifts a category below Adequate to Good; a
/// suggestion is what lifts it to the source.
namespace assay::score {
namespace {

using enum RecommendationKind;
using enum AmountStyle;

constexpr double kAdequate = 0.6, kGood = 0.8;

double to_source(const CategoryScore& row) {
    return 1 / *row.ratio - 1;
}

void require_cores(const Evidence& evidence, std::vector<Recommendation>& into) {
    const CategoryScore* cpu = evidence.category("cpu");
    const auto cores = cores_of(evidence.target);
    if (cpu == nullptr || *cpu->ratio >= kAdequate || !cores)
        return;
    // Linear in cores, which is the best that more of the same cores can do: hence `minimum`.
    const double needed = std::ceil(settled(*cores * kGood / *cpu->ratio));
    into.push_back({"required_cores",
                    required_upgrade,
                    Concern::serious,
                    "cpu",
                    "CPU: Minimum {} cores (currently {} cores)",
                    {{needed, count}, {*cores, count}},
                    cpu->metrics.front().metric});
}

void require_storage(const Evidence& evidence, std::vector<Recommendation>& into) {
    const CategoryScore* storage = evidence.category("storage");
    if (storage == nullptr || *storage->ratio >= kAdequate)
        return;
    const auto kind = storage_kind_of(evidence.target);
    if (kind && !is_nvme(evidence.target))
        into.push_back({"required_storage",
                        required_upgrade,
                        Concern::serious,
                        "storage",
                        "Storage: NVMe SSD required (currently " + *kind + ")",
                        {},
                        "environment.storage"});
    else
        into.push_back({"required_storage",
                        required_upgrade,
                        Concern::serious,
                        "storage",
                        "Storage: {} the present rate required, to reach {} of the source",
                        {{kGood / *storage->ratio, factor}, {kGood, percent}},
                        storage->metrics.front().metric});
}

void require_memory(const Evidence& evidence, std::vector<Recommendation>& into) {
    const CategoryScore* memory = evidence.category("memory");
    if (memory != nullptr && *memory->ratio < kAdequate)
        into.push_back({"required_memory",
                        required_upgrade,
                        Concern::serious,
                        "memory",
                        "Memory: {} the present bandwidth required, to reach {} of the source",
                        {{kGood / *memory->ratio, factor}, {kGood, percent}},
                        memory->metrics.front().metric});
}

void require_network(const Evidence& evidence, std::vector<Recommendation>& into) {
    const CategoryScore* network = evidence.category("network");
    if (network == nullptr || *network->ratio >= kAdequate)
        return;
    const auto row =
        std::ranges::find(network->metrics, "network.tcp.bandwidth", &MetricRatio::metric);
    if (row == network->metrics.end() || !row->source || !row->target)
        return;
    into.push_back({"required_network",
                    required_upgrade,
                    Concern::serious,
                    "network",
                    "Network: Minimum {} (currently {})",
                    {{kGood * *row->source, bit_rate}, {*row->target, bit_rate}},
                    row->metric});
}

void suggest_storage(const Evidence& evidence, std::vector<Recommendation>& into) {
    const CategoryScore* storage = evidence.category("storage");
    if (storage == nullptr || *storage->ratio >= kGood)
        return;
    const std::string metric = storage->metrics.front().metric;
    if (const auto kind = storage_kind_of(evidence.target); kind && !is_nvme(evidence.target))
        into.push_back({"suggest_storage",
                        suggestion,
                        Concern::caution,
                        "storage",
                        "Upgrade target storage to NVMe SSD",
                        {},
                        "environment.storage"});
    into.push_back({"suggest_storage",
                    suggestion,
                    Concern::caution,
                    "storage",
                    "Increase storage performance by {} to match the source",
                    {{to_source(*storage), percent}},
                    metric});
    into.push_back({"suggest_storage",
                    suggestion,
                    Concern::caution,
                    "storage",
                    "Storage-intensive VMs may see performance degradation",
                    {},
                    metric});
}

void suggest_memory(const Evidence& evidence, std::vector<Recommendation>& into) {
    const auto source = memory_bytes_of(evidence.source);
    const auto target = memory_bytes_of(evidence.target);
    // Firmware and kernel take some per mill of the same modules.
    constexpr double kSameModules = 0.98;
    if (source && target && *target < kSameModules * *source)
        into.push_back({"suggest_memory",
                        suggestion,
                        Concern::caution,
                        "memory",
                        "Increase memory allocation by {} (from {} to the source's {})",
                        {{*source / *target - 1, percent}, {*target, size}, {*source, size}},
                        "environment.memory.total_bytes"});
    const CategoryScore* memory = evidence.category("memory");
    if (memory != nullptr && *memory->ratio < kGood)
        into.push_back({"suggest_memory",
                        suggestion,
                        Concern::caution,
                        "memory",
                        "Increase memory bandwidth by {}: populate all channels, or take a host "
                        "with faster memory",
                        {{to_source(*memory), percent}},
                        memory->metrics.front().metric});
}

void suggest_cpu(const Evidence& evidence, std::vector<Recommendation>& into) {
    const CategoryScore* cpu = evidence.category("cpu");
    if (cpu != nullptr && *cpu->ratio < kGood)
        into.push_back({"suggest_cpu",
                        suggestion,
                        Concern::caution,
                        "cpu",
                        "Increase CPU performance by {} to match the source",
                        {{to_source(*cpu), percent}},
                        cpu->metrics.front().metric});
}

void compare_links(const Evidence& evidence, std::vector<Recommendation>& into) {
    const auto source = link_rate_of(evidence.source);
    const auto target = link_rate_of(evidence.target);
    const CategoryScore* network = evidence.category("network");
    const bool is_slower_link = source && target && *target < *source;
    if (is_slower_link)
        into.push_back({"link_speed",
                        warning,
                        Concern::caution,
                        "network",
                        "Network is only {}, source has {}",
                        {{*target, bit_rate}, {*source, bit_rate}},
                        "environment.network.interfaces"});
    if (is_slower_link || (network != nullptr && *network->ratio < kGood))
        into.push_back(
            {"link_speed",
             suggestion,
             Concern::caution,
             "network",
             "Upgrade network or throttle source",
             {},
             is_slower_link ? "environment.network.interfaces" : network->metrics.front().metric});
}

/// The restore pipeline's slowest stage by medians, and how far the next one is.
void name_bottleneck(const Evidence& evidence, std::vector<Recommendation>& into) {
    RestoreTask task;
    task.data_bytes = 1;
    task.rto_s = 1;
    std::vector<std::pair<double, const Stage*>> rates;
    const Pipeline pipeline = make_pipeline(evidence.source, evidence.target, task);
    for (const Stage& stage : pipeline.restore) {
        if (stage.gap)
            return;  // an unknown stage may be the slowest
        if (stage.kind != StageKind::sync)
            rates.emplace_back(measure::median(stage.rounds).value_or(0), &stage);
    }
    std::ranges::sort(rates, {}, [](const auto& row) { return row.first; });
    const Stage& slowest = *rates[0].second;
    into.push_back({"restore_bottleneck",
                    suggestion,
                    Concern::caution,
                    "",
                    "A restore is held by its stage " + std::string(name_of(slowest.kind)) + " (" +
                        slowest.side + ", {}); the next, " +
                        std::string(name_of(rates[1].second->kind)) +
                        ", does {}: making the first one up to {} as fast shortens a restore",
                    {{rates[0].first, bytes_per_second},
                     {rates[1].first, bytes_per_second},
                     {rates[1].first / rates[0].first, factor}},
                    slowest.metric});
}

constexpr std::array kRules{
    Rule{"required_cores", "The CPU is below Adequate, and more cores are the way out.",
         &require_cores},
    Rule{"required_storage", "The storage is below Adequate.", &require_storage},
    Rule{"required_memory", "The memory is below Adequate.", &require_memory},
    Rule{"required_network", "The network is below Adequate.", &require_network},
    Rule{"suggest_storage", "The storage is below Good.", &suggest_storage},
    Rule{"suggest_memory", "The target has less or slower memory.", &suggest_memory},
    Rule{"suggest_cpu", "The CPU is below Good.", &suggest_cpu},
    Rule{"link_speed", "The target's link or network is slower than the source's.", &compare_links},
    Rule{"restore_bottleneck", "Which stage of a restore to the target is the slowest.",
         &name_bottleneck},
};

}  // namespace

std::span<const Rule> upgrade_rules() {
    return kRules;
}

}  // namespace assay::score
