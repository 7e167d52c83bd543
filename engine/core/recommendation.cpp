#include "engine/core/recommendation.h"

#include <array>

namespace assay {
namespace {

struct KindNames {
    std::string_view name, heading;
};
constexpr std::array<KindNames, 6> kKinds{KindNames{"assessment", "Recommendations"},
                                          {"critical_warning", "CRITICAL WARNINGS"},
                                          {"warning", "Warnings"},
                                          {"required_upgrade", "Required Upgrades"},
                                          {"suggestion", "Suggestions"},
                                          {"optimisation", "Optimisations"}};
constexpr std::array<std::string_view, 3> kConcerns{"none", "caution", "serious"};
constexpr std::array<std::string_view, 8> kStyles{
    "percent", "factor", "count", "bit_rate", "bytes_per_second", "operations", "time", "size"};

}  // namespace

std::string_view name_of(RecommendationKind kind) {
    return kKinds[static_cast<std::size_t>(kind)].name;
}

std::string_view heading_of(RecommendationKind kind) {
    return kKinds[static_cast<std::size_t>(kind)].heading;
}

std::string_view name_of(Concern concern) {
    return kConcerns[static_cast<std::size_t>(concern)];
}

std::string_view name_of(AmountStyle style) {
    return kStyles[static_cast<std::size_t>(style)];
}

}  // namespace assay
