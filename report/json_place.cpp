#include "report/json_place.h"

#include "report/format.h"

namespace assay::report {
namespace {

template <class T>
Expected<T> exactly_at(const Place& place, std::string_view name, std::string_view expected) {
    ASSAY_TRY(const JsonNode* node, member_at(place, name));
    if (const T* value = std::get_if<T>(&node->data))
        return *value;
    return unexpected_at(place, name, expected);
}

bool is_null(const JsonNode& node) {
    return std::holds_alternative<std::monostate>(node.data);
}

Expected<const JsonNode::List*> list_at(const Place& place, std::string_view name) {
    ASSAY_TRY(const JsonNode* node, member_at(place, name));
    if (const auto* list = std::get_if<JsonNode::List>(&node->data))
        return list;
    return unexpected_at(place, name, "a list");
}

}  // namespace

std::unexpected<Error> unexpected_at(const Place& place, std::string_view name,
                                     std::string_view expected) {
    return failure(ErrorKind::bad_input, format("{}{}{}: expected {}", place.path,
                                                name.empty() ? "" : ".", name, expected));
}

Expected<Place> root_object(const JsonNode& root) {
    Place place{&root, "$"};
    if (!std::holds_alternative<JsonNode::Object>(root.data))
        return unexpected_at(place, "", "an object");
    return place;
}

Expected<const JsonNode*> member_at(const Place& place, std::string_view name) {
    if (const JsonNode* node = place.node->find(name))
        return node;
    return failure(ErrorKind::bad_input, format("{}.{}: this field is missing", place.path, name));
}

Expected<Place> object_at(const Place& place, std::string_view name) {
    ASSAY_TRY(const JsonNode* node, member_at(place, name));
    if (!std::holds_alternative<JsonNode::Object>(node->data))
        return unexpected_at(place, name, "an object");
    return Place{node, format("{}.{}", place.path, name)};
}

Expected<std::vector<Place>> objects_at(const Place& place, std::string_view name) {
    ASSAY_TRY(const JsonNode::List* list, list_at(place, name));
    std::vector<Place> places;
    for (const JsonNode& node : *list) {
        if (!std::holds_alternative<JsonNode::Object>(node.data))
            return unexpected_at(place, format("{}[{}]", name, places.size()), "an object");
        places.push_back({&node, format("{}.{}[{}]", place.path, name, places.size())});
    }
    return places;
}

Expected<std::vector<Place>> objects_if_any(const Place& place, std::string_view name) {
    if (place.node->find(name) == nullptr)
        return std::vector<Place>{};
    return objects_at(place, name);
}

Expected<std::string> text_at(const Place& place, std::string_view name) {
    return exactly_at<std::string>(place, name, "a text");
}

Expected<std::optional<std::string>> text_or_null_at(const Place& place, std::string_view name) {
    ASSAY_TRY(const JsonNode* node, member_at(place, name));
    if (is_null(*node))
        return std::nullopt;
    if (const auto* text = std::get_if<std::string>(&node->data))
        return *text;
    return unexpected_at(place, name, "a text or null");
}

Expected<std::vector<std::string>> texts_at(const Place& place, std::string_view name) {
    ASSAY_TRY(const JsonNode::List* list, list_at(place, name));
    std::vector<std::string> texts;
    for (const JsonNode& node : *list) {
        const auto* text = std::get_if<std::string>(&node.data);
        if (text == nullptr)
            return unexpected_at(place, format("{}[{}]", name, texts.size()), "a text");
        texts.push_back(*text);
    }
    return texts;
}

Expected<bool> truth_at(const Place& place, std::string_view name) {
    return exactly_at<bool>(place, name, "true or false");
}

Expected<double> number_at(const Place& place, std::string_view name) {
    ASSAY_TRY(const JsonNode* node, member_at(place, name));
    if (const auto number = number_in(*node))
        return *number;
    return unexpected_at(place, name, "a number");
}

Expected<double> number_not_negative_at(const Place& place, std::string_view name) {
    ASSAY_TRY(const double number, number_at(place, name));
    if (number < 0)
        return unexpected_at(place, name, "a number of 0 or more");
    return number;
}

Expected<std::optional<double>> number_or_null_at(const Place& place, std::string_view name) {
    ASSAY_TRY(const JsonNode* node, member_at(place, name));
    if (is_null(*node))
        return std::nullopt;
    if (const auto number = number_in(*node))
        return number;
    return unexpected_at(place, name, "a number or null");
}

Expected<std::vector<double>> numbers_at(const Place& place, std::string_view name) {
    ASSAY_TRY(const JsonNode::List* list, list_at(place, name));
    std::vector<double> numbers;
    numbers.reserve(list->size());
    for (const JsonNode& node : *list) {
        const auto number = number_in(node);
        if (!number)
            return unexpected_at(place, format("{}[{}]", name, numbers.size()), "a number");
        numbers.push_back(*number);
    }
    return numbers;
}

Expected<std::uint64_t> whole_at(const Place& place, std::string_view name) {
    ASSAY_TRY(const JsonNode* node, member_at(place, name));
    if (const auto* number = std::get_if<std::int64_t>(&node->data); number && *number >= 0)
        return static_cast<std::uint64_t>(*number);
    if (const auto* number = std::get_if<std::uint64_t>(&node->data))
        return *number;
    return unexpected_at(place, name, "a whole number of 0 or more");
}

std::optional<double> number_in(const JsonNode& node) {
    if (const auto* number = std::get_if<double>(&node.data))
        return *number;
    if (const auto* number = std::get_if<std::int64_t>(&node.data))
        return static_cast<double>(*number);
    if (const auto* number = std::get_if<std::uint64_t>(&node.data))
        return static_cast<double>(*number);
    return std::nullopt;
}

}  // namespace assay::report
