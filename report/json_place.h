#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "report/json_tree.h"

/// Strict access to a parsed document: each function returns exactly the type that it names, or a
/// bad_input error with the JSON path and what was expected there.
namespace assay::report {

/// An object of the document and its path: "$.probes[3]".
struct Place {
    const JsonNode* node;
    std::string path;
};

/// bad_input: "$.probes[3].status: expected ...".
std::unexpected<Error> unexpected_at(const Place& place, std::string_view name,
                                     std::string_view expected);

/// The document itself. Errors: it is no object.
Expected<Place> root_object(const JsonNode& root);

/// The member, which must be there (it may be null).
Expected<const JsonNode*> member_at(const Place& place, std::string_view name);
Expected<Place> object_at(const Place& place, std::string_view name);
/// The objects of a list.
Expected<std::vector<Place>> objects_at(const Place& place, std::string_view name);
/// The same, empty where the member is missing: for what a document of this version may leave out.
Expected<std::vector<Place>> objects_if_any(const Place& place, std::string_view name);

Expected<std::string> text_at(const Place& place, std::string_view name);
Expected<std::optional<std::string>> text_or_null_at(const Place& place, std::string_view name);
Expected<std::vector<std::string>> texts_at(const Place& place, std::string_view name);
Expected<bool> truth_at(const Place& place, std::string_view name);
Expected<double> number_at(const Place& place, std::string_view name);
Expected<double> number_not_negative_at(const Place& place, std::string_view name);
Expected<std::optional<double>> number_or_null_at(const Place& place, std::string_view name);
Expected<std::vector<double>> numbers_at(const Place& place, std::string_view name);
/// A whole number from 0 to 2^64 - 1.
Expected<std::uint64_t> whole_at(const Place& place, std::string_view name);

/// The number in a node, whole numbers too; nullopt if it holds none.
std::optional<double> number_in(const JsonNode& node);

}  // namespace assay::report
