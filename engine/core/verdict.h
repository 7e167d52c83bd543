#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/recommendation.h"

#include "engine/core/policy.h"
#include "engine/core/units.h"

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
    std::string conditions;                ///< for people: "4096 B, depth 32"
    std::optional<double> source, target;  ///< absent only in a public copy (report/redaction.h)
    double ratio = 0;
    std::optional<double> ratio_low, ratio_high;  ///< 95 % bootstrap interval
    std::string statistic = "median";             ///< which number of it: "median", "p99"
    double weight = 1;       ///< share in its category's geometric mean; they sum to 1
    bool required = false;   ///< without it the category would not be compared
    std::size_t rounds = 0;  ///< valid ones, on the side that has fewer
};

/// A metric of the table that is not in its category's ratio.
struct MetricGap {
    std::string metric, statistic;
    std::string why;  ///< in words, without a full stop
    /// One side has a number and the other has none, or the two cannot be compared: the decision
    /// cannot be GO. Else neither side has it, or the policy leaves it out.
    bool is_one_sided = false;
};

struct CategoryScore {
    std::string name;             ///< "cpu" "memory" "storage" "network"
    double weight = 0;            ///< as in the policy, before renormalising
    std::optional<double> ratio;  ///< absent when not compared
    std::optional<Grade> grade;
    /// P(ratio >= the floor that GO asks of each category), from the bootstrap. Absent when the
    /// rounds are too few.
    std::optional<double> floor_probability;
    std::optional<double> ratio_low, ratio_high;  ///< 95 % bootstrap interval
    std::vector<MetricRatio> metrics;             ///< the required one first
    std::vector<MetricGap> gaps;
    std::optional<std::string> not_compared;  ///< why, in words
};

/// missed: the value is on the wrong side. unproven: on the right side, but not surely enough.
/// unknown: there is no number, or too few rounds.
enum class LimitState { met, unproven, missed, unknown };
std::string_view name_of(LimitState state);  ///< "met" "unproven" "missed" "unknown"

/// An absolute limit of the policy, judged on one host: on a metric, or on a fact of its hardware.
struct LimitResult {
    std::string name;        ///< as the policy calls it; of hardware the fact: "cores"
    std::string metric;      ///< id; empty for a fact
    std::string conditions;  ///< for people
    std::string statistic;   ///< "p99"; empty for a fact
    Unit unit = Unit::count;
    bool is_ceiling = true;  ///< at most `bound`; else at least
    double bound = 0;
    Need need = Need::required;
    LimitState state = LimitState::unknown;
    std::optional<double> value, low, high;  ///< 95 % interval
    std::optional<double> probability;       ///< P(limit met); absent for a fact
    std::string why;               ///< why it is unknown; what else is to be said of the value
    std::string source;            ///< where the policy has the limit from
    std::optional<Waiver> waiver;  ///< that makes a condition of a miss
};

/// Computed from two runs, never stored in them. Of one host alone (assay check) it has limits and
/// no categories.
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
    std::optional<Grade> grade;       ///< at most one step above the weakest category's
    std::string policy = "default";   ///< name of the policy that it was judged by
    std::vector<LimitResult> limits;  ///< of the policy, judged on the target
    /// What to do about it, by engine/score/recommend.h. Empty where one host is judged alone.
    std::vector<Recommendation> recommendations;
};

}  // namespace assay
