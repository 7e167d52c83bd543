#include <sys/utsname.h>

#include <algorithm>
#include <array>

#include "engine/host/environment_sections.h"
#include "engine/host/parse.h"

namespace assay::host {
namespace {

// Boot parameters that move a measurement. The rest may carry names and keys, so the whole line is
// only hashed.
constexpr std::array<std::string_view, 28> kTellingParameters{
    "amd_iommu",
    "amd_pstate",
    "clocksource",
    "default_hugepagesz",
    "hugepages",
    "hugepagesz",
    "idle",
    "intel_idle.max_cstate",
    "intel_iommu",
    "intel_pstate",
    "iommu",
    "iommu.passthrough",
    "isolcpus",
    "mitigations",
    "nohz",
    "nohz_full",
    "nosmt",
    "numa",
    "numa_balancing",
    "preempt",
    "processor.max_cstate",
    "psi",
    "rcu_nocbs",
    "skew_tick",
    "spec_store_bypass_disable",
    "spectre_v2",
    "transparent_hugepage",
    "tsc",
};

Value telling_parameters(const std::optional<std::string>& command_line) {
    if (!command_line)
        return {};
    Value::Object parameters;
    for (const std::string_view word : words_of(*command_line)) {
        const std::size_t equals = word.find('=');
        const std::string_view name = word.substr(0, equals);
        if (std::find(kTellingParameters.begin(), kTellingParameters.end(), name) ==
            kTellingParameters.end())
            continue;
        const std::string said(equals == std::string_view::npos ? "present"
                                                                : word.substr(equals + 1));
        const auto same = std::find_if(parameters.begin(), parameters.end(),
                                       [&](const Member& one) { return one.name == name; });
        if (same == parameters.end())
            parameters.push_back({std::string(name), said});
        else  // hugepagesz and hugepages may come in pairs
            same->value = *same->value.as_text() + "," + said;
    }
    return parameters;
}

Value mitigations_of(const Files& files) {
    constexpr std::string_view kFolder = "sys/devices/system/cpu/vulnerabilities/";
    Value::Object mitigations;
    for (const std::string& name : files.list(kFolder))
        mitigations.push_back({name, files.read_line(std::string(kFolder) + name)});
    return mitigations.empty() ? Value() : Value(std::move(mitigations));
}

std::optional<std::string> architecture_of(const Files& files) {
    if (auto name = files.read_line("proc/sys/kernel/arch"))  // since Linux 6.1
        return name;
    utsname name{};
    if (!is_live(files) || uname(&name) != 0)
        return std::nullopt;
    return std::string(name.machine);
}

// debugfs tells the model in force, to root. Else the version string tells what was built: without
// a word there it may be "none" or "voluntary", so that is unknown.
std::optional<std::string> preemption_model(const Files& files,
                                            const std::optional<std::string>& version) {
    const auto menu = files.read_line("sys/kernel/debug/sched/preempt");
    for (const std::string_view word : words_of(menu ? *menu : std::string_view())) {
        if (word.size() > 2 && word.front() == '(' && word.back() == ')')
            return std::string(word.substr(1, word.size() - 2));
    }
    const std::vector<std::string_view> words = words_of(version ? *version : std::string_view());
    struct BuiltAs {
        std::string_view word, model;
    };
    for (const BuiltAs& row : {BuiltAs{"PREEMPT_RT", "realtime"},
                               BuiltAs{"PREEMPT_DYNAMIC", "dynamic"}, BuiltAs{"PREEMPT", "full"}})
        if (std::find(words.begin(), words.end(), row.word) != words.end())
            return std::string(row.model);
    return std::nullopt;
}

}  // namespace

Value kernel_section(const Files& files) {
    const auto version = files.read_line("proc/sys/kernel/version");
    const auto command_line = files.read_line("proc/cmdline");
    constexpr std::string_view kClock = "sys/devices/system/clocksource/clocksource0/";
    return Value::Object{
        {"release", files.read_line("proc/sys/kernel/osrelease")},
        {"version", version},
        {"architecture", architecture_of(files)},
        {"command_line_sha256", hashed(command_line)},
        {"parameters", telling_parameters(command_line)},
        {"mitigations", mitigations_of(files)},
        {"clock_source", files.read_line(std::string(kClock) + "current_clocksource")},
        {"clock_sources_available", files.read_line(std::string(kClock) + "available_clocksource")},
        {"preemption_model", preemption_model(files, version)},
        {"tainted", files.read_integer("proc/sys/kernel/tainted")},
        {"io_uring_disabled", files.read_integer("proc/sys/kernel/io_uring_disabled")},
        {"perf_event_paranoid", files.read_integer("proc/sys/kernel/perf_event_paranoid")},
    };
}

}  // namespace assay::host
