#pragma once

#include <stdio.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

/// What the compiler made of the kernels: a test counts instructions in their loops.
namespace assay::test {

inline bool is_sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#elif defined(__has_feature)
    return __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
    return false;
#endif
}

/// The lines of a function of this very program, by its qualified name. Empty without objdump.
inline std::vector<std::string> disassembly_of(const std::string& function) {
    const std::string command = "objdump -d --no-show-raw-insn -C /proc/" +
                                std::to_string(getpid()) + "/exe 2>/dev/null | sed -n '/<" +
                                function + "(.*>:$/,/^$/p'";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
    std::vector<std::string> lines;
    std::array<char, 512> line{};
    while (pipe && fgets(line.data(), line.size(), pipe.get()) != nullptr)
        lines.emplace_back(line.data());
    return lines;
}

/// The lines between the target of the last backward jump and the jump itself: the hot loop.
inline std::vector<std::string> loop_of(const std::vector<std::string>& lines) {
    const auto address_of = [](const std::string& line) {
        return std::strtoull(line.c_str(), nullptr, 16);
    };
    for (std::size_t jump = lines.size(); jump-- > 1;) {
        const auto at = lines[jump].find("\tj");
        if (at == std::string::npos || lines[jump].find("jmp") != std::string::npos)
            continue;
        const auto target_at = lines[jump].find_first_of(" ", at);
        const auto target = std::strtoull(lines[jump].c_str() + target_at, nullptr, 16);
        for (std::size_t line = 1; line < jump; ++line)
            if (address_of(lines[line]) == target)
                return {lines.begin() + static_cast<std::ptrdiff_t>(line),
                        lines.begin() + static_cast<std::ptrdiff_t>(jump)};
    }
    return {};
}

inline int lines_with(const std::vector<std::string>& lines, const std::string& mnemonic,
                      const std::string& register_name) {
    int count = 0;
    for (const std::string& line : lines)
        count += line.find("\t" + mnemonic) != std::string::npos &&
                 line.find(register_name) != std::string::npos;
    return count;
}

}  // namespace assay::test
