#include "engine/host/thread_wait.h"

#include <charconv>
#include <system_error>

namespace assay::host {

std::optional<std::uint64_t> read_thread_wait_ns(const Files& files, pid_t thread) {
    const auto text = files.read("proc/self/task/" + std::to_string(thread) + "/schedstat");
    if (!text)
        return std::nullopt;
    const std::size_t space = text->find(' ');
    if (space == std::string::npos)
        return std::nullopt;
    std::uint64_t waited = 0;
    const auto [end, error] =
        std::from_chars(text->data() + space + 1, text->data() + text->size(), waited);
    return error == std::errc() ? std::optional(waited) : std::nullopt;
}

std::optional<std::string> read_default_congestion(const Files& files) {
    const auto text = files.read("proc/sys/net/ipv4/tcp_congestion_control");
    if (!text)
        return std::nullopt;
    const std::string name = text->substr(0, text->find_first_of(" \n"));
    return name.empty() ? std::nullopt : std::optional(name);
}

}  // namespace assay::host
