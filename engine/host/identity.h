#pragma once

#include <string>

#include "engine/core/error.h"
#include "engine/host/files.h"

namespace assay::host {

/// The same for one host whatever address, namespace or time: 32 hexadecimal digits of a hash of
/// its machine id (machine-id(5)); without one, of its boot id, and so only until it boots again.
/// Errors: unavailable, when the host has neither.
Expected<std::string> host_identity(const Files& files);

/// A hash of the running kernel's boot id, the same in each of its namespaces; empty if unknown.
std::string boot_identity(const Files& files);

}  // namespace assay::host
