#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

/// The one header that knows the JSON library. Objects keep the order in which they were written.
namespace assay::report {

using Json = nlohmann::ordered_json;

/// Appends a member. The library's own way looks through all members first, which is quadratic;
/// here the names are known to differ.
inline void append(Json& object, std::string name, Json value) {
    object.get_ref<Json::object_t&>().emplace_back(std::move(name), std::move(value));
}

}  // namespace assay::report
