#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace assay::host {

/// An instruction set of the live processor. `in_cpuid`: the processor has it. `os_enabled`: the
/// operating system saves the registers that it uses (XCR0), without which it faults.
struct CpuFeature {
    std::string_view name;  ///< as in proc/cpuinfo
    std::optional<bool> in_cpuid;
    std::optional<bool> os_enabled;
};

/// The instruction sets that probes choose between. CPUID and
/// XGETBV of the processor that we run on; both unknown on other architectures.
std::span<const CpuFeature> live_cpu_features();

/// The same list with nothing known: for a tree of files that is not this machine's.
std::span<const CpuFeature> unknown_cpu_features();

/// What CPUID says of a hypervisor. `signature`: the up to twelve letters of leaf 0x40000000
/// ("KVMKVMKVM"), empty where it hides them or there is none.
struct HypervisorSign {
    bool present = false;
    std::string signature;
};

/// Of the processor that we run on; nullopt on other architectures than x86-64.
std::optional<HypervisorSign> live_hypervisor();

}  // namespace assay::host
