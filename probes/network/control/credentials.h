#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "engine/core/error.h"

namespace assay::network::control {

/// A pre-shared key: 256 random bits, never a password.
using SharedKey = std::array<std::byte, 32>;

/// Mutual certificates: PEM files. `authority` is the only one that the other side's certificate
/// may come from.
struct CertificateFiles {
    std::string certificate, private_key, authority;
    bool operator==(const CertificateFiles&) const = default;
};

/// What one end proves itself with: exactly one of the two is present.
struct Credentials {
    std::optional<SharedKey> key;
    std::optional<CertificateFiles> certificates;
};

/// A fresh key from the kernel's random numbers. Errors: internal (it has none to give).
Expected<SharedKey> make_key();

/// The one line of a key file: "assay-key-1 " and 64 hexadecimal digits, ending in a newline.
std::string key_file_text(const SharedKey& key);

/// Bytes from outside. Errors: bad_input (no key file of ours, or fewer than 256 bits).
Expected<SharedKey> parse_key(std::string_view text);

/// Reads a key file. Errors: not_found; permission (unreadable, or readable by others than its
/// owner: a key that others have read is no secret); bad_input.
Expected<SharedKey> read_key_file(const std::string& path);

/// Creates `path` with mode 0600 and writes a fresh key. An existing file is never replaced.
/// Errors: cannot_create, permission, internal.
Expected<void> create_key_file(const std::string& path);

}  // namespace assay::network::control
