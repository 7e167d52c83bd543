#include <vector>

#include "cli/command_functions.h"
#include "cli/doctor_peer.h"
#include "cli/output.h"
#include "cli/run_options.h"
#include "engine/core/units.h"
#include "engine/host/counters.h"
#include "engine/host/environment.h"
#include "report/format.h"
#include "report/quantity.h"

namespace assay::cli {
namespace {

CheckLine ok(std::string subject, std::string message) {
    return {CheckLevel::ok, std::move(subject), std::move(message), "", ErrorKind::unsupported};
}

CheckLine warn(std::string subject, std::string message, std::string advice) {
    return {CheckLevel::warn, std::move(subject), std::move(message), std::move(advice),
            ErrorKind::unsupported};
}

CheckLine cpu_line(const host::Host& host) {
    const std::size_t allowed = host.topology.allowed_cpus().size();
    std::string message = fmt::format("{:.2f} effective of {} allowed of {} in the machine",
                                      host.effective_cpus(), allowed, host.topology.pus.size());
    if (!host.cgroup.cpu_quota)
        return ok("CPUs", std::move(message));
    return warn("CPUs", message + ", by the quota of group " + host.cgroup.cpu_quota_group,
                "run outside the group to measure the machine, or inside to measure what the "
                "workload will get");
}

CheckLine memory_line(const host::Host& host) {
    const std::uint64_t allowance = host.memory_allowance_bytes();
    if (allowance == 0)
        return warn("memory", "the kernel does not say how much is free",
                    "memory probes will not run; make /proc/meminfo readable");
    std::string message = "probes may take " +
                          report::quantity(static_cast<double>(allowance), Unit::bytes) +
                          ", half of what is free";
    if (host.cgroup.memory_limit_bytes)
        message += ", under the limit of group " + host.cgroup.memory_limit_group;
    return ok("memory", std::move(message));
}

CheckLine clock_line(const host::Host& host) {
    if (host.clock.uses_tsc())
        return ok("clock", "invariant time-stamp counter, trusted by the kernel");
    return warn("clock", "no trusted time-stamp counter, so CLOCK_MONOTONIC_RAW is used",
                "latencies carry some hundred ns of clock cost; on bare metal set clocksource=tsc");
}

CheckLine pressure_line(const host::Host& host) {
    if (host::read_pressure(host.files, host::PressureKind::cpu))
        return ok("pressure",
                  "the kernel reports stalls (PSI), so the run can step back for other "
                  "work");
    return warn("pressure",
                "this kernel reports no stalls (PSI), so the run cannot see whether "
                "other work suffers",
                "boot with psi=1, or watch production yourself during the run");
}

CheckLine load_line(const host::Host& host) {
    const auto load = host::read_load_average(host.files);
    const auto runnable = host::read_runnable_tasks(host.files);
    if (!load || !runnable)
        return warn("load", "the kernel does not say", "make /proc readable");
    std::string message = fmt::format("1-minute average {:.2f}, runnable now {}", *load, *runnable);
    // Half the CPUs busy with something else is enough to disturb measurements on all of them.
    if (*load < host.effective_cpus() / 2)
        return ok("load", std::move(message));
    return warn("load", std::move(message),
                "stop other programs, or repeat in a quieter hour; disturbed rounds are refused");
}

CheckLine governor_line(const host::Host& host, const std::string& path) {
    const Value environment =
        host::read_environment(host.files, host.topology, host.cgroup, {.path = path});
    const Value* cpu = environment.find("cpu");
    const Value* governor = cpu != nullptr ? cpu->find("governor") : nullptr;
    const std::string* name = governor != nullptr ? governor->as_text() : nullptr;
    if (name == nullptr)
        return ok("frequency", "no governor is visible (usual in a virtual machine)");
    if (*name == "performance")
        return ok("frequency", "governor performance");
    return warn("frequency", "governor " + *name,
                "for repeatable numbers set the governor 'performance' on both hosts");
}

std::string_view word_of(CheckLevel level) {
    switch (level) {
        case CheckLevel::ok:
            return "OK";
        case CheckLevel::warn:
            return "WARN";
        case CheckLevel::block:
            return "BLOCK";
    }
    return "BLOCK";
}

std::string_view colour_of(CheckLevel level) {
    switch (level) {
        case CheckLevel::ok:
            return "\x1b[32m";
        case CheckLevel::warn:
            return "\x1b[33m";
        case CheckLevel::block:
            return "\x1b[31m";
    }
    return "";
}

std::string line_text(const CheckLine& line, const report::TextStyle& style) {
    std::string word = fmt::format("{:<5}", word_of(line.level));
    if (style.colour)
        word = std::string(colour_of(line.level)) + word + "\x1b[0m";
    std::string text = fmt::format("  {} {}: {}\n", word, line.subject, line.message);
    if (!line.advice.empty())
        text += fmt::format("        fix: {}\n", line.advice);
    return text;
}

/// The sections of the page in their order, each with its lines.
struct Section {
    std::string title;
    std::vector<CheckLine> lines;
};

std::vector<Section> examine(const host::Host& host, const measure::RunPlan& plan) {
    std::vector<Section> sections{
        {"host",
         {cpu_line(host), memory_line(host), clock_line(host), pressure_line(host),
          governor_line(host, plan.path), load_line(host)}}};
    for (measure::ProbeChecks& checks : measure::check_probes(host, plan)) {
        // Probes that share a file or an engine say the same: once is enough.
        if (sections.back().lines == checks.lines)
            sections.back().title += '\n' + std::string(checks.probe);
        else
            sections.push_back({std::string(checks.probe), std::move(checks.lines)});
    }
    return sections;
}

}  // namespace

Expected<Syntax> doctor_syntax(std::span<const std::string>) {
    return Syntax{.command = "doctor",
                  .summary =
                      "Checks whether this host can be measured, with the very checks that "
                      "a run makes. Reads only.",
                  .operands = {},
                  .flags = check_flags(),
                  .notes =
                      "Each line is OK, WARN (the run goes on, numbers may suffer) or BLOCK "
                      "(this probe will not run).\nExit status: 0 without a BLOCK, else the "
                      "status of the first one: 69 unavailable, 77 permission.\n"};
}

Expected<ExitStatus> doctor_command(const Arguments& arguments, Session& session) {
    ASSAY_TRY(const measure::RunPlan plan, make_run_plan(arguments));
    ASSAY_TRY(const host::Host host, host::inspect_host(host::Files{}));
    std::string text;
    std::size_t warnings = 0, blocks = 0;
    ExitStatus status = ExitStatus::done;
    std::vector<Section> sections = examine(host, plan);
    if (auto lines = peer_lines(host, arguments, session.stop); !lines.empty())
        sections.push_back({"network peer", std::move(lines)});
    for (const Section& section : sections) {
        text += section.title + '\n';
        for (const CheckLine& line : section.lines) {
            text += line_text(line, session.terminal.output);
            warnings += line.level == CheckLevel::warn ? 1 : 0;
            blocks += line.level == CheckLevel::block ? 1 : 0;
            if (line.level == CheckLevel::block && status == ExitStatus::done)
                status = exit_status_of(line.kind);
        }
    }
    text += fmt::format(
        "\n{} BLOCK, {} WARN. {}\n", blocks, warnings,
        blocks == 0 ? "This host can be measured." : "What is blocked will not be measured.");
    ASSAY_TRY_VOID(print(text));
    return status;
}

}  // namespace assay::cli
