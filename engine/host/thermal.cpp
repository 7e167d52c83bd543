#include "engine/host/thermal.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace assay::host {
namespace {

std::optional<std::uint64_t> throttle_events(const Files& files, std::span<const int> cpus) {
    std::optional<std::uint64_t> sum;
    for (const int cpu : cpus)
        for (const char* count : {"core_throttle_count", "package_throttle_count"}) {
            const auto events = files.read_integer(
                "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/thermal_throttle/" + count);
            if (events && *events >= 0)
                sum = sum.value_or(0) + static_cast<std::uint64_t>(*events);
        }
    return sum;
}

/// "Processor" (ACPI), "cpufreq-cpu0", "thermal-cpufreq-0" (device tree), "intel_powerclamp". Fans
/// are engaged on every busy machine and slow nothing down.
bool slows_processors(std::string_view type) {
    return type == "Processor" || type == "intel_powerclamp" ||
           type.find("cpufreq") != std::string_view::npos;
}

std::optional<std::int64_t> cooling_steps(const Files& files) {
    constexpr std::string_view kFolder = "sys/class/thermal/";
    std::optional<std::int64_t> sum;
    for (const std::string& name : files.list(kFolder)) {
        if (!name.starts_with("cooling_device"))
            continue;
        const std::string folder = std::string(kFolder) + name + "/";
        if (!slows_processors(files.read_line(folder + "type").value_or("")))
            continue;
        // intel_powerclamp says -1 while it is off.
        if (const auto state = files.read_integer(folder + "cur_state"))
            sum = sum.value_or(0) + std::max<std::int64_t>(0, *state);
    }
    return sum;
}

}  // namespace

ThermalState read_thermal_state(const Files& files, std::span<const int> cpus) {
    return {.throttle_events = throttle_events(files, cpus), .cooling_steps = cooling_steps(files)};
}

}  // namespace assay::host
