#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace assay::host {

/// SHA-256 of the bytes of `text` as 64 lower-case hexadecimal digits (FIPS 180-4), so that a
/// serial number can be recognised again and not read. nullopt if the library refuses.
std::optional<std::string> sha256_hex(std::string_view text);

}  // namespace assay::host
