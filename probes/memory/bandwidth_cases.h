#pragma once

#include <vector>

#include "engine/probe.h"
#include "probes/memory/bandwidth_settings.h"

namespace assay::memory {

inline constexpr Option kOperationOption{"operation", OptionKind::choice, "",
                                         "read|write|copy|triad",
                                         "only this one; without it the width of the run decides"};
inline constexpr Option kStoresOption{"stores", OptionKind::choice, "",
                                      "regular|non_temporal|string|library",
                                      "only kernels that store in this way; reads have none"};

/// Whether anything but reads is to be measured: smoke runs leave the rest out.
bool stores_are_measured(const Request& request);
/// Whether huge pages are to be measured against 4 KiB pages: where both are free to choose, and
/// the width of the run decides what is measured.
bool pages_are_compared(const BandwidthSettings& settings, const Request& request);

/// For settings whose pairs and memories are known. Reads of all pairs; of local and lent pairs the
/// widest kernels that the host has, more of them the wider the run. Never empty.
/// Errors: usage (no such operation or stores, none left).
Expected<std::vector<BandwidthCase>> bandwidth_cases(const BandwidthSettings& settings,
                                                     const Request& request);

}  // namespace assay::memory
