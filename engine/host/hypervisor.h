#pragma once

#include <optional>
#include <string>

namespace assay::host {

/// What CPUID says of a hypervisor. `signature`: the up to twelve letters of leaf 0x40000000
/// ("KVMKVMKVM"), empty where it hides them or there is none.
struct HypervisorSign {
    bool present = false;
    std::string signature;
};

/// Of the processor that we run on; nullopt on other architectures than x86-64.
std::optional<HypervisorSign> live_hypervisor();

}  // namespace assay::host
