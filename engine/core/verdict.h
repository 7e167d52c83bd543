#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// Best first. The boundary value belongs to the better grade: 0.8 is Good.
enum class Grade { excellent, good, adequate, poor, critical };
std::string_view name_of(Grade grade);  ///< "Excellent" ... "Critical"
/// Excellent >= 1.0, Good >= 0.8, Adequate >= 0.6, Poor >= 0.4, Critical below. score finite, >= 0.
Grade grade_of(double score);

/// In the order of the exit status: 0, 1, 2, 3.
enum class Decision { go, go_with_conditions, no_go, inconclusive };
std::string_view name_of(
    Decision decision);  ///< "GO", "GO WITH CONDITIONS", "NO-GO", "INCONCLUSIVE"

/// One metric of one category on both sides. ratio = target/source, or source/target where lower is
/// better.
struct MetricRatio {
    std::string metric;
    std::string conditions;  ///< for people: "4096 B, depth 32"
    double source = 0, target = 0;
    double ratio = 0;
    std::optional<double> ratio_low, ratio_high;  ///< 95 % bootstrap interval
};

struct CategoryScore {
    std::string name;             ///< "cpu" "memory" "storage" "network"
    double weight = 0;            ///< as in the policy, before renormalising
    std::optional<double> ratio;  ///< absent when not compared
    std::optional<Grade> grade;
    /// P(ratio >= the floor that GO asks of each category), from the bootstrap. Absent when the
    /// rounds are too few.
    std::optional<double> floor_probability;
    std::vector<MetricRatio> metrics;
    std::optional<std::string> not_compared;  ///< why, in words
};

/// Computed from two runs, never stored in them.
struct Verdict {
    Decision decision = Decision::inconclusive;
    std::vector<std::string> reasons;  ///< sentences, each citing metric, values and limit
    std::vector<CategoryScore> categories;
    std::optional<double>
        overall;  ///< weighted sum over the compared categories, weights renormalised
    std::optional<double> overall_low, overall_high;  ///< 95 % bootstrap interval
    std::optional<double> overall_probability;        ///< P(overall >= what GO asks)
    std::optional<double> geometric;                  ///< weighted geometric mean
    std::optional<std::string> weakest;               ///< category name
    std::optional<Grade> grade;  ///< at most one step above the weakest category's
};

}  // namespace assay
