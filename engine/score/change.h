#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/core/policy.h"
#include "engine/core/run.h"

namespace assay::score {

/// How one metric of one host changed. Changes are relative: 5 is +500 %.
struct MetricChange {
    std::string category, metric, conditions;
    Unit unit = Unit::count;
    Better better = Better::higher;
    std::optional<double> before, after;  ///< absent only in a public copy (report/redaction.h)
    double change = 0;                    ///< after / before - 1
    std::optional<double> low, high;      ///< 95 % bootstrap interval of it
    std::optional<double> p;  ///< exact Mann-Whitney on the rounds, two-sided, adjusted by Holm
    std::size_t rounds_before = 0, rounds_after = 0;
    bool is_proven = false;  ///< p <= 0.05, and the interval leaves 0 out
    bool is_better = false;  ///< in the direction that is better; says nothing unless proven
};

struct ChangeReport {
    std::vector<MetricChange> changes;
    std::vector<std::string> not_compared;  ///< "cpu.lz4.compress: after: ...", what one side lacks
    /// What so few rounds could not have proven, in a sentence each.
    std::vector<std::string> limits_of_proof;
};

/// Compares two runs of one host, before and after a change, by the metric table (medians over
/// rounds). The required metrics, at most four, are one family of tests and the others another;
/// Holm keeps the chance of any false alarm in a family below 5 %.
ChangeReport changes_between(const Run& before, const Run& after, const Policy& policy);

}  // namespace assay::score
