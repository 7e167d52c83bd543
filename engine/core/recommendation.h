#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// Under which heading a recommendation stands.
enum class RecommendationKind {
    assessment,        ///< what a category, or the whole, is good for
    critical_warning,  ///< against a failover
    warning,           ///< what will be felt
    required_upgrade,  ///< without it the target stays below the limits
    suggestion,        ///< what would bring the target to the source
    optimisation       ///< a setting to try; assay changes none itself
};
std::string_view name_of(RecommendationKind kind);  ///< "required_upgrade"
/// "Required Upgrades", as the requirement heads them.
std::string_view heading_of(RecommendationKind kind);

/// How good or bad the news is: the requirement's check mark, warning sign and cross.
enum class Concern { none, caution, serious };
std::string_view name_of(Concern concern);  ///< "none" "caution" "serious"

/// How a number in a sentence is shown.
enum class AmountStyle {
    percent,           ///< ratio: 0.43 is "43%"
    factor,            ///< "2.5 times"
    count,             ///< "8"
    bit_rate,          ///< B/s: 125e6 is "1 Gbps"
    bytes_per_second,  ///< "1.20 GB/s"
    operations,        ///< op/s
    time,              ///< ns
    size               ///< B
};
std::string_view name_of(AmountStyle style);

struct Amount {
    double value = 0;
    AmountStyle style = AmountStyle::count;
    bool operator==(const Amount&) const = default;
};

/// What a rule says of one comparison. The sentence and its numbers are apart, so that each medium
/// rounds in one place and a program gets the numbers as they are.
struct Recommendation {
    std::string rule;  ///< id; `assay explain RULE` has its page
    RecommendationKind kind = RecommendationKind::suggestion;
    Concern concern = Concern::none;
    std::string category;         ///< "cpu" "memory" "storage" "network"; empty: the whole
    std::string text;             ///< with one {} for each amount, in order
    std::vector<Amount> amounts;  ///< all finite
    std::string evidence;         ///< the metric, finding or fact that it rests on
    bool operator==(const Recommendation&) const = default;
};

}  // namespace assay
