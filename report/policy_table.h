#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "report/toml_tree.h"

namespace assay::report {

/// Takes the members of one TOML table by name and kind, and refuses what is left over.
class PolicyTable {
  public:
    /// `words` is how sentences call the table: "[overall]".
    PolicyTable(const TomlNode& table, std::string_view file, std::string words);

    /// The member, or nullptr; it counts as taken.
    const TomlEntry* take(std::string_view key);
    /// Absent: nothing happens. Errors: bad_policy, where it is of another kind or out of range.
    Expected<void> number(std::string_view key, double least, double most, double& value);
    Expected<void> whole(std::string_view key, std::size_t least, std::size_t most,
                         std::size_t& value);
    Expected<void> truth(std::string_view key, std::optional<bool>& value);
    /// 1 to 300 bytes without control characters.
    Expected<void> text(std::string_view key, std::string& value);
    Expected<std::string> needed_text(std::string_view key);
    /// Errors: bad_policy, at the first member that nobody took, with the nearest known name.
    Expected<void> refuse_the_rest() const;

    Place place() const { return table_.place; }
    std::unexpected<Error> error(const Place& place, std::string_view what) const;
    std::string_view file() const { return file_; }

  private:
    std::string key_text(std::string_view key) const;

    const TomlNode& table_;
    std::string_view file_;
    std::string words_;
    std::set<std::string, std::less<>> taken_;
};

/// A finite number, whole or not. Errors: bad_policy.
Expected<double> number_of(const TomlNode& node, std::string_view file, std::string_view words);

}  // namespace assay::report
