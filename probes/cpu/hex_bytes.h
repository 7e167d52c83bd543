#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace assay::cpu {

/// The bytes that pairs of hexadecimal digits spell, for published vectors. What is no digit counts
/// as 0: vectors are constants of this program.
inline std::vector<std::byte> bytes_of_hex(std::string_view hex) {
    const auto digit = [](char letter) -> unsigned {
        if (letter >= '0' && letter <= '9')
            return static_cast<unsigned>(letter - '0');
        if (letter >= 'a' && letter <= 'f')
            return static_cast<unsigned>(letter - 'a') + 10;
        return 0;
    };
    std::vector<std::byte> bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
        bytes.push_back(static_cast<std::byte>(digit(hex[at]) << 4 | digit(hex[at + 1])));
    return bytes;
}

}  // namespace assay::cpu
