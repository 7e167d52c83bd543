#include "engine/core/value.h"

#include <utility>

namespace assay {

Value::Value() = default;
Value::Value(bool truth) : data(truth) {}
Value::Value(int number) : data(std::int64_t{number}) {}
Value::Value(std::int64_t number) : data(number) {}
Value::Value(std::uint64_t number) {
    // A count above 2^63 keeps its size as a double rather than turning negative.
    if (std::in_range<std::int64_t>(number))
        data = static_cast<std::int64_t>(number);
    else
        data = static_cast<double>(number);
}
Value::Value(double number) : data(number) {}
Value::Value(const char* text) : data(std::string(text)) {}
Value::Value(std::string text) : data(std::move(text)) {}
Value::Value(std::string_view text) : data(std::string(text)) {}
Value::Value(List list) : data(std::move(list)) {}
Value::Value(Object object) : data(std::move(object)) {}
Value::Value(const Value&) = default;
Value::Value(Value&&) noexcept = default;
Value& Value::operator=(const Value&) = default;
Value& Value::operator=(Value&&) noexcept = default;
Value::~Value() = default;

std::optional<bool> Value::as_bool() const {
    const bool* truth = std::get_if<bool>(&data);
    return truth ? std::optional(*truth) : std::nullopt;
}

std::optional<std::int64_t> Value::as_integer() const {
    const std::int64_t* number = std::get_if<std::int64_t>(&data);
    return number ? std::optional(*number) : std::nullopt;
}

std::optional<double> Value::as_number() const {
    if (const double* number = std::get_if<double>(&data))
        return *number;
    if (const std::int64_t* number = std::get_if<std::int64_t>(&data))
        return static_cast<double>(*number);
    return std::nullopt;
}

const std::string* Value::as_text() const {
    return std::get_if<std::string>(&data);
}
const Value::List* Value::as_list() const {
    return std::get_if<List>(&data);
}
const Value::Object* Value::as_object() const {
    return std::get_if<Object>(&data);
}

const Value* Value::find(std::string_view name) const {
    if (const Object* members = as_object())
        for (const Member& member : *members)
            if (member.name == name)
                return &member.value;
    return nullptr;
}

bool Value::operator==(const Value& other) const {
    return data == other.data;
}

}  // namespace assay
