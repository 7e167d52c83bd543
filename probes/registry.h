#pragma once

#include <span>
#include <string_view>

#include "engine/probe.h"

namespace assay::probes {

/// Every probe of this build, in the order in which they are listed and reported.
std::span<const Probe* const> all_probes();
const Probe* find_probe(std::string_view id);  ///< nullptr if there is none

}  // namespace assay::probes
