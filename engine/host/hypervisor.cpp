#include "engine/host/hypervisor.h"

#if defined(__x86_64__)
#include <cpuid.h>

#include <array>
#include <cstring>
#include <string_view>
#endif

namespace assay::host {

std::optional<HypervisorSign> live_hypervisor() {
#if defined(__x86_64__)
    constexpr unsigned kHypervisorBit = 31, kBasicLeaf = 1, kHypervisorLeaf = 0x40000000;
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    if (__get_cpuid(kBasicLeaf, &eax, &ebx, &ecx, &edx) == 0 || ((ecx >> kHypervisorBit) & 1u) == 0)
        return HypervisorSign{};
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
