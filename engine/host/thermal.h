#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "engine/host/files.h"

namespace assay::host {

/// What the kernel knows of processors that are too hot. A part that it does not tell is nullopt:
/// virtual machines mostly see none of it.
struct ThermalState {
    /// How often the given CPUs, and the packages that hold them, were throttled since boot
    /// (sys/devices/system/cpu/cpu*/thermal_throttle); take two and subtract. A package counts
    /// once for each of its CPUs.
    std::optional<std::uint64_t> throttle_events;
    /// How deep the cooling of processors is engaged now: the sum of the states of the cooling
    /// devices that slow processors down (sys/class/thermal/cooling_device*); 0 = not at all.
    std::optional<std::int64_t> cooling_steps;
};
ThermalState read_thermal_state(const Files& files, std::span<const int> cpus);

}  // namespace assay::host
