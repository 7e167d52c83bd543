#include "report/condition_text.h"

#include "report/quantity.h"

namespace assay::report {

std::string condition_text(const Condition& condition) {
    const Value& value = condition.value;
    const auto number = value.as_number();
    const std::string* text = value.as_text();
    const std::string shown = text     ? *text
                              : number ? quantity(number, Unit::count)
                                       : std::string("-");
    if ((condition.name == "block_bytes" || condition.name == "record_bytes") && number &&
        *number >= 0 && *number < 0x1p63)
        return byte_size(static_cast<std::uint64_t>(*number));
    if (condition.name == "working_set_bytes" && number && *number >= 0 && *number < 0x1p63)
        return byte_size(static_cast<std::uint64_t>(*number));
    if (condition.name == "pages")
        return shown + " pages";
    if (condition.name == "chains")
        return number == 1.0 ? "" : shown + " chains";
    if (condition.name == "read_percent")
        return shown + " % reads";
    if (condition.name == "load")
        return shown == "none" ? "" : shown;
    if (condition.name == "load_direction")
        return shown;
    if (condition.name == "level")
        return "level " + shown;
    if (condition.name == "depth")
        return "depth " + shown;
    if (condition.name == "rate")
        return quantity(number, Unit::operations_per_second) + " offered";
    if (condition.name == "mode")  // the other ways show in the metric or in the rate
        return shown == "peak" ? shown : "";
    if (condition.name == "threads")
        return shown + (number == 1.0 ? " thread" : " threads");
    if (condition.name == "streams")
        return shown + (number == 1.0 ? " stream" : " streams");
    if (condition.name == "node")
        return value.is_null() ? "" : "node " + shown;
    // What is the same in every healthy run (the engine, the kernel beside its instruction set, the
    // peer) stays in the file; where it is not, a finding says so.
    return condition.name == "isa" || condition.name == "direction" || condition.name == "corpus"
               ? shown
               : "";
}

std::string conditions_text(const Measurement& measurement) {
    std::vector<std::string> parts;
    const bool has_depth = measurement.condition("depth") != nullptr;
    const bool is_open_loop = measurement.condition("rate") != nullptr;
    const bool is_of_pages = measurement.condition("pages_against") != nullptr;
    const bool is_chase = measurement.condition("working_set_bytes") != nullptr;
    for (const Condition& condition : measurement.conditions) {
        // A queue's depth says what is in flight; one thread is what keeps it filled unless asked
        // otherwise.
        if (has_depth && condition.name == "threads" && condition.value.as_number() == 1.0)
            continue;
        // Large pages are what bandwidth is measured on; latencies are measured on both.
        if (!is_chase && condition.name == "pages")
            continue;
        // Metrics of bandwidth are named by their operation, but for those that compare pages.
        if (is_of_pages && condition.name == "operation" && condition.value.as_text() != nullptr) {
            parts.push_back(*condition.value.as_text());
            continue;
        }
        // In an open loop the depth only bounds what may be in flight.
        if (is_open_loop && condition.name == "depth")
            continue;
        parts.push_back(condition_text(condition));
    }
    std::string text;
    for (const std::string& part : parts)
        if (!part.empty())
            text += (text.empty() ? "" : ", ") + part;
    return text;
}

}  // namespace assay::report
