#include <algorithm>
#include <set>
#include <utility>

#include "engine/host/environment_sections.h"
#include "engine/host/isa.h"
#include "engine/host/parse.h"

namespace assay::host {
namespace {

constexpr std::string_view kPolicyFolder = "sys/devices/system/cpu/cpufreq/";

// "model name : Intel(R) ..." of the first processor in proc/cpuinfo.
std::optional<std::string> cpuinfo_field(std::string_view text, std::string_view name) {
    for (const std::string_view line : lines_of(text)) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || trimmed(line.substr(0, colon)) != name)
            continue;
        const std::string_view value = trimmed(line.substr(colon + 1));
        return value.empty() ? std::nullopt : std::optional(std::string(value));
    }
    return std::nullopt;
}

std::optional<std::int64_t> as_integer(const std::optional<std::string>& text) {
    return text ? number_of<std::int64_t>(*text) : std::nullopt;
}

std::vector<std::string> frequency_policies(const Files& files) {
    std::vector<std::string> folders;
    for (const std::string& name : files.list(kPolicyFolder))
        if (name.starts_with("policy"))
            folders.push_back(std::string(kPolicyFolder) + name);
    return folders;
}

// What the policies say, each thing once: "performance", or "performance,powersave" where they
// differ.
std::optional<std::string> said_by_policies(const Files& files, std::string_view file) {
    std::set<std::string> said;
    for (const std::string& policy : frequency_policies(files))
        if (auto line = files.read_line(policy + "/" + std::string(file)); line && !line->empty())
            said.insert(std::move(*line));
    std::string list;
    for (const std::string& one : said)
        list += (list.empty() ? "" : ",") + one;
    return list.empty() ? std::nullopt : std::optional(list);
}

std::optional<std::int64_t> min_frequency_khz(const Files& files) {
    std::optional<std::int64_t> lowest;
    for (const std::string& policy : frequency_policies(files))
        if (const auto khz = files.read_integer(policy + "/cpuinfo_min_freq"))
            lowest = std::min(lowest.value_or(*khz), *khz);
    return lowest;
}

std::optional<std::int64_t> max_frequency_khz(const Files& files) {
    std::optional<std::int64_t> highest;
    for (const std::string& policy : frequency_policies(files))
        if (const auto khz = files.read_integer(policy + "/cpuinfo_max_freq"))
            highest = std::max(highest.value_or(*khz), *khz);
    return highest;
}

std::optional<bool> turbo_enabled(const Files& files) {
    if (const auto off = read_switch(files, "sys/devices/system/cpu/intel_pstate/no_turbo"))
        return !*off;
    return read_switch(files, "sys/devices/system/cpu/cpufreq/boost");
}

Value instruction_sets(const Files& files) {
    Value::Object table;
    for (const CpuFeature& feature : is_live(files) ? live_cpu_features() : unknown_cpu_features())
        table.push_back(
            {std::string(feature.name), Value::Object{{"cpuid", feature.in_cpuid},
                                                      {"os_enabled", feature.os_enabled},
                                                      {"self_test", feature.self_test}}});
    return table;
}

Value caches_of(const Topology& topology) {
    Value::List caches;
    std::vector<Cache> seen;
    for (const Cache& cache : topology.caches) {
        const auto same = [&](const Cache& other) {
            return other.level == cache.level && other.kind == cache.kind &&
                   other.size_bytes == cache.size_bytes;
        };
        if (std::any_of(seen.begin(), seen.end(), same))
            continue;
        seen.push_back(cache);
        const auto count = std::count_if(topology.caches.begin(), topology.caches.end(), same);
        caches.emplace_back(Value::Object{{"level", cache.level},
                                          {"kind", cache.kind},
                                          {"size_bytes", cache.size_bytes},
                                          {"count", std::int64_t{count}}});
    }
    return caches.empty() ? Value() : Value(std::move(caches));
}

Value positive_or_null(std::size_t count) {
    return count == 0 ? Value() : Value(std::uint64_t{count});
}

}  // namespace

Value cpu_section(const Files& files, const Topology& topology) {
    const std::string cpuinfo = files.read("proc/cpuinfo").value_or("");
    return Value::Object{
        {"model_name", cpuinfo_field(cpuinfo, "model name")},
        {"vendor", cpuinfo_field(cpuinfo, "vendor_id")},
        {"family", as_integer(cpuinfo_field(cpuinfo, "cpu family"))},
        {"model", as_integer(cpuinfo_field(cpuinfo, "model"))},
        {"stepping", as_integer(cpuinfo_field(cpuinfo, "stepping"))},
        {"microcode", cpuinfo_field(cpuinfo, "microcode")},
        {"packages", positive_or_null(static_cast<std::size_t>(topology.packages))},
        {"cores", positive_or_null(static_cast<std::size_t>(topology.cores))},
        {"logical_cpus", positive_or_null(topology.pus.size())},
        {"allowed_cpus", positive_or_null(topology.allowed_cpus().size())},
        {"smt_active", read_switch(files, "sys/devices/system/cpu/smt/active")},
        {"caches", caches_of(topology)},
        {"isa", instruction_sets(files)},
        {"governor", said_by_policies(files, "scaling_governor")},
        {"frequency_driver", said_by_policies(files, "scaling_driver")},
        {"min_frequency_khz", min_frequency_khz(files)},
        {"max_frequency_khz", max_frequency_khz(files)},
        {"turbo_enabled", turbo_enabled(files)},
    };
}

}  // namespace assay::host
