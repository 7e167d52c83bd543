#include "engine/host/mount_namespaces.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "engine/core/units.h"
#include "engine/host/parse.h"

namespace assay::host {
namespace {

constexpr int kMostProcesses = 65'536;
constexpr std::size_t kMostText = 64 * kMiB;
// PROC_PID_INIT_INO of the kernel's proc_ns.h: the number of the host's own PID namespace.
constexpr std::string_view kHostsPidNamespace = "pid:[4026531836]";

bool is_number(std::string_view name) {
    return number_of<int>(name).has_value();
}

// Without a memory there are no mounts: a zombie's table cannot be read, and holds nothing.
bool is_gone(const Files& files, const std::string& process) {
    const std::string status = files.read(process + "/stat").value_or("");
    const std::size_t name_end = status.rfind(") ");
    return name_end == std::string::npos || status.find_first_of("ZXx", name_end) == name_end + 2;
}

class Scan {
  public:
    explicit Scan(const Files& files) : files_(files) {}

    void add_own() {
        const auto text = files_.read("proc/self/mountinfo");
        all_.own_are_known = text.has_value();
        if (!text)
            return;
        add(*text, "");
        if (const auto name = files_.link_target("proc/self/ns/mnt"))
            namespaces_.insert(*name);
    }

    void add_process(const std::string& id) {
        const std::string process = "proc/" + id;
        if (const auto name = files_.link_target(process + "/ns/mnt");
            name && !namespaces_.insert(*name).second)
            return;
        const auto text = files_.read(process + "/mountinfo");
        if (!text)
            unreadable_ += is_gone(files_, process) ? 0 : 1;
        else if (text_bytes_ + text->size() > kMostText)
            ++too_many_;
        else
            add(*text, "in the mount namespace of process " + id);
    }

    AllMounts take() {
        if (malformed_ > 0)
            all_.unchecked.push_back(std::to_string(malformed_) +
                                     " lines of the kernel's tables of mounts make no sense");
        say(unreadable_, " processes could not be read");
        say(too_many_, " processes were not read: there are too many");
        const auto name = files_.link_target("proc/self/ns/pid");
        if (name && *name != kHostsPidNamespace)
            all_.unchecked.push_back(
                "this process runs in a PID namespace of its own (a container), from which the "
                "mounts of other processes of the host cannot be seen");
        return std::move(all_);
    }

    void skip_process() { ++too_many_; }

  private:
    void add(const std::string& text, const std::string& where) {
        // Where namespaces have no readable names, equal tables are one namespace's.
        if (!texts_.insert(text).second)
            return;
        text_bytes_ += text.size();
        std::vector<Mount> mounts = parse_mounts(text);
        malformed_ += std::ssize(lines_of(text)) - std::ssize(mounts);
        for (Mount& mount : mounts)
            all_.mounts.push_back({std::move(mount), where});
    }

    void say(std::ptrdiff_t count, const char* what) {
        if (count > 0)
            all_.unchecked.push_back("the mounts of " + std::to_string(count) + what);
    }

    const Files& files_;
    AllMounts all_;
    std::set<std::string> namespaces_, texts_;
    std::size_t text_bytes_ = 0;
    std::ptrdiff_t unreadable_ = 0, too_many_ = 0, malformed_ = 0;
};

}  // namespace

AllMounts read_all_mounts(const Files& files) {
    Scan scan(files);
    scan.add_own();
    int processes = 0;
    for (const std::string& name : files.list("proc")) {
        if (!is_number(name))
            continue;
        if (++processes <= kMostProcesses)
            scan.add_process(name);
        else
            scan.skip_process();
    }
    return scan.take();
}

}  // namespace assay::host
