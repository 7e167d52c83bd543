#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace assay::host {

/// An instruction set of the live processor, in three columns: hypervisors mask features, and
/// some announce what they cannot do.
struct CpuFeature {
    std::string_view name;           ///< as in proc/cpuinfo
    std::optional<bool> in_cpuid;    ///< the processor has it
    std::optional<bool> os_enabled;  ///< the operating system saves its registers (XCR0), without
                                     ///< which it faults
    std::optional<bool> self_test;   ///< one instruction of it ran and gave the right answer;
                                     ///< unknown where one of the others is not affirmed
};

/// The instruction sets that probes choose between: CPUID, XGETBV and one instruction each on the
/// processor that we run on, looked at once. All unknown on other architectures than x86-64.
std::span<const CpuFeature> live_cpu_features();

/// The same list with nothing known: for a tree of files that is not this machine's.
std::span<const CpuFeature> unknown_cpu_features();

/// The tiers of vector instructions that kernels are written for, narrowest first.
enum class Isa {
    sse2,    ///< 128 bit, no fused multiply-add
    avx,     ///< 256 bit floating point, no fused multiply-add
    avx2,    ///< 256 bit integers too, with FMA3
    avx512,  ///< 512 bit, AVX-512F
    neon,    ///< 128 bit with fused multiply-add: every 64-bit Arm processor
};

std::string_view name_of(Isa isa);  ///< "sse2", "avx", "avx2", "avx512", "neon"
std::optional<Isa> isa_of_name(std::string_view name);

/// Whether all three columns affirm every feature of the tier. NEON is a part of the base
/// architecture of aarch64.
bool supports(Isa isa);

/// The tiers that `supports` affirms, narrowest first.
std::vector<Isa> supported_isas();

}  // namespace assay::host
