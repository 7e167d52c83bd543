#include "engine/host/interface_drops.h"

#include "engine/host/parse.h"

namespace assay::host {

std::optional<std::uint64_t> read_received_drops(const Files& files, std::string_view interface) {
    // proc/net is that of the process's first thread, which may live in another namespace.
    const std::optional<std::string> text = files.read("proc/thread-self/net/dev");
    if (!text)
        return std::nullopt;
    for (const std::string_view line : lines_of(*text)) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || trimmed(line.substr(0, colon)) != interface)
            continue;
        // Receive: bytes packets errs drop fifo frame compressed multicast.
        constexpr std::size_t kDropField = 3, kReceiveFields = 8;
        const auto words = words_of(line.substr(colon + 1));
        return words.size() < kReceiveFields ? std::nullopt
                                             : number_of<std::uint64_t>(words[kDropField]);
    }
    return std::nullopt;
}

}  // namespace assay::host
