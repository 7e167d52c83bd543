#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::host {

/// The one way to read procfs and sysfs. Paths are relative to a root ("proc/stat"), so tests feed
/// fixture trees. Whatever is missing, unreadable, too large (over 4 MiB) or malformed is nullopt:
/// unknown, never a default.
class Files {
  public:
    explicit Files(std::filesystem::path root = "/");
    const std::filesystem::path& root() const { return root_; }
    std::filesystem::path absolute(std::string_view relative) const;

    std::optional<std::string> read(std::string_view relative) const;  ///< whole text, as it is
    std::optional<std::string> read_line(
        std::string_view relative) const;  ///< first line, blanks trimmed at both ends; may be
                                           ///< empty. nullopt if it is no UTF-8 text.
    std::optional<std::int64_t> read_integer(
        std::string_view relative) const;  ///< the first line is exactly one integer
    std::vector<std::string> list(
        std::string_view relative) const;  ///< names in a folder, sorted; empty if none
    std::optional<std::string> link_target(
        std::string_view relative) const;  ///< of a symbolic link, as stored
    bool exists(std::string_view relative) const;

  private:
    std::filesystem::path root_;
};

}  // namespace assay::host
