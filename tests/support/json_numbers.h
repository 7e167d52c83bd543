#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <variant>

#include "report/json_tree.h"

/// Every number of a JSON document, wherever it stands: what another output may say.
namespace assay::test {

using JsonNumbers = std::multiset<double>;

inline void collect(const report::JsonNode& node, JsonNumbers& numbers) {
    if (const auto* list = std::get_if<report::JsonNode::List>(&node.data))
        for (const report::JsonNode& entry : *list)
            collect(entry, numbers);
    else if (const auto* object = std::get_if<report::JsonNode::Object>(&node.data))
        for (const report::JsonMember& member : *object)
            collect(member.value, numbers);
    else if (const auto* real = std::get_if<double>(&node.data))
        numbers.insert(*real);
    else if (const auto* whole = std::get_if<std::int64_t>(&node.data))
        numbers.insert(static_cast<double>(*whole));
    else if (const auto* large = std::get_if<std::uint64_t>(&node.data))
        numbers.insert(static_cast<double>(*large));
}

inline JsonNumbers numbers_of_json(const std::string& text) {
    JsonNumbers numbers;
    collect(report::parse_json(text).value(), numbers);
    return numbers;
}

}  // namespace assay::test
