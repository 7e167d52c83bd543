#include "probes/cpu/soak.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/core/trend.h"
#include "engine/measure/statistics.h"
#include "engine/score/degradation.h"

namespace assay::cpu {
namespace {

constexpr double kLeastFall = 0.02;
constexpr double kChance = 0.01;
constexpr std::size_t kFewestParts = 8;
constexpr std::size_t kMostBurstParts = 5;

using Rates = std::span<const double>;

std::size_t third_of(std::size_t parts) {
    return std::max<std::size_t>(1, parts / 3);
}

std::vector<double> rates_of(std::span<const SoakPart> parts) {
    std::vector<double> rates;
    for (const SoakPart& part : parts)
        rates.push_back(part.rate);
    return rates;
}

double mean_of(Rates rates) {
    return std::accumulate(rates.begin(), rates.end(), 0.0) / static_cast<double>(rates.size());
}

/// One of the two ways to see a series, and how far the series lies from it in all.
struct Model {
    SoakFall fall;
    double distance = 0;
};

std::optional<Model> slide_of(Rates rates) {
    const auto z = mann_kendall_z(rates);
    const auto slope = theil_sen_slope(rates);
    const auto middle = measure::median(rates);
    if (!z || !slope || !middle || chance_of_falling(*z) >= kChance)
        return std::nullopt;
    const auto steps = static_cast<double>(rates.size() - 1);
    const double first = *middle - *slope * steps / 2;
    if (first <= 0)
        return std::nullopt;
    Model model{{.ratio = std::min(1.0, -*slope * steps / first), .at = std::nullopt}};
    if (model.fall.ratio < kLeastFall)
        return std::nullopt;
    for (std::size_t at = 0; at < rates.size(); ++at)
        model.distance += std::fabs(rates[at] - first - *slope * static_cast<double>(at));
    return model;
}

/// The distance of the values of one level from its median.
double distance_of(Rates level) {
    const double middle = measure::median(level).value_or(0);
    double sum = 0;
    for (const double rate : level)
        sum += std::fabs(rate - middle);
    return sum;
}

std::optional<Model> step_of(Rates rates) {
    const auto changes = score::find_degradation(rates, Better::higher).changes;
    if (changes.empty() || changes.back().after > (1 - kLeastFall) * changes.front().before)
        return std::nullopt;
    const auto deepest = std::ranges::min_element(
        changes, {}, [](const score::LevelChange& change) { return change.after - change.before; });
    Model model{{.ratio = -deepest->ratio, .at = deepest->at}};
    if (model.fall.ratio < kLeastFall)
        return std::nullopt;
    std::size_t begin = 0;
    for (const score::LevelChange& change : changes) {
        model.distance += distance_of(rates.subspan(begin, change.at - begin));
        begin = change.at;
    }
    model.distance += distance_of(rates.subspan(begin));
    return model;
}

}  // namespace

std::optional<double> burst_rate(std::span<const SoakPart> parts) {
    if (parts.empty())
        return std::nullopt;
    return mean_of(rates_of(parts.first(std::min(kMostBurstParts, third_of(parts.size())))));
}

std::optional<double> sustained_rate(std::span<const SoakPart> parts) {
    if (parts.empty())
        return std::nullopt;
    return mean_of(rates_of(parts.last(third_of(parts.size()))));
}

// A step seen as a slide would have neither the right size nor a time: half of all pairs of values
// show no slope at all. A slide seen as steps is a staircase that lies further away than the line.
std::optional<SoakFall> find_fall(std::span<const SoakPart> parts) {
    if (parts.size() < kFewestParts)
        return std::nullopt;
    const std::vector<double> rates = rates_of(parts);
    const auto slide = slide_of(rates);
    const auto step = step_of(rates);
    if (slide && (!step || slide->distance < step->distance))
        return slide->fall;
    return step ? std::optional(step->fall) : std::nullopt;
}

}  // namespace assay::cpu
