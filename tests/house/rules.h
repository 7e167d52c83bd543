#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/house/source.h"

/// The floor plan and the style rules, as pure functions over the text of the tree. What a text
/// cannot show (does the name fit, does the comment say why) stays with the reviewer.
namespace assay::house {

struct Violation {
    std::string path;
    std::size_t line = 0;  ///< 1-based; 0 = the file as a whole
    std::string what;
};
using Violations = std::vector<Violation>;

/// engine knows nobody; probes and report know only engine; cli knows all; nobody knows cli.
/// engine/core includes the standard library and itself only.
Violations include_direction(const Source& source);

/// A header of a library appears in that library's one wrapper only; test frameworks appear in
/// tests only; other libraries not at all.
Violations third_party_wrappers(const std::vector<Source>& sources);
/// The wrapper (path without extension) of each library that the tree uses, for the check that
/// third_party/README.md names it.
std::vector<std::string> wrappers_in_use(const std::vector<Source>& sources);

/// Product code starts no program and no process.
Violations no_other_programs(const Source& source);
/// Only engine/host reads procfs, sysfs and CPUID.
Violations only_host_asks_the_machine(const Source& source);
/// Only cli prints, reads the environment, or ends the process. A last word on stderr right before
/// std::abort (our own bug) is allowed.
Violations only_cli_prints_and_exits(const Source& source);
/// 1e9, 1024 and the like live in engine/core/units.h, or have a name of their own.
Violations no_bare_unit_factors(const Source& source);
/// Files of up to 600 lines, functions of up to 70 (found by their braces, so only nearly exact).
Violations sizes(const Source& source);
/// No file or folder called utils, common, manager, helper or misc.
Violations telling_names(const Source& source);
/// No unfinished work in the tree.
Violations no_promises(const Source& source);

/// Each X_test.cpp is in `compile_commands` (the text of compile_commands.json). `root` is the
/// absolute path that its file names begin with.
Violations every_test_is_compiled(const std::vector<Source>& sources, std::string_view root,
                                  std::string_view compile_commands);
/// Each probe that a header in probes/ declares has a line in probes/registry.cpp, and each probe's
/// id begins with its folder's name.
Violations every_probe_is_registered(const std::vector<Source>& sources);

}  // namespace assay::house
