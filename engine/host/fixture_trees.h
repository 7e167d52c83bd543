#pragma once

#include <filesystem>
#include <string_view>

#include "engine/host/files.h"

namespace assay::host {

/// For tests: the proc and sys of a machine under tests/fixtures/host.
inline Files fixture(std::string_view name) {
    return Files(std::filesystem::path(ASSAY_SOURCE_DIR) / "tests/fixtures/host" / name);
}

}  // namespace assay::host
