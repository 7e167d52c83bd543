#include "engine/score/limit_text.h"

namespace assay::score {
namespace {

std::string subject(const LimitResult& limit) {
    if (limit.metric.empty())
        return "The host's " + limit.name;
    std::string text = "The limit \"" + limit.name + "\" on " + limit.metric;
    if (limit.statistic != "median")
        text += " " + limit.statistic;
    if (!limit.conditions.empty())
        text += " (" + limit.conditions + ")";
    return text;
}

std::string outcome(const LimitResult& limit) {
    switch (limit.state) {
        case LimitState::met:
            return "met";
        case LimitState::unproven:
            return "met, but not surely";
        case LimitState::missed:
            return "missed";
        case LimitState::unknown:
            return "not proven";
    }
    return "";
}

std::string value_text(const LimitResult& limit, QuantityText quantity) {
    std::string text = limit_value(limit, *limit.value, quantity);
    if (limit.low && limit.high)
        text += " [" + limit_value(limit, *limit.low, quantity) + " to " +
                limit_value(limit, *limit.high, quantity) + "]";
    return text;
}

}  // namespace

std::string limit_value(const LimitResult& limit, double value, QuantityText quantity) {
    if (limit.metric.empty() && limit.name == name_of(HostFact::storage_kind))
        for (const StorageKind kind : {StorageKind::hdd, StorageKind::ssd, StorageKind::nvme})
            if (static_cast<double>(kind) == value)
                return std::string(name_of(kind));
    return quantity(value, limit.unit);
}

std::string bound_text(const LimitResult& limit, QuantityText quantity) {
    return (limit.is_ceiling ? "at most " : "at least ") +
           limit_value(limit, limit.bound, quantity);
}

std::string limit_sentence(const LimitResult& limit, QuantityText quantity) {
    const std::string wanted =
        bound_text(limit, quantity) + " is " + std::string(name_of(limit.need));
    std::string text = subject(limit);
    if (limit.value)
        text += limit.metric.empty() ? " is " + value_text(limit, quantity)
                                     : " has " + value_text(limit, quantity);
    else
        text += " has no number";
    if (!limit.why.empty())
        text += limit.value ? " (" + limit.why + ")" : ", " + limit.why;
    text += "; " + wanted + ": " + outcome(limit);
    if (limit.probability && limit.state != LimitState::unknown)
        text += ", P(met) " + probability_text(*limit.probability);
    text += ".";
    if (!limit.source.empty())
        text += " Source: " + limit.source + ".";
    return text;
}

}  // namespace assay::score
