#include "engine/host/mounts.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace assay::host {
namespace {

// The kernel writes blank, tab, newline and backslash as \ooo.
std::string unescaped(std::string_view text) {
    const auto is_octal = [](char letter) { return letter >= '0' && letter <= '7'; };
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\\' && at + 3 < text.size() && text[at + 1] <= '3' &&
            std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                        text.begin() + static_cast<std::ptrdiff_t>(at) + 4, is_octal)) {
            const int code =
                (text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 + (text[at + 3] - '0');
            plain += static_cast<char>(code);
            at += 3;
        } else {
            plain += text[at];
        }
    }
    return plain;
}

std::optional<Mount> mount_of_line(std::string_view line) {
    // id parent major:minor root point options [optional fields] - filesystem source super-options
    const std::vector<std::string_view> words = words_of(line);
    constexpr std::size_t kFixedFields = 6;
    const auto dash =
        std::find(words.begin() + std::min<std::ptrdiff_t>(kFixedFields, std::ssize(words)),
                  words.end(), "-");
    if (std::distance(dash, words.end()) < 3)
        return std::nullopt;
    const auto id = number_of<int>(words[0]);
    const auto device = device_number_of(words[2]);
    if (!id || !device)
        return std::nullopt;
    return Mount{
        .id = *id,
        .device = *device,
        .root = unescaped(words[3]),
        .point = unescaped(words[4]),
        .options = unescaped(words[5]),
        .filesystem = unescaped(dash[1]),
        .source = unescaped(dash[2]),
        .super_options = std::distance(dash, words.end()) > 3 ? unescaped(dash[3]) : std::string()};
}

bool lies_under(std::string_view path, std::string_view point) {
    if (point == "/")
        return path.starts_with('/');
    return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

std::optional<Mount> by_mount_id(const std::vector<Mount>& mounts, const std::string& path) {
    struct statx facts {};
    if (statx(AT_FDCWD, path.c_str(), AT_STATX_DONT_SYNC, STATX_MNT_ID, &facts) != 0 ||
        (facts.stx_mask & STATX_MNT_ID) == 0)
        return std::nullopt;
    for (const Mount& mount : mounts)
        if (static_cast<std::uint64_t>(mount.id) == facts.stx_mnt_id)
            return mount;
    return std::nullopt;
}

std::optional<Mount> by_longest_point(const std::vector<Mount>& mounts, std::string_view path) {
    const Mount* best = nullptr;
    for (const Mount& mount : mounts)
        if (lies_under(path, mount.point) && (!best || mount.point.size() >= best->point.size()))
            best = &mount;
    return best ? std::optional(*best) : std::nullopt;
}

}  // namespace

std::vector<Mount> parse_mounts(std::string_view text) {
    std::vector<Mount> mounts;
    for (const std::string_view line : lines_of(text))
        if (std::optional<Mount> mount = mount_of_line(line))
            mounts.push_back(std::move(*mount));
    return mounts;
}

std::vector<Mount> read_mounts(const Files& files) {
    const std::optional<std::string> text = files.read("proc/self/mountinfo");
    return text ? parse_mounts(*text) : std::vector<Mount>{};
}

std::optional<Mount> mount_of_path(const Files& files, std::string_view path) {
    const std::vector<Mount> mounts = read_mounts(files);
    if (!is_live(files))
        return by_longest_point(mounts,
                                std::filesystem::path(path).lexically_normal().generic_string());
    if (std::optional<Mount> exact = by_mount_id(mounts, std::string(path)))
        return exact;
    // Kernels before 5.8 tell no mount id.
    std::error_code error;
    const std::filesystem::path canonical = std::filesystem::canonical(path, error);
    return error ? std::nullopt : by_longest_point(mounts, canonical.string());
}

bool has_option(const Mount& mount, std::string_view option) {
    for (const std::string_view list :
         {std::string_view(mount.super_options), std::string_view(mount.options)})
        for (const std::string_view piece : pieces_of(list, ','))
            if (piece == option)
                return true;
    return false;
}

std::optional<std::string> option_value(const Mount& mount, std::string_view name) {
    for (const std::string_view list :
         {std::string_view(mount.super_options), std::string_view(mount.options)})
        for (const std::string_view piece : pieces_of(list, ',')) {
            if (piece == name)
                return std::string();
            if (piece.size() > name.size() && piece.starts_with(name) && piece[name.size()] == '=')
                return std::string(piece.substr(name.size() + 1));
        }
    return std::nullopt;
}

bool is_memory_filesystem(const Mount& mount) {
    for (const std::string_view name : {"tmpfs", "ramfs", "devtmpfs", "rootfs", "hugetlbfs"})
        if (mount.filesystem == name)
            return true;
    return false;
}

bool is_live(const Files& files) {
    return files.root() == "/";
}

}  // namespace assay::host
