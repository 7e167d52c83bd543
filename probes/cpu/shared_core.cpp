#include "probes/cpu/shared_core.h"

#include <algorithm>
#include <cstdio>

namespace assay::cpu {
namespace {

bool is_hidden_sibling(const CpuPair& pair) {
    return !pair.shown_as_one_core && pair.speed_ratio <= kMostOfSiblings;
}

bool is_unclear(const CpuPair& pair) {
    return !pair.shown_as_one_core && pair.speed_ratio < kLeastOfCores;
}

}  // namespace

std::optional<SharedCores> classify(std::span<const CpuPair> pairs) {
    if (pairs.empty())
        return std::nullopt;
    if (std::ranges::any_of(pairs, is_hidden_sibling))
        return SharedCores::hidden;
    if (std::ranges::any_of(pairs, is_unclear))
        return SharedCores::unclear;
    const bool shown = std::ranges::any_of(pairs, &CpuPair::shown_as_one_core);
    return shown ? SharedCores::shown : SharedCores::none;
}

std::optional<Finding> shared_core_finding(std::span<const CpuPair> pairs) {
    const auto kind = classify(pairs);
    if (kind != SharedCores::hidden && kind != SharedCores::unclear)
        return std::nullopt;
    // Siblings that the system shows are no news.
    const auto slowest = std::ranges::min_element(pairs, {}, [](const CpuPair& pair) {
        return pair.shown_as_one_core ? 2.0 : pair.speed_ratio;
    });
    char text[200];
    std::snprintf(
        text, sizeof text,
        "CPU %d beside a busy CPU %d runs at %.0f %% of its speed alone; the system shows "
        "them as two cores.",
        slowest->first, slowest->second, slowest->speed_ratio * 100);
    return make_finding(kind == SharedCores::hidden ? "hidden_smt" : "pairs_unclear", text);
}

}  // namespace assay::cpu
