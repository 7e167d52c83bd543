#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/policy.h"

/// TOML as a tree of ours, with the line and column of every word. Its .cpp is the one file that
/// knows the TOML library.
namespace assay::report {

struct TomlEntry;

struct TomlDate {
    std::string text;  ///< "2027-01-31"
};

struct TomlNode {
    using Table = std::vector<TomlEntry>;  ///< in alphabetical order
    using List = std::vector<TomlNode>;
    std::variant<bool, std::int64_t, double, std::string, TomlDate, List, Table> data;
    Place place;

    const Table* as_table() const { return std::get_if<Table>(&data); }
    const List* as_list() const { return std::get_if<List>(&data); }
    const std::string* as_text() const { return std::get_if<std::string>(&data); }
    std::string_view kind() const;  ///< "a text", "a table": for sentences
};

struct TomlEntry {
    std::string key;
    Place place;  ///< of the key
    TomlNode value;
};

/// A file larger than this is no policy.
inline constexpr std::size_t kMostTomlBytes = std::size_t{1} << 16;

/// Parses a whole document into a table. Errors: bad_policy, "FILE:LINE:COLUMN: ..."; also for a
/// document over kMostTomlBytes, for lines over 4 KiB or of over 64 dots, and for deep nesting,
/// none of which a policy needs.
Expected<TomlNode> read_toml(std::string_view text, std::string_view file);

/// The error of something wrong at a place.
std::unexpected<Error> policy_error(std::string_view file, const Place& place,
                                    std::string_view what);

}  // namespace assay::report
