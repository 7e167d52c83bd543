#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace assay::host {

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

/// Whether this processor has the tier and the operating system keeps its registers (CPUID and
/// XGETBV). Always false on a processor that is no x86-64.
bool supports(Isa isa);

/// The tiers that `supports` affirms, narrowest first.
std::vector<Isa> supported_isas();

}  // namespace assay::host
