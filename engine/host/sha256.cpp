#include "engine/host/sha256.h"

#include <openssl/evp.h>

#include <array>

namespace assay::host {

std::optional<std::string> sha256_hex(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1)
        return std::nullopt;
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (unsigned index = 0; index < length; ++index) {
        hex += kDigits[digest[index] >> 4];
        hex += kDigits[digest[index] & 0xF];
    }
    return hex;
}

}  // namespace assay::host
