#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/json.h"

/// What the writers of all documents share.
namespace assay::report {

/// A negative zero becomes 0.0. Not finite is our bug: aborts.
Json number(double value);
Json maybe(const std::optional<double>& value);  ///< null where absent

template <class T>
Json maybe_text(const std::optional<T>& value) {
    return value ? Json(std::string(*value)) : Json(nullptr);
}

template <class T, class Convert>
Json from_list(const std::vector<T>& rows, const Convert& convert) {
    Json array = Json::array();
    for (const T& row : rows)
        array.push_back(convert(row));
    return array;
}

/// The document as people can read it, too: what holds no structure inside stays on one line. Ends
/// in a newline. Bytes that are no UTF-8 become U+FFFD.
std::string document_text(const Json& json);

}  // namespace assay::report
