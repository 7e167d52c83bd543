#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace assay {

struct Member;

/// A fact of any shape: what the environment fingerprint and a metric's conditions are made of.
/// Null means "unknown", which is a thing that can be said; 0 never stands for it.
struct Value {
    using List = std::vector<Value>;
    using Object = std::vector<Member>;  ///< in the order of insertion
    std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Object> data;

    Value();
    Value(bool truth);  // NOLINT(google-explicit-constructor): facts are written as literals
    Value(int number);  // NOLINT(google-explicit-constructor)
    Value(std::int64_t number);    // NOLINT(google-explicit-constructor)
    Value(std::uint64_t number);   // NOLINT(google-explicit-constructor)
    Value(double number);          // NOLINT(google-explicit-constructor)
    Value(const char* text);       // NOLINT(google-explicit-constructor)
    Value(std::string text);       // NOLINT(google-explicit-constructor)
    Value(std::string_view text);  // NOLINT(google-explicit-constructor)
    Value(List list);              // NOLINT(google-explicit-constructor)
    Value(Object object);          // NOLINT(google-explicit-constructor)
    template <class T>
    Value(const std::optional<T>& maybe) : Value() {  // NOLINT(google-explicit-constructor)
        if (maybe)
            *this = Value(*maybe);
    }
    Value(const Value&);
    Value(Value&&) noexcept;
    Value& operator=(const Value&);
    Value& operator=(Value&&) noexcept;
    ~Value();

    bool is_null() const { return std::holds_alternative<std::monostate>(data); }
    std::optional<bool> as_bool() const;
    std::optional<std::int64_t> as_integer() const;
    std::optional<double> as_number() const;  ///< integers too
    const std::string* as_text() const;       ///< nullptr if it is no text
    const List* as_list() const;
    const Object* as_object() const;
    /// The member of that name, or nullptr if this is no object or has none.
    const Value* find(std::string_view name) const;
    bool operator==(const Value& other) const;
};

struct Member {
    std::string name;
    Value value;
    bool operator==(const Member& other) const = default;
};

}  // namespace assay
