#pragma once

#include <optional>
#include <string_view>

namespace assay::host {

/// Which of the processor's instructions for AES and its authentication (x86-64: AES-NI,
/// PCLMULQDQ, VAES, VPCLMULQDQ) a copy of OpenSSL uses.
struct AesSwitches {
    bool any_on = false;  ///< one of the four
    bool aes_on = false;  ///< AES-NI
    bool operator==(const AesSwitches&) const = default;
};

/// From the text of OPENSSL_info(OPENSSL_INFO_CPU_SETTINGS), which quotes the two numbers of
/// OPENSSL_ia32cap(3) that are in force. nullopt where it is no such text.
std::optional<AesSwitches> aes_switches_of(std::string_view cpu_settings);

/// What OPENSSL_ia32cap takes to switch off the four and nothing else: "NAME=value".
inline constexpr std::string_view kNoAesInstructions =
    "OPENSSL_ia32cap=~0x200000200000000:~0x60000000000";

}  // namespace assay::host
