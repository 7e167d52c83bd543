#include "engine/host/cgroup.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "engine/core/units.h"
#include "engine/host/cgroup_chains.h"
#include "engine/host/counters.h"
#include "engine/host/mounts.h"
#include "engine/host/parse.h"

namespace assay::host {
namespace {

enum class QuotaState { unknown, none, set };
struct Quota {
    QuotaState state = QuotaState::unknown;
    double cpus = 0;  // meaningful if set
};

Quota quota_of(std::optional<std::int64_t> quota_us, std::optional<std::int64_t> period_us) {
    if (!quota_us || !period_us || *quota_us <= 0 || *period_us <= 0)
        return {};
    return {QuotaState::set, static_cast<double>(*quota_us) / static_cast<double>(*period_us)};
}

// A group without the file has no quota: the controller is off for it, or it is the root.
Quota read_quota(const Files& files, CgroupVersion version, const ControlGroup& group) {
    if (version == CgroupVersion::v1) {
        const std::string file = group.folder + "/cpu.cfs_quota_us";
        const auto quota_us = files.read_integer(file);
        if (quota_us == -1 || !files.exists(file))
            return {QuotaState::none};
        return quota_of(quota_us, files.read_integer(group.folder + "/cpu.cfs_period_us"));
    }
    const std::string file = group.folder + "/cpu.max";
    const std::string line = files.read_line(file).value_or("");
    const std::vector<std::string_view> words = words_of(line);
    if (!files.exists(file) || (words.size() == 2 && words[0] == "max"))
        return {QuotaState::none};
    if (words.size() != 2)
        return {};
    return quota_of(number_of<std::int64_t>(words[0]), number_of<std::int64_t>(words[1]));
}

// "name 123" in a file of such lines.
std::optional<std::uint64_t> keyed_number(std::string_view text, std::string_view name) {
    for (const std::string_view line : lines_of(text)) {
        const std::vector<std::string_view> words = words_of(line);
        if (words.size() == 2 && words[0] == name)
            return number_of<std::uint64_t>(words[1]);
    }
    return std::nullopt;
}

struct MemoryLimit {
    std::uint64_t bytes;
    ControlGroup group;
};

// Every memory limit along the chains. "max" is no number and so no limit.
std::vector<MemoryLimit> read_memory_limits(const Files& files,
                                            const std::vector<CgroupChain>& chains) {
    std::vector<MemoryLimit> limits;
    for (const CgroupChain& chain : chains) {
        const std::vector<std::string_view> names =
            chain.version == CgroupVersion::v2
                ? std::vector<std::string_view>{"/memory.max", "/memory.high"}
                : std::vector<std::string_view>{"/memory.limit_in_bytes"};
        for (const ControlGroup& group : chain.groups)
            for (const std::string_view name : names)
                if (const auto bytes = files.read_integer(group.folder + std::string(name));
                    bytes && *bytes >= 0)
                    limits.push_back({static_cast<std::uint64_t>(*bytes), group});
        // v1 also tells the tightest limit among the ancestors that no mount shows.
        const ControlGroup& own = chain.groups.front();
        const auto stat = files.read(own.folder + "/memory.stat");
        if (const auto bytes =
                stat ? keyed_number(*stat, "hierarchical_memory_limit") : std::nullopt)
            limits.push_back({*bytes, own});
    }
    return limits;
}

// Above this a limit is none: v1 writes "no limit" as the largest page count in bytes, 2^63 - 4096.
std::uint64_t unlimited_from(const Files& files) {
    constexpr std::uint64_t kBeyondAnyMachine = kTiB << 10;
    const std::optional<MemoryFacts> memory = read_memory(files);
    return memory ? memory->total_bytes : kBeyondAnyMachine;
}

std::string version_of(const std::vector<Mount>& mounts) {
    const auto mounted = [&](std::string_view filesystem) {
        return std::any_of(mounts.begin(), mounts.end(),
                           [&](const Mount& mount) { return mount.filesystem == filesystem; });
    };
    if (mounted("cgroup"))
        return mounted("cgroup2") ? "hybrid" : "v1";
    return mounted("cgroup2") ? "v2" : "none";
}

// What the group holds that the kernel cannot simply drop: its usage without the inactive page
// cache.
std::optional<std::uint64_t> held_bytes(const Files& files, const ControlGroup& group) {
    auto usage = files.read_integer(group.folder + "/memory.current");
    if (!usage)
        usage = files.read_integer(group.folder + "/memory.usage_in_bytes");
    if (!usage || *usage < 0)
        return std::nullopt;
    const auto held = static_cast<std::uint64_t>(*usage);
    const auto stat = files.read(group.folder + "/memory.stat");
    auto droppable = stat ? keyed_number(*stat, "total_inactive_file") : std::nullopt;
    if (stat && !droppable)
        droppable = keyed_number(*stat, "inactive_file");
    return held - std::min(held, droppable.value_or(0));
}

}  // namespace

CgroupLimits read_cgroup_limits(const Files& files) {
    CgroupLimits limits;
    limits.version = version_of(read_mounts(files));
    for (const CgroupChain& chain : cgroup_chains(files, "cpu"))
        for (const ControlGroup& group : chain.groups) {
            const Quota quota = read_quota(files, chain.version, group);
            if (quota.state != QuotaState::set)
                continue;
            if (limits.cpu_quota && *limits.cpu_quota <= quota.cpus)
                continue;
            limits.cpu_quota = quota.cpus;
            limits.cpu_quota_group = group.path;
        }
    std::uint64_t tightest = unlimited_from(files);
    for (const MemoryLimit& limit : read_memory_limits(files, cgroup_chains(files, "memory"))) {
        if (limit.bytes >= tightest)
            continue;
        tightest = limit.bytes;
        limits.memory_limit_bytes = limit.bytes;
        limits.memory_limit_group = limit.group.path;
    }
    return limits;
}

std::optional<std::uint64_t> read_cgroup_memory_left_bytes(const Files& files) {
    std::optional<std::uint64_t> left;
    const std::uint64_t unlimited = unlimited_from(files);
    for (const MemoryLimit& limit : read_memory_limits(files, cgroup_chains(files, "memory"))) {
        if (limit.bytes >= unlimited)
            continue;
        const std::uint64_t held = held_bytes(files, limit.group).value_or(limit.bytes);
        const std::uint64_t here = limit.bytes - std::min(limit.bytes, held);
        left = std::min(left.value_or(here), here);
    }
    return left;
}

std::optional<Throttling> read_throttling(const Files& files) {
    std::optional<Throttling> sum;
    for (const CgroupChain& chain : cgroup_chains(files, "cpu"))
        for (const ControlGroup& group : chain.groups) {
            const auto stat = files.read(group.folder + "/cpu.stat");
            if (!stat)
                continue;
            if (!sum)
                sum = Throttling{};
            if (read_quota(files, chain.version, group).state == QuotaState::none)
                continue;
            const bool v2 = chain.version == CgroupVersion::v2;
            const auto periods = keyed_number(*stat, "nr_throttled");
            const auto time = keyed_number(*stat, v2 ? "throttled_usec" : "throttled_time");
            if (!periods || !time)
                return std::nullopt;
            const std::uint64_t ns_per_unit = v2 ? kNanosecondsPerMicrosecond : 1;
            sum->throttled_periods += *periods;
            // Unsigned, so that a garbled file cannot overflow the sum.
            sum->throttled_ns = static_cast<std::int64_t>(
                static_cast<std::uint64_t>(sum->throttled_ns) + *time * ns_per_unit);
        }
    return sum;
}

}  // namespace assay::host
