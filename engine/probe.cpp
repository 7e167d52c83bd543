#include <charconv>

#include "engine/core/units.h"
#include "engine/probe.h"

namespace assay {

const std::string* Request::find(std::string_view name) const {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : &found->second;
}

Expected<std::uint64_t> Request::bytes(std::string_view name, std::uint64_t otherwise) const {
    const std::string* given = find(name);
    if (given == nullptr)
        return otherwise;
    auto parsed = parse_bytes(*given);
    if (!parsed)
        return failure(ErrorKind::usage, "--" + std::string(name) + ": " + parsed.error().message);
    return parsed;
}

Expected<std::uint64_t> Request::count(std::string_view name, std::uint64_t otherwise) const {
    const std::string* given = find(name);
    if (given == nullptr)
        return otherwise;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), number);
    if (error != std::errc{} || end != given->data() + given->size() || number == 0)
        return failure(ErrorKind::usage, "--" + std::string(name) + ": '" + *given +
                                             "' is not a whole number of 1 or more");
    return number;
}

std::string Request::text(std::string_view name, std::string_view otherwise) const {
    const std::string* given = find(name);
    return given == nullptr ? std::string(otherwise) : *given;
}

}  // namespace assay
