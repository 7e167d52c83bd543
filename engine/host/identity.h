#pragma once

#include <optional>
#include <string>

#include "engine/core/error.h"
#include "engine/host/files.h"

namespace assay::host {

/// The same for one host whatever address, namespace or time: 32 hexadecimal digits of a hash of
/// its machine id (machine-id(5)); without one, of its boot id, and so only until it boots again.
/// Errors: unavailable, when the host has neither.
Expected<std::string> host_identity(const Files& files);

/// As host_identity, by the machine id alone: nullopt without one, since what ends with the next
/// boot is no identity of a host in a file that is kept.
std::optional<std::string> machine_identity(const Files& files);

/// A hash of the running kernel's boot id, the same in each of its namespaces; empty if unknown.
std::string boot_identity(const Files& files);

}  // namespace assay::host
