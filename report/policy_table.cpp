#include "report/policy_table.h"

#include <algorithm>
#include <cmath>

#include "report/format.h"

namespace assay::report {
namespace {

constexpr std::size_t kLongestWord = 300;

}  // namespace

PolicyTable::PolicyTable(const TomlNode& table, std::string_view file, std::string words)
    : table_(table), file_(file), words_(std::move(words)) {}

std::unexpected<Error> PolicyTable::error(const Place& place, std::string_view what) const {
    return policy_error(file_, place, what);
}

std::string PolicyTable::key_text(std::string_view key) const {
    return words_.empty() ? std::string(key) : format("{} {}", words_, key);
}

const TomlEntry* PolicyTable::take(std::string_view key) {
    taken_.emplace(key);
    for (const TomlEntry& entry : *table_.as_table())
        if (entry.key == key)
            return &entry;
    return nullptr;
}

Expected<double> number_of(const TomlNode& node, std::string_view file, std::string_view words) {
    double value = 0;
    if (const auto* whole = std::get_if<std::int64_t>(&node.data))
        value = static_cast<double>(*whole);
    else if (const auto* real = std::get_if<double>(&node.data))
        value = *real;
    else
        return policy_error(file, node.place,
                            format("{} is {}, and a number is wanted", words, node.kind()));
    if (!std::isfinite(value))
        return policy_error(file, node.place, format("{} is not a finite number", words));
    return value;
}

Expected<void> PolicyTable::number(std::string_view key, double least, double most, double& value) {
    const TomlEntry* entry = take(key);
    if (entry == nullptr)
        return {};
    ASSAY_TRY(const double read, number_of(entry->value, file_, key_text(key)));
    if (read < least || read > most)
        return error(entry->value.place,
                     format("{} is {}, and must be {} to {}", key_text(key), read, least, most));
    value = read;
    return {};
}

Expected<void> PolicyTable::whole(std::string_view key, std::size_t least, std::size_t most,
                                  std::size_t& value) {
    const TomlEntry* entry = take(key);
    if (entry == nullptr)
        return {};
    const auto* read = std::get_if<std::int64_t>(&entry->value.data);
    if (read == nullptr || *read < static_cast<std::int64_t>(least) ||
        *read > static_cast<std::int64_t>(most))
        return error(entry->value.place,
                     format("{} must be a whole number, {} to {}", key_text(key), least, most));
    value = static_cast<std::size_t>(*read);
    return {};
}

Expected<void> PolicyTable::truth(std::string_view key, std::optional<bool>& value) {
    const TomlEntry* entry = take(key);
    if (entry == nullptr)
        return {};
    const auto* read = std::get_if<bool>(&entry->value.data);
    if (read == nullptr)
        return error(entry->value.place, format("{} is {}, and true or false is wanted",
                                                key_text(key), entry->value.kind()));
    value = *read;
    return {};
}

Expected<void> PolicyTable::text(std::string_view key, std::string& value) {
    const TomlEntry* entry = take(key);
    if (entry == nullptr)
        return {};
    const std::string* read = entry->value.as_text();
    if (read == nullptr)
        return error(entry->value.place,
                     format("{} is {}, and a text is wanted", key_text(key), entry->value.kind()));
    const bool is_plain = std::ranges::all_of(
        *read, [](char letter) { return static_cast<unsigned char>(letter) >= 0x20; });
    if (read->empty() || read->size() > kLongestWord || !is_plain)
        return error(entry->value.place, format("{} must be a text of 1 to {} bytes on one line",
                                                key_text(key), kLongestWord));
    value = *read;
    return {};
}

Expected<std::string> PolicyTable::needed_text(std::string_view key) {
    std::string value;
    ASSAY_TRY_VOID(text(key, value));
    if (value.empty())
        return error(place(), format("{} has no {}", words_, key));
    return value;
}

Expected<void> PolicyTable::refuse_the_rest() const {
    for (const TomlEntry& entry : *table_.as_table())
        if (!taken_.contains(entry.key))
            return error(entry.place,
                         format("{} is unknown; there are {}", key_text("'" + entry.key + "'"),
                                fmt::join(taken_, ", ")));
    return {};
}

}  // namespace assay::report
