#include "engine/score/capacity.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::score {
namespace {

void note_gap(CapacityLine& line, std::string_view what) {
    line.fit = Fit::unknown;
    line.gap = std::string(what) + " is not known from this run, so nothing is compared.";
}

/// Numbers of a file that is not to be trusted can be divided into what is no number.
bool is_finite(const CapacityLine& line) {
    return std::ranges::all_of(line.amounts,
                               [](const Amount& amount) { return std::isfinite(amount.value); }) &&
           std::isfinite(line.needed.value_or(0)) && std::isfinite(line.available.value_or(0));
}

}  // namespace

std::string_view name_of(Fit fit) {
    constexpr std::array<std::string_view, 4> kNames{"yes", "no", "unknown", "advice"};
    return kNames[static_cast<std::size_t>(fit)];
}

void judge_at_least(CapacityLine& line, std::optional<double> available, std::string measured_by,
                    std::string_view what) {
    line.available = available;
    line.measured_by = std::move(measured_by);
    if (!available || !line.needed)
        note_gap(line, what);
    else
        line.fit = *available >= *line.needed ? Fit::yes : Fit::no;
}

void judge_at_most(CapacityLine& line, std::optional<double> value, std::string measured_by,
                   std::string_view what) {
    judge_at_least(line, value, std::move(measured_by), what);
    if (value && line.needed)
        line.fit = *value <= *line.needed ? Fit::yes : Fit::no;
}

Capacity size_up(const Run& run, const CapacityTask& task) {
    Capacity capacity;
    add_decube_lines(run, task, capacity.lines);
    add_warren_lines(run, task, capacity.lines);
    add_consensus_lines(run, task, capacity.lines);
    for (CapacityLine& line : capacity.lines)
        if (!is_finite(line)) {
            line.arithmetic.clear();
            line.amounts.clear();
            line.needed = line.available = std::nullopt;
            note_gap(line, "A number that makes sense");
        }
    const auto has = [&](Fit fit) {
        return std::ranges::find(capacity.lines, fit, &CapacityLine::fit) != capacity.lines.end();
    };
    if (has(Fit::no))
        capacity.decision = Decision::no_go;
    else
        capacity.decision = has(Fit::unknown) ? Decision::inconclusive : Decision::go;
    return capacity;
}

}  // namespace assay::score
