#include "report/toml_tree.h"

// Nothing of the library is linked. Its errors are thrown, for without exceptions it goes on
// parsing after one. Broken input can reach its assertions; behind each it finds the error itself.
#define TOML_EXCEPTIONS 1
#define TOML_ASSERT(condition) static_cast<void>(0)
#undef NDEBUG  // with it the library would take its assertions for granted
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

#include <algorithm>

#include "report/format.h"

namespace assay::report {
namespace {

constexpr std::size_t kLongestLine = 4096;
/// The library nests tables by the dots of a key, and takes them apart recursively.
constexpr std::ptrdiff_t kMostDots = 64;

Place place_of(const toml::source_region& region) {
    return {region.begin.line, region.begin.column};
}

std::string two_digits(unsigned value) {
    return format("{:02}", value);
}

TomlDate date_of(const toml::date& date) {
    return {format("{:04}-{}-{}", static_cast<unsigned>(date.year), two_digits(date.month),
                   two_digits(date.day))};
}

TomlNode from(const toml::node& node);

TomlNode::Table entries_of(const toml::table& table) {
    TomlNode::Table entries;
    for (const auto& [key, value] : table)
        entries.push_back({std::string(key.str()), place_of(key.source()), from(value)});
    return entries;
}

TomlNode::List rows_of(const toml::array& array) {
    TomlNode::List rows;
    for (const toml::node& row : array)
        rows.push_back(from(row));
    return rows;
}

TomlNode from(const toml::node& node) {
    TomlNode made;
    made.place = place_of(node.source());
    if (const auto* table = node.as_table())
        made.data = entries_of(*table);
    else if (const auto* array = node.as_array())
        made.data = rows_of(*array);
    else if (const auto* text = node.as_string())
        made.data = text->get();
    else if (const auto* whole = node.as_integer())
        made.data = whole->get();
    else if (const auto* number = node.as_floating_point())
        made.data = number->get();
    else if (const auto* truth = node.as_boolean())
        made.data = truth->get();
    else if (const auto* date = node.as_date())
        made.data = date_of(date->get());
    else if (const auto* time = node.as_date_time())
        made.data = date_of(time->get().date);
    else
        made.data = std::string();  // a time of day: no policy asks for one, so it is refused there
    return made;
}

/// What the library would need a deep stack for.
Expected<void> check_shape(std::string_view text, std::string_view file) {
    if (text.size() > kMostTomlBytes)
        return policy_error(file, {1, 1}, format("the file is larger than {} B", kMostTomlBytes));
    std::size_t line = 1;
    while (!text.empty()) {
        const std::string_view here = text.substr(0, text.find('\n'));
        if (here.size() > kLongestLine)
            return policy_error(file, {line, kLongestLine},
                                format("the line is longer than {} bytes", kLongestLine));
        if (std::ranges::count(here, '.') > kMostDots)
            return policy_error(file, {line, 1},
                                format("the line has more than {} dots", kMostDots));
        text.remove_prefix(std::min(here.size() + 1, text.size()));
        ++line;
    }
    return {};
}

}  // namespace

std::string_view TomlNode::kind() const {
    struct {
        std::string_view operator()(bool) const { return "true or false"; }
        std::string_view operator()(std::int64_t) const { return "a whole number"; }
        std::string_view operator()(double) const { return "a number"; }
        std::string_view operator()(const std::string&) const { return "a text"; }
        std::string_view operator()(const TomlDate&) const { return "a date"; }
        std::string_view operator()(const List&) const { return "a list"; }
        std::string_view operator()(const Table&) const { return "a table"; }
    } constexpr kKind;
    return std::visit(kKind, data);
}

Expected<TomlNode> read_toml(std::string_view text, std::string_view file) {
    ASSAY_TRY_VOID(check_shape(text, file));
    try {
        return from(toml::parse(text));
    } catch (const toml::parse_error& error) {
        return policy_error(file, place_of(error.source()), std::string(error.description()));
    }
}

std::unexpected<Error> policy_error(std::string_view file, const Place& place,
                                    std::string_view what) {
    std::string sentence = format("{}:{}:{}: {}", file, place.line, place.column, what);
    if (!sentence.ends_with('.'))
        sentence += '.';
    return failure(ErrorKind::bad_policy, std::move(sentence));
}

}  // namespace assay::report
