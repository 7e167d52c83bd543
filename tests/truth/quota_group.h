#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

namespace assay::test {

/// A control group of our own with a CPU quota, as the kernel's version 1 or 2 has it. The process
/// is inside while `enter` lasts; the destructor takes it out and removes the group.
class QuotaGroup {
  public:
    static std::optional<QuotaGroup> make(int quota_us, int period_us) {
        const std::string name = "assay-truth-" + std::to_string(getpid());
        const std::filesystem::path v1 = "/sys/fs/cgroup/cpu";
        const std::filesystem::path v2 = "/sys/fs/cgroup";
        if (std::filesystem::exists(v1 / "cpu.cfs_quota_us") ||
            std::filesystem::exists(v1 / "cgroup.procs")) {
            QuotaGroup group(v1, name, own_path("cpu"));
            if (group.created_ && group.put("cpu.cfs_period_us", std::to_string(period_us)) &&
                group.put("cpu.cfs_quota_us", std::to_string(quota_us)))
                return group;
            return std::nullopt;
        }
        QuotaGroup group(v2, name, own_path(""));
        if (group.created_ &&
            group.put("cpu.max", std::to_string(quota_us) + " " + std::to_string(period_us)))
            return group;
        return std::nullopt;
    }
    QuotaGroup(QuotaGroup&& other) noexcept
        : home_(std::move(other.home_)),
          folder_(std::move(other.folder_)),
          created_(std::exchange(other.created_, false)) {}
    QuotaGroup& operator=(QuotaGroup&&) = delete;
    ~QuotaGroup() {
        if (!created_)
            return;
        EXPECT_TRUE(leave());
        EXPECT_EQ(rmdir(folder_.c_str()), 0) << folder_ << ": " << std::strerror(errno);
    }

    bool enter() const { return put("cgroup.procs", std::to_string(getpid())); }
    bool leave() const { return write(home_ / "cgroup.procs", std::to_string(getpid())); }

  private:
    QuotaGroup(const std::filesystem::path& mount, const std::string& name, const std::string& home)
        : home_(mount / std::filesystem::path(home).relative_path()),
          folder_(mount / name),
          created_(mkdir(folder_.c_str(), 0755) == 0) {}

    /// Our group in the hierarchy of that controller: "8:cpu,cpuacct:/path".
    static std::string own_path(const std::string& controller) {
        std::ifstream file("/proc/self/cgroup");
        for (std::string line; std::getline(file, line);) {
            const auto first = line.find(':');
            const auto second = line.find(':', first + 1);
            const std::string list = "," + line.substr(first + 1, second - first - 1) + ",";
            if (list.find("," + controller + ",") != std::string::npos)
                return line.substr(second + 1);
        }
        return "/";
    }
    static bool write(const std::filesystem::path& path, const std::string& text) {
        const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
        if (fd < 0)
            return false;
        const bool written =
            ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
        return close(fd) == 0 && written;
    }
    bool put(const std::string& file, const std::string& text) const {
        return write(folder_ / file, text);
    }

    std::filesystem::path home_, folder_;
    bool created_ = false;
};

}  // namespace assay::test
