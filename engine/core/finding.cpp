#include "engine/core/finding.h"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace assay {
namespace {

constexpr std::array kKinds{
    FindingKind{"self_test", Severity::warning,
                "Both ends of the path are this host, so the number says nothing of a network.",
                "Leave the network out of a comparison openly: --without network."},
    FindingKind{"cgroup_quota", Severity::warning,
                "A CPU quota of a control group limits how many CPUs this process gets.",
                "If the workload will run without that quota, run assay outside the group; else "
                "the number is what it will get."},
    FindingKind{"cgroup_memory_limit", Severity::info,
                "A memory limit of a control group is below the machine's memory.",
                "Buffers are sized to the limit; run outside the group to measure the machine."},
    FindingKind{"cpu_throttled", Severity::invalid,
                "The control group was throttled though no quota is visible from here.",
                "Look for a quota on a parent group outside this namespace, then repeat."},
    FindingKind{"steal", Severity::invalid,
                "The hypervisor ran something else on our CPUs during the round.",
                "Repeat when the neighbours are quiet, or reserve CPUs for this machine."},
    FindingKind{"clock_gaps", Severity::invalid,
                "The measuring thread lost its CPU for a noticeable share of the round, though no "
                "steal was reported.",
                "Stop other programs on this host; in a virtual machine ask for reserved CPUs."},
    FindingKind{"preempted", Severity::invalid,
                "Another program on this host took CPU time from the measuring threads.",
                "Stop it, or run in its quiet hours."},
    FindingKind{"other_load", Severity::warning,
                "Other programs were stalled on this host while the run went on.",
                "Repeat in a quieter hour before you rely on a poor number."},
    FindingKind{
        "clock_drift", Severity::invalid,
        "The processor's time-stamp counter and the kernel's raw clock disagreed by over 50 ppm.",
        "Check the clock source; after a live migration run again."},
    FindingKind{
        "clock_fallback", Severity::info,
        "The time-stamp counter is not the kernel's clock source, so a slower clock was used.",
        "Latencies carry up to some hundred nanoseconds of clock cost; on bare metal set "
        "clocksource=tsc."},
    FindingKind{"too_few_valid_rounds", Severity::invalid,
                "Too few rounds passed the validity gates for a number to be trusted.",
                "Remove the cause that the rounds name, or give a larger --budget, and run again."},
    FindingKind{"noisy", Severity::warning,
                "The rounds differ by more than 10 % (MAD over median).",
                "Look at the rounds in the file; a larger profile narrows the interval."},
    FindingKind{"budget_exhausted", Severity::warning,
                "The time budget ended before all planned rounds were taken.",
                "Give a larger --budget or profile."},
    FindingKind{
        "small_file", Severity::warning,
        "The test file is smaller than asked for, so a cache of the device may hold all of it.",
        "Free space on the filesystem, give more --budget, or name a smaller --size."},
    FindingKind{"cached_direct_io", Severity::invalid,
                "Direct reads were answered without the device: something above it caches.",
                "Measure the device itself, or a filesystem with true direct I/O."},
    FindingKind{
        "device_traffic_differs", Severity::warning,
        "The device's own counters differ from the operations that we issued by over 1 %.",
        "Stop other users of the device; on a network or stacked device this may be normal."},
    FindingKind{"unwritten_data", Severity::warning,
                "The device may hold areas that were never written, which a thin or flash device "
                "answers without reading.",
                "Measure a filled device, or use --path, which writes its file first."},
    FindingKind{"engine_fallback", Severity::warning,
                "io_uring is not available, so a slower engine was used.",
                "Allow io_uring (sysctl kernel.io_uring_disabled=0; the container's seccomp "
                "profile), then repeat on both sides."},
    FindingKind{"io_errors", Severity::invalid, "Operations failed on the device.",
                "Read the kernel log (dmesg) before you trust this device with data."},
    FindingKind{"tool_bound", Severity::warning,
                "The measuring thread used over 90 % of its CPU: the number may be the processor's "
                "limit, not the device's.",
                "Use more --threads."},
    FindingKind{"cache_resident", Severity::warning,
                "The memory buffers are smaller than four times the last-level cache, so part of "
                "the traffic stayed in the cache.",
                "Free memory or raise the memory limit, so that larger buffers fit."},
    FindingKind{"small_pages", Severity::info,
                "Huge pages were not obtained for all of the buffer.",
                "Set transparent huge pages to madvise or always for comparable numbers."},
    FindingKind{"remote_pages", Severity::invalid,
                "Pages of a buffer lie on another NUMA node than the thread that uses it.",
                "Free memory on the node, or stop automatic NUMA balancing during the run."},
    FindingKind{"impossible", Severity::invalid,
                "The number is above a physical ceiling, so it cannot be true.",
                "Report this as a bug, with the result file."},
    FindingKind{"aes_in_software", Severity::warning,
                "The processor shows no AES instructions, so the library computes AES in software.",
                "In a virtual machine let the hypervisor pass the feature 'aes' through; else "
                "expect encryption to be many times slower."},
    FindingKind{"crypto_headroom", Severity::info,
                "The silicon could encrypt at over 1.5 times the rate that this library reaches.",
                "A newer OpenSSL may use the wider instructions of this processor; the hardware is "
                "not at fault."},
    FindingKind{"trivial_data", Severity::warning,
                "The data that was compressed is mostly zeros or repeats, so its speed says little "
                "of real data.",
                "Use the generated corpus, or name a file with --corpus that holds what will be "
                "compressed."},
    FindingKind{"guard_paused", Severity::warning,
                "The production guard paused the run because other work on this host was stalled.",
                "Run in a quieter hour."},
    FindingKind{"guard_blind", Severity::info,
                "This kernel reports no pressure (PSI), so the production guard cannot see whether "
                "others suffer.",
                "Boot with psi=1, or watch production yourself during the run."},
};

}  // namespace

std::string_view name_of(Severity severity) {
    switch (severity) {
        case Severity::info:
            return "info";
        case Severity::warning:
            return "warning";
        case Severity::invalid:
            return "invalid";
    }
    return "invalid";
}

std::optional<Severity> severity_of_name(std::string_view name) {
    for (Severity severity : {Severity::info, Severity::warning, Severity::invalid})
        if (name_of(severity) == name)
            return severity;
    return std::nullopt;
}

std::span<const FindingKind> finding_kinds() {
    return kKinds;
}

Finding make_finding(std::string_view id, std::string message) {
    for (const FindingKind& kind : kKinds)
        if (kind.id == id)
            return {std::string(id), kind.severity, std::move(message), std::string(kind.advice)};
    std::fprintf(stderr, "assay: finding '%.*s' is not in the closed list\n",
                 static_cast<int>(id.size()), id.data());
    std::abort();
}

}  // namespace assay
