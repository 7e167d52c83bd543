#include "engine/host/sha256.h"

#include <array>
#include <span>

#include "engine/host/libcrypto.h"

namespace assay::host {

std::optional<std::string> sha256_hex(std::string_view text) {
    auto hash = Sha256::make();
    std::array<std::byte, kSha256Bytes> digest{};
    if (!hash || !hash->run(std::as_bytes(std::span(text)), digest))
        return std::nullopt;
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (const std::byte octet : digest) {
        hex += kDigits[std::to_integer<std::size_t>(octet >> 4)];
        hex += kDigits[std::to_integer<std::size_t>(octet & std::byte{0xF})];
    }
    return hex;
}

}  // namespace assay::host
