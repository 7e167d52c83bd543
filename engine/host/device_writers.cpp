#include "engine/host/device_writers.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <charconv>
#include <optional>
#include <string_view>

#include "engine/host/block_device.h"
#include "engine/host/mounts.h"

namespace assay::host {
namespace {

constexpr int kMostDescriptors = 1 << 20;

// proc_pid_fdinfo(5): "flags:\t0100002", octal.
bool is_open_for_writing(const Files& files, const std::string& process,
                         const std::string& descriptor) {
    constexpr std::string_view kFlags = "flags:";
    constexpr int kOctal = 8;
    const std::string text = files.read(process + "/fdinfo/" + descriptor).value_or("");
    for (const std::string_view line : lines_of(text)) {
        if (!line.starts_with(kFlags))
            continue;
        const std::string_view digits = trimmed(line.substr(kFlags.size()));
        unsigned flags = 0;
        if (std::from_chars(digits.data(), digits.data() + digits.size(), flags, kOctal).ec ==
            std::errc{})
            return (flags & O_ACCMODE) != O_RDONLY;
    }
    // Closed meanwhile, or hidden: what is not known to be harmless, counts.
    return files.link_target(process + "/fd/" + descriptor).has_value();
}

// On the live machine through the descriptor itself, so that a name of another mount namespace, or
// one that was removed, means the right device.
std::optional<DeviceNumber> number_of_descriptor(const Files& files, const std::string& link,
                                                 const std::string& target) {
    if (!is_live(files))
        return number_of_node(files, target);
    struct stat facts {};
    if (stat(files.absolute(link).c_str(), &facts) != 0 || !S_ISBLK(facts.st_mode))
        return std::nullopt;
    return DeviceNumber{major(facts.st_rdev), minor(facts.st_rdev)};
}

void add_process(const Files& files, int id, int& left, std::vector<DeviceWriter>& writers) {
    const std::string process = "proc/" + std::to_string(id);
    for (const std::string& descriptor : files.list(process + "/fd")) {
        if (left-- <= 0)
            return;
        const std::string link = process + "/fd/" + descriptor;
        const auto target = files.link_target(link);
        if (!target || !target->starts_with("/dev/"))
            continue;
        const auto number = number_of_descriptor(files, link, *target);
        if (number && is_open_for_writing(files, process, descriptor))
            writers.push_back({*number, id, files.read_line(process + "/comm").value_or("")});
    }
}

}  // namespace

DeviceWriters read_device_writers(const Files& files) {
    DeviceWriters found;
    const std::optional<int> own = number_of<int>(files.link_target("proc/self").value_or(""));
    int left = kMostDescriptors;
    for (const std::string& name : files.list("proc"))
        if (const auto id = number_of<int>(name); id && id != own)
            add_process(files, *id, left, found.writers);
    if (left <= 0)
        found.unchecked.emplace_back("not all open files were looked at: there are too many");
    if (files.exists("proc/1") && files.list("proc/1/fd").empty())
        found.unchecked.emplace_back(
            "the open files of other users' processes could not be looked at; only root can");
    return found;
}

}  // namespace assay::host
