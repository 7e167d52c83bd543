#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace assay::house {

/// A C++ file of the tree, as the rules see it. All three views have the same lines.
struct Source {
    std::string path;                   ///< from the root: "engine/core/error.h"
    std::vector<std::string> raw;       ///< as it is
    std::vector<std::string> code;      ///< without comments
    std::vector<std::string> skeleton;  ///< without comments and what literals hold

    bool is_test() const;  ///< X_test.cpp, X_bench.cpp, X_fuzz.cpp, or anything in tests/
    bool is_product() const { return !is_test(); }
    /// "engine/core", "engine/host", "engine/measure", "engine/score", "engine", "probes/NAME",
    /// "probes", "report", "cli", "tests".
    std::string room() const;
    std::string stem() const;  ///< path without extension, and without _test, _bench or _fuzz
};

Source source_of(std::string path, std::string_view text);

/// Every .h and .cpp file in engine, probes, report, cli and tests (fixtures left out), by path.
std::vector<Source> read_tree(const std::filesystem::path& root);

/// The names in #include directives with their line (1-based): `angled` for <...>.
struct Include {
    std::size_t line = 0;
    std::string name;
    bool angled = false;
};
std::vector<Include> includes_of(const Source& source);

}  // namespace assay::house
