#include "engine/host/cgroup_io.h"

#include <algorithm>
#include <array>

#include "engine/host/cgroup_chains.h"

namespace assay::host {
namespace {

struct LimitRow {
    IoLimitKind kind;
    std::string_view v1_file;  // lines of "8:0 1048576"
    std::string_view v2_key;   // in io.max: "8:0 rbps=1048576 wbps=max riops=max wiops=max"
    std::string_view name;
};
constexpr std::array kRows{
    LimitRow{IoLimitKind::read_bytes, "blkio.throttle.read_bps_device", "rbps=", "B/s of reads"},
    LimitRow{IoLimitKind::write_bytes, "blkio.throttle.write_bps_device", "wbps=", "B/s of writes"},
    LimitRow{IoLimitKind::read_operations, "blkio.throttle.read_iops_device", "riops=", "reads/s"},
    LimitRow{IoLimitKind::write_operations, "blkio.throttle.write_iops_device",
             "wiops=", "writes/s"},
};

bool contains(std::span<const DeviceNumber> disks, DeviceNumber disk) {
    return std::find(disks.begin(), disks.end(), disk) != disks.end();
}

// The words of each line that begins with one of our disks.
struct DiskLine {
    DeviceNumber disk;
    std::vector<std::string_view> words;  // after the number
};
std::vector<DiskLine> disk_lines(std::string_view text, std::span<const DeviceNumber> disks) {
    std::vector<DiskLine> lines;
    for (const std::string_view line : lines_of(text)) {
        std::vector<std::string_view> words = words_of(line);
        if (words.empty())
            continue;
        const std::optional<DeviceNumber> disk = device_number_of(words.front());
        if (!disk || !contains(disks, *disk))
            continue;
        words.erase(words.begin());
        lines.push_back({*disk, std::move(words)});
    }
    return lines;
}

// "max" is no number, and so no limit.
void add_v2(const Files& files, const ControlGroup& group, std::span<const DeviceNumber> disks,
            std::vector<IoLimit>& limits) {
    const std::string text = files.read(group.folder + "/io.max").value_or("");
    for (const DiskLine& line : disk_lines(text, disks))
        for (const LimitRow& row : kRows)
            for (const std::string_view word : line.words)
                if (word.starts_with(row.v2_key))
                    if (const auto number =
                            number_of<std::uint64_t>(word.substr(row.v2_key.size())))
                        limits.push_back({line.disk, row.kind, *number, group.path});
}

void add_v1(const Files& files, const ControlGroup& group, std::span<const DeviceNumber> disks,
            std::vector<IoLimit>& limits) {
    for (const LimitRow& row : kRows) {
        const std::string text =
            files.read(group.folder + "/" + std::string(row.v1_file)).value_or("");
        for (const DiskLine& line : disk_lines(text, disks))
            if (line.words.size() == 1)
                // 0 takes a limit away.
                if (const auto number = number_of<std::uint64_t>(line.words.front());
                    number && *number != 0)
                    limits.push_back({line.disk, row.kind, *number, group.path});
    }
}

}  // namespace

std::string_view name_of(IoLimitKind kind) {
    for (const LimitRow& row : kRows)
        if (row.kind == kind)
            return row.name;
    return "";
}

std::vector<IoLimit> read_io_limits(const Files& files, std::span<const DeviceNumber> disks) {
    std::vector<IoLimit> limits;
    for (const CgroupChain& chain : cgroup_chains(files, "blkio"))
        for (const ControlGroup& group : chain.groups)
            (chain.version == CgroupVersion::v2 ? add_v2 : add_v1)(files, group, disks, limits);
    return limits;
}

}  // namespace assay::host
