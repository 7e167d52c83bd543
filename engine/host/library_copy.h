#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"

namespace assay::host {

/// A second, private copy of a shared library that this process uses already. What the library
/// decides once, when it is loaded, is decided anew for the copy, under an environment of its own;
/// the process's own copy goes on as before, and both share the one C library. A copy stays loaded
/// until the process ends: libraries of this kind hold what outlives any handle.
class LibraryCopy {
  public:
    /// `symbol`: a function of the library, by which its file is found. `setting`: "NAME=value",
    /// what the copy finds in its environment while it is loaded, and nobody else later.
    /// Call while no other thread changes the environment; others may read it.
    /// Errors: unsupported (a sanitizer, a statically linked library, a linker that refuses),
    /// those of reading the file, unavailable (no memory for the copy).
    static Expected<LibraryCopy> load(const char* symbol, std::string setting);

    /// The copy's own symbol; nullptr where it has none.
    void* find(const char* symbol) const;

  private:
    LibraryCopy() = default;
    void* handle_ = nullptr;
};

/// A process's environment with one setting in the place of whatever had its name.
/// `environment`: ends with nullptr, outlives the answer, as does `setting`.
std::vector<char*> environment_with(char* const* environment, std::string& setting);

}  // namespace assay::host
