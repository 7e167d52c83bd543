#include "report/json_parts.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace assay::report {
namespace {

/// Nothing inside it holds anything: it stays on one line, since a result file is to be read by
/// people, too.
bool is_small(const Json& json) {
    for (const Json& child : json)
        if (child.is_structured() && !child.empty())
            return false;
    return true;
}

std::string leaf_text(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void print(const Json& json, std::size_t depth, std::string& text) {
    if (!json.is_structured() || json.empty()) {
        text += leaf_text(json);
        return;
    }
    const bool one_line = is_small(json);
    const std::string outer = one_line ? "" : "\n" + std::string(2 * depth, ' ');
    const std::string inner = one_line ? "" : outer + "  ";
    const std::string_view comma = one_line ? ", " : ",";
    text += json.is_object() ? "{" : "[";
    for (auto child = json.begin(); child != json.end(); ++child) {
        if (child != json.begin())
            text += comma;
        text += inner;
        if (json.is_object())
            text += leaf_text(Json(child.key())) + ": ";
        print(*child, depth + 1, text);
    }
    text += outer + (json.is_object() ? "}" : "]");
}

}  // namespace

Json number(double value) {
    if (!std::isfinite(value)) {
        std::fputs("assay: a number that is not finite was to be written to a result\n", stderr);
        std::abort();
    }
    return value == 0 ? Json(0.0) : Json(value);  // a negative zero is no fact
}

Json maybe(const std::optional<double>& value) {
    return value ? number(*value) : Json(nullptr);
}

std::string document_text(const Json& json) {
    std::string text;
    print(json, 0, text);
    return text + "\n";
}

}  // namespace assay::report
