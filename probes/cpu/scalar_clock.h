#pragma once

#include <optional>

#include "engine/host/clock.h"

namespace assay::cpu {

/// The rate of the core that calls, in Hz, from a chain of dependent register additions, one a
/// cycle on every x86-64 core (an addition of a constant may be folded away at rename, so both
/// operands are registers). An interrupt or a throttled slice can only make it lower, so the
/// highest of several calls is the clock. Takes some 5 us. nullopt on a processor that is no
/// x86-64.
std::optional<double> scalar_clock_hz(const host::Clock& clock, double ns_per_tick);

}  // namespace assay::cpu
