#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/core/recommendation.h"
#include "engine/core/run.h"
#include "engine/core/verdict.h"

namespace assay::score {

/// What the cluster is to carry; a line whose inputs were not given is not made. Finite and > 0.
struct CapacityTask {
    std::optional<double> dataset_bytes, active_bytes;
    std::optional<double> snapshots_per_day, retention_days;
    std::optional<double> operations_per_s, cpu_s_per_operation;
    std::optional<double> users, request_bytes, window_s;
    std::optional<double> connections;
    std::optional<double> faults;  ///< nodes that may fail at the same time
    std::optional<double> tasks;   ///< of a container scheduler
};

enum class Fit { yes, no, unknown, advice };  ///< advice: a number without a limit
std::string_view name_of(Fit fit);

/// One line of arithmetic.
struct CapacityLine {
    std::string id{};               ///< "decube.storage"
    std::string title{};            ///< "Storage for data and snapshots"
    std::string document{};         ///< "decube-performance-guide.md:484"
    std::string formula{};          ///< in the document's words
    std::string arithmetic{};       ///< the same with one {} for each amount
    std::vector<Amount> amounts{};  ///< finite
    Fit fit = Fit::unknown;
    std::optional<double> needed{}, available{};  ///< in the amounts' inner unit
    std::string measured_by{};         ///< metric or fact behind `available`; may be empty
    std::optional<std::string> gap{};  ///< what is missing, a sentence
};

struct Capacity {
    Decision decision =
        Decision::inconclusive;  ///< no_go: a line does not fit; inconclusive: a gap
    std::vector<CapacityLine> lines;
};

/// The sizing formulas of the requirement documents with what the run measured. Pure.
Capacity size_up(const Run& run, const CapacityTask& task);

/// By document.
void add_decube_lines(const Run& run, const CapacityTask& task, std::vector<CapacityLine>& lines);
void add_warren_lines(const Run& run, const CapacityTask& task, std::vector<CapacityLine>& lines);
void add_consensus_lines(const Run& run, const CapacityTask& task,
                         std::vector<CapacityLine>& lines);

/// Sets available and fit of a line that knows what is needed; `what` names what is missing
/// otherwise.
void judge_at_least(CapacityLine& line, std::optional<double> available, std::string measured_by,
                    std::string_view what);
/// The same where what is there must not be above the limit: `needed` is the limit.
void judge_at_most(CapacityLine& line, std::optional<double> value, std::string measured_by,
                   std::string_view what);

}  // namespace assay::score
