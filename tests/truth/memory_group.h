#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

namespace assay::test {

/// A control group of our own with a memory limit, as the kernel's version 1 or 2 has it. Processes
/// that enter it must have ended before it is destroyed.
class MemoryGroup {
  public:
    static std::optional<MemoryGroup> make(std::uint64_t limit_bytes) {
        const std::string name = "assay-memory-" + std::to_string(getpid());
        for (const bool first : {true, false}) {
            const std::filesystem::path mount = first ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
            if (first && !std::filesystem::exists(mount / "memory.limit_in_bytes"))
                continue;
            MemoryGroup group(mount / name, first);
            if (group.created_ && group.put(first ? "memory.limit_in_bytes" : "memory.max",
                                            std::to_string(limit_bytes)))
                return group;
            return std::nullopt;
        }
        return std::nullopt;
    }
    MemoryGroup(MemoryGroup&& other) noexcept
        : folder_(std::move(other.folder_)),
          version_1_(other.version_1_),
          created_(std::exchange(other.created_, false)) {}
    MemoryGroup& operator=(MemoryGroup&&) = delete;
    ~MemoryGroup() {
        if (created_)
            rmdir(folder_.c_str());
    }

    bool enter() const { return put("cgroup.procs", std::to_string(getpid())); }
    /// -1 where the kernel does not say.
    int oom_kills() const {
        std::ifstream file(folder_ / (version_1_ ? "memory.oom_control" : "memory.events"));
        std::string word;
        int number = 0;
        while (file >> word >> number)
            if (word == "oom_kill")
                return number;
        return -1;
    }
    std::optional<std::uint64_t> most_bytes() const {
        std::ifstream file(folder_ / (version_1_ ? "memory.max_usage_in_bytes" : "memory.peak"));
        std::uint64_t number = 0;
        return file >> number ? std::optional(number) : std::nullopt;
    }

  private:
    MemoryGroup(std::filesystem::path folder, bool version_1)
        : folder_(std::move(folder)),
          version_1_(version_1),
          created_(mkdir(folder_.c_str(), 0755) == 0) {}
    bool put(const std::string& file, const std::string& text) const {
        const int fd = open((folder_ / file).c_str(), O_WRONLY | O_CLOEXEC);
        if (fd < 0)
            return false;
        const bool written =
            ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
        return close(fd) == 0 && written;
    }

    std::filesystem::path folder_;
    bool version_1_;
    bool created_;
};

}  // namespace assay::test
