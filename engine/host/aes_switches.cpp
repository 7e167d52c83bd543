#include "engine/host/aes_switches.h"

#include <charconv>
#include <cstdint>

namespace assay::host {
namespace {

// Bits of OPENSSL_ia32cap(3): PCLMULQDQ and AES-NI in the first number, VAES and VPCLMULQDQ in the
// second.
constexpr std::uint64_t kCarrylessBit = std::uint64_t{1} << 33, kAesBit = std::uint64_t{1} << 57;
constexpr std::uint64_t kWideBits = std::uint64_t{3} << 41;
}  // namespace

std::optional<AesSwitches> aes_switches_of(std::string_view cpu_settings) {
    constexpr std::string_view kName = "OPENSSL_ia32cap=0x", kNext = ":0x";
    if (!cpu_settings.starts_with(kName))
        return std::nullopt;
    const char* at = cpu_settings.data() + kName.size();
    const char* const end = cpu_settings.data() + cpu_settings.size();
    std::uint64_t first = 0, second = 0;
    const auto one = std::from_chars(at, end, first, 16);
    if (one.ec != std::errc() || !std::string_view(one.ptr, end).starts_with(kNext))
        return std::nullopt;
    if (std::from_chars(one.ptr + kNext.size(), end, second, 16).ec != std::errc())
        return std::nullopt;
    const bool aes_on = (first & kAesBit) != 0;
    return AesSwitches{
        .any_on = aes_on || (first & kCarrylessBit) != 0 || (second & kWideBits) != 0,
        .aes_on = aes_on};
}

}  // namespace assay::host
