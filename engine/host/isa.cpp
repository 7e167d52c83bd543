#include "engine/host/isa.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/host/isa_proof.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace assay::host {
namespace {

enum Register { in_ebx, in_ecx, in_edx };

// Where CPUID tells the feature (leaf, register, bit; Intel SDM volume 2A, CPUID), and the bits of
// XCR0 that the operating system must have set (volume 1, 13.3).
struct FeatureRow {
    std::string_view name;
    unsigned leaf;
    Register reg;
    unsigned bit;
    std::uint64_t needed_state;
};
constexpr std::uint64_t kSseState = 0x2;
constexpr std::uint64_t kAvxState = 0x6;
constexpr std::uint64_t kAvx512State = 0xE6;
constexpr unsigned kBasicLeaf = 1, kExtendedLeaf = 7;

constexpr std::array kFeatureRows{
    FeatureRow{"sse2", kBasicLeaf, in_edx, 26, kSseState},
    FeatureRow{"avx", kBasicLeaf, in_ecx, 28, kAvxState},
    FeatureRow{"avx2", kExtendedLeaf, in_ebx, 5, kAvxState},
    FeatureRow{"fma", kBasicLeaf, in_ecx, 12, kAvxState},
    FeatureRow{"avx512f", kExtendedLeaf, in_ebx, 16, kAvx512State},
    FeatureRow{"avx512dq", kExtendedLeaf, in_ebx, 17, kAvx512State},
    FeatureRow{"avx512bw", kExtendedLeaf, in_ebx, 30, kAvx512State},
    FeatureRow{"avx512vl", kExtendedLeaf, in_ebx, 31, kAvx512State},
    FeatureRow{"aes", kBasicLeaf, in_ecx, 25, kSseState},
    FeatureRow{"vaes", kExtendedLeaf, in_ecx, 9, kAvxState},
    FeatureRow{"pclmulqdq", kBasicLeaf, in_ecx, 1, kSseState},
    FeatureRow{"vpclmulqdq", kExtendedLeaf, in_ecx, 10, kAvxState},
    FeatureRow{"sha_ni", kExtendedLeaf, in_ebx, 29, kSseState},
    FeatureRow{"gfni", kExtendedLeaf, in_ecx, 8, kSseState},
};
using FeatureList = std::array<CpuFeature, kFeatureRows.size()>;

FeatureList names_only() {
    FeatureList features{};
    for (std::size_t index = 0; index < features.size(); ++index)
        features[index].name = kFeatureRows[index].name;
    return features;
}

#if defined(__x86_64__)

struct Leaf {
    std::array<unsigned, 3> registers{};  // indexed by Register
};

Leaf read_leaf(unsigned leaf) {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    if (__get_cpuid_count(leaf, 0, &eax, &ebx, &ecx, &edx) == 0)
        return {};  // a processor too old for the leaf has none of its features
    return {{ebx, ecx, edx}};
}

bool has_bit(unsigned word, unsigned bit) {
    return ((word >> bit) & 1u) != 0;
}

// XCR0: the register states that the operating system saves. XGETBV faults unless the system
// enabled it; then the system is too old for AVX, and every 64-bit system saves SSE.
std::uint64_t saved_state() {
    constexpr unsigned kOsxsaveBit = 27;
    if (!has_bit(read_leaf(kBasicLeaf).registers[in_ecx], kOsxsaveBit))
        return kSseState;
    std::uint32_t low = 0, high = 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (std::uint64_t{high} << 32) | low;
}

FeatureList read_features() {
    FeatureList features = names_only();
    const Leaf basic = read_leaf(kBasicLeaf);
    const Leaf extended = read_leaf(kExtendedLeaf);
    const std::uint64_t state = saved_state();
    for (std::size_t index = 0; index < features.size(); ++index) {
        const FeatureRow& row = kFeatureRows[index];
        const Leaf& leaf = row.leaf == kBasicLeaf ? basic : extended;
        features[index].in_cpuid = has_bit(leaf.registers[row.reg], row.bit);
        features[index].os_enabled = (state & row.needed_state) == row.needed_state;
    }
    run_self_tests(features);
    return features;
}

#else

FeatureList read_features() {
    return names_only();
}

#endif

struct IsaRow {
    Isa isa;
    std::string_view name;
    std::array<std::string_view, 2> features;  ///< that it needs; empty = none
};
constexpr std::array kIsaRows{
    IsaRow{Isa::sse2, "sse2", {"sse2"}},
    IsaRow{Isa::avx, "avx", {"avx"}},
    IsaRow{Isa::avx2, "avx2", {"avx2", "fma"}},
    IsaRow{Isa::avx512, "avx512", {"avx512f"}},
    IsaRow{Isa::neon, "neon", {}},
};

bool is_affirmed(std::string_view name) {
    return std::ranges::any_of(live_cpu_features(), [&](const CpuFeature& feature) {
        return feature.name == name && feature.self_test == true;
    });
}

}  // namespace

std::span<const CpuFeature> live_cpu_features() {
    static const FeatureList features = read_features();
    return features;
}

std::span<const CpuFeature> unknown_cpu_features() {
    static const FeatureList features = names_only();
    return features;
}

std::string_view name_of(Isa isa) {
    for (const IsaRow& row : kIsaRows)
        if (row.isa == isa)
            return row.name;
    return "unknown";
}

std::optional<Isa> isa_of_name(std::string_view name) {
    for (const IsaRow& row : kIsaRows)
        if (row.name == name)
            return row.isa;
    return std::nullopt;
}

bool supports(Isa isa) {
    if (isa == Isa::neon) {
#if defined(__aarch64__)
        return true;
#else
        return false;
#endif
    }
    for (const IsaRow& row : kIsaRows)
        if (row.isa == isa)
            return std::ranges::all_of(row.features, [](std::string_view name) {
                return name.empty() || is_affirmed(name);
            });
    return false;
}

std::vector<Isa> supported_isas() {
    std::vector<Isa> found;
    for (const IsaRow& row : kIsaRows)
        if (supports(row.isa))
            found.push_back(row.isa);
    return found;
}

}  // namespace assay::host
