#include "engine/host/cpu_features.h"

#include <array>
#include <cstdint>
#include <cstring>

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
    return features;
}

#else

FeatureList read_features() {
    return names_only();
}

#endif

}  // namespace

std::span<const CpuFeature> live_cpu_features() {
    static const FeatureList features = read_features();
    return features;
}

std::span<const CpuFeature> unknown_cpu_features() {
    static const FeatureList features = names_only();
    return features;
}

std::optional<HypervisorSign> live_hypervisor() {
#if defined(__x86_64__)
    constexpr unsigned kHypervisorBit = 31, kHypervisorLeaf = 0x40000000;
    if (!has_bit(read_leaf(kBasicLeaf).registers[in_ecx], kHypervisorBit))
        return HypervisorSign{};
    unsigned eax = 0;
    std::array<unsigned, 3> words{};  // EBX, ECX, EDX spell the name
    __cpuid(kHypervisorLeaf, eax, words[0], words[1], words[2]);
    std::array<char, sizeof(words)> letters{};
    std::memcpy(letters.data(), words.data(), letters.size());
    const std::string_view text(letters.data(), letters.size());
    return HypervisorSign{true, std::string(text.substr(0, text.find('\0')))};
#else
    return std::nullopt;
#endif
}

}  // namespace assay::host
