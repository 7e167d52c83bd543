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
    FindingKind{"tcp_sender_cpu", Severity::warning,
                "A thread of the sending host used over 95 % of a CPU, so the processor limits the "
                "rate, not the path.",
                "Measure with more --streams; this number is no verdict on the path."},
    FindingKind{"tcp_receiver_cpu", Severity::warning,
                "A thread of the receiving host used over 95 % of a CPU, so the processor limits "
                "the rate, not the path.",
                "Measure with more --streams; this number is no verdict on the path."},
    FindingKind{"tcp_receive_window", Severity::warning,
                "The sender had to wait for the receiver's window.",
                "Raise the maximum of sysctl net.ipv4.tcp_rmem on the receiving host to at least "
                "twice the rate times the round-trip time, or use more streams."},
    FindingKind{"tcp_send_buffer", Severity::warning,
                "The sender had to wait for room in its own send buffer.",
                "Raise the maximum of sysctl net.ipv4.tcp_wmem on the sending host to at least "
                "twice the rate times the round-trip time, or use more streams."},
    FindingKind{"tcp_shaped_link", Severity::info,
                "The round trips grew while data was sent: a queue on the path was full, so the "
                "number is that of the slowest link, or of what shapes it.",
                "Compare it with the rate that was bought; a smaller queue there would keep other "
                "traffic quicker."},
    FindingKind{"tcp_random_loss", Severity::warning,
                "Segments were lost though no queue on the path had grown.",
                "Look for errors on cables, optics and ports, for a policer, and for a firewall "
                "that drops; network.udp says where datagrams are lost."},
    FindingKind{"tcp_ends_differ", Severity::warning,
                "What the sender counts as delivered and what the receiver got differ by over "
                "0.5 %.",
                "Something on the path takes the data in the receiver's place, such as a proxy; "
                "the receiver's bytes are the number."},
    FindingKind{"tcp_not_settled", Severity::info,
                "The rate had not settled when the window had to begin.",
                "Give a longer --duration where the path has a long round-trip time."},
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
    FindingKind{"redacted", Severity::info,
                "This is a copy from which names, or numbers too, were taken out.",
                "Ask whoever made the copy for the result file itself where you need more."},
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
    FindingKind{"too_few_operations", Severity::invalid,
                "So few operations came back in a round that one more or less changes its rate by "
                "over 2.5 %.",
                "Give a larger --budget or profile, or a longer --duration: the device is slow."},
    FindingKind{"books_contradict", Severity::invalid,
                "What was in flight and how long it took contradict each other (Little's law).",
                "Repeat on a quieter host; if it stays, report it as a bug, with the result file."},
    FindingKind{
        "short_window", Severity::warning,
        "A round was too short to see past what a limiter gives away at its begin.",
        "Give a larger --budget or profile, fewer probes (--only), or a longer --duration."},
    FindingKind{"no_number", Severity::warning, "A case was measured and gave no number.",
                "Read the findings of the same case beside it; what is absent was not 0."},
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
                "The device or file may hold areas that were never written, which a thin or flash "
                "device, or the filesystem, answers without reading.",
                "Measure a filled device, or a --path where the run can write its whole file (more "
                "--budget, or a smaller --size)."},
    FindingKind{"not_steady", Severity::warning,
                "The rounds never came to a steady state (SNIA: the last five within 20 %, their "
                "trend within 10 %).",
                "Write to the device for longer before you measure (profile deep), or read the "
                "number as that of a fresh device."},
    FindingKind{"left_steady_state", Severity::warning,
                "The rounds were steady for a while and then no longer.",
                "Look for what came in between: a full write cache, heat, burst credits, another "
                "user of the device; then repeat."},
    FindingKind{"throttled_volume", Severity::info,
                "The rate hardly varies, as that of a volume with a provisioned limit does.",
                "The number is the limit that was bought, not what the device could do; compare "
                "it with the volume's plan."},
    FindingKind{"stalled", Severity::warning,
                "The device stood still for at least 100 ms, and for over 100 times its usual "
                "latency.",
                "Look at the kernel log and the device's health; applications see each such stall "
                "as an outage."},
    FindingKind{"performance_fell", Severity::warning,
                "The late part of the series is slower than the early part: burst credits or a "
                "fast cache were used up, or the device grew hot.",
                "Plan with the late part; measure for longer (profile deep) to see where it "
                "settles."},
    FindingKind{"performance_rose", Severity::warning,
                "The late part of the series is faster than the early part: a cache warmed up, or "
                "another load ended.",
                "Use a larger --size than any cache on the way, or repeat in a quieter hour."},
    FindingKind{"bimodal_latency", Severity::warning,
                "The operations fall into two groups of very different latency, as hits and misses "
                "of a cache or two tiers do.",
                "Know which group your workload will meet; a --size beyond the cache shows the "
                "slower one."},
    FindingKind{"lazy_volume", Severity::warning,
                "First reads of an area are slower than later ones: the volume fetches its blocks "
                "on first use.",
                "Read the whole volume once before it must serve (restore from a snapshot is not "
                "over yet)."},
    FindingKind{"flush_swallowed", Severity::invalid,
                "The device has a volatile write cache, and no flush reached it though we asked "
                "for many.",
                "Look for what drops flushes (mount options, the hypervisor's cache mode); data "
                "would be lost with the power."},
    FindingKind{"flush_suspicious", Severity::warning,
                "Flushes of a volatile write cache return faster than a medium can be written.",
                "Make sure that the device has power-loss protection, or that no layer answers "
                "flushes itself (hypervisor cache mode unsafe)."},
    FindingKind{"rate_not_kept", Severity::warning,
                "The operations that were asked for a second were not all carried out.",
                "The device, or the measuring host, cannot keep this --rate; take a smaller one "
                "before you read its latencies."},
    FindingKind{"polling_ineffective", Severity::warning,
                "Polled I/O was asked for, but completions came by interrupt.",
                "Give the driver poll queues (nvme.poll_queues=N at boot), or measure without "
                "polling."},
    FindingKind{"io_split", Severity::info,
                "The device was given smaller operations than we issued.",
                "The kernel or a layer cuts them (max_sectors_kb, stripes); the number is still "
                "that of the block size that applications use."},
    FindingKind{"io_merged", Severity::warning,
                "The kernel merged our operations into larger ones before the device saw them.",
                "Set queue/nomerges to 2 on the device, or read the number as one of larger "
                "blocks."},
    FindingKind{"memory_backed", Severity::warning, "The storage lies in memory, not on a device.",
                "Choose a --path or --device on a disk; this number says nothing of durable "
                "storage."},
    FindingKind{"transparent_compression", Severity::warning,
                "The filesystem may compress what is written, so that the device moves fewer bytes "
                "than the application.",
                "Compare only with a filesystem that compresses in the same way; our data does not "
                "compress, yours may."},
    FindingKind{"remote_filesystem", Severity::info,
                "The filesystem is served over a network or by a user process.",
                "The number includes the way there; measure the server's own disks apart."},
    FindingKind{"barriers_off", Severity::warning,
                "The filesystem is mounted so that it orders no writes and flushes no cache.",
                "Mount without nobarrier (barrier=0, volatile); sync latencies measured like this "
                "are those of a system that may lose data."},
    FindingKind{"nearly_full", Severity::warning, "Over 90 % of the filesystem is used.",
                "Free some space: full filesystems fragment, and flash has less room to write."},
    FindingKind{"device_hot", Severity::warning,
                "The device is at or above the temperature that it may have.",
                "Cool it, then repeat: hot devices slow themselves down."},
    FindingKind{"raid_degraded", Severity::warning,
                "An array under the path lacks a disk, or is busy with a resync or check.",
                "Wait until the array is whole and idle, then repeat."},
    FindingKind{"cgroup_io_limit", Severity::warning,
                "A control group limits this process's rate on the device.",
                "If the workload will run without that limit, run assay outside the group; else "
                "the number is what it will get."},
    FindingKind{"engine_fallback", Severity::warning,
                "io_uring is not available, so a slower engine was used.",
                "Allow io_uring (sysctl kernel.io_uring_disabled=0; the container's seccomp "
                "profile), then repeat on both sides."},
    FindingKind{"io_errors", Severity::invalid, "Operations failed on the device.",
                "Read the kernel log (dmesg) before you trust this device with data."},
    FindingKind{"use_unchecked", Severity::info,
                "Some ways in which a device can be in use could not be looked into.",
                "Run as root in the host's own namespaces to have all of them checked."},
    FindingKind{
        "fresh_state", Severity::info,
        "Writes were measured without preconditioning: a flash device may be slower once it "
        "is full.",
        "For a certificate use the deep profile, which writes the file twice before and "
        "tests for a steady state."},
    FindingKind{"write_limit", Severity::info,
                "The round ended early because it had written as much as it may.",
                "Give a larger --write-limit if the device's endurance allows it."},
    FindingKind{"not_carried", Severity::info,
                "Some points could not be carried by this host and are absent.",
                "Compare the points that both sides have."},
    FindingKind{"tool_bound", Severity::warning,
                "A measuring thread used over 90 % of its CPU: the number may be the processor's "
                "limit, not the device's.",
                "Use more --threads."},
    FindingKind{"cache_resident", Severity::warning,
                "The memory buffers are smaller than four times the last-level cache, so part of "
                "the traffic stayed in the cache.",
                "Free memory or raise the memory limit, so that larger buffers fit."},
    FindingKind{"small_pages", Severity::info,
                "Huge pages were not obtained for all of the buffer.",
                "Set transparent huge pages to madvise or always for comparable numbers."},
    FindingKind{"huge_page_gain", Severity::info, "A part of the bandwidth comes from huge pages.",
                "Compare with tools that do not ask for huge pages (STREAM, likwid-bench) by "
                "--pages 4k, and give the workload huge pages if it needs the whole."},
    FindingKind{"remote_pages", Severity::invalid,
                "Pages of a buffer lie on another NUMA node than the thread that uses it.",
                "Free memory on the node, or stop automatic NUMA balancing during the run."},
    FindingKind{"zero_page", Severity::invalid,
                "Pages of a buffer were never written, so that reads of them need no memory.",
                "Report this as a bug, with the result file."},
    FindingKind{"numa_balancing", Severity::warning,
                "Automatic NUMA balancing is on: the kernel may move pages and fault on them while "
                "they are measured.",
                "Set kernel.numa_balancing=0 during the run, or run as the workload will run and "
                "compare only with hosts that do the same."},
    FindingKind{"ksm_active", Severity::info,
                "The kernel merges pages of equal contents and takes CPU time for it.",
                "Our pages are all different; set sys/kernel/mm/ksm/run to 0 for a quiet host."},
    FindingKind{"thp_disabled", Severity::info, "The kernel gives no transparent huge pages.",
                "Set transparent huge pages to madvise, or reserve a pool of huge pages."},
    FindingKind{"window_skew", Severity::invalid,
                "The threads did not all work through the common time window.",
                "Repeat on a quieter host."},
    FindingKind{"memory_contention", Severity::warning,
                "Other CPUs were busy while a few threads measured memory, which they share.",
                "Stop other programs on this host, or ask for a host without neighbours; compare "
                "with the rounds taken while the others were idle."},
    FindingKind{"prefetch_suspected", Severity::invalid,
                "The chase is so much faster than a random one can be that the processor must have "
                "fetched ahead of it.",
                "Report this as a bug, with the result file."},
    FindingKind{"generators_insufficient", Severity::info,
                "The load that this host's other CPUs make does not double the idle latency, so "
                "the curve has no knee here.",
                "Read the curve as far as it goes; more CPUs in the affinity mask make more load."},
    FindingKind{"load_not_held", Severity::warning,
                "The load generators did not move what they were set to.",
                "Read the latency at the bandwidth that was reached, which stands beside it."},
    FindingKind{"cache_counters_absent", Severity::info,
                "The processor's cache counters are not to be had here, so hits and misses could "
                "not be counted.",
                "Use bare metal or a virtual machine with a virtual PMU, and "
                "kernel.perf_event_paranoid up to 2; until then only the estimate exists."},
    FindingKind{"plateau_unclear", Severity::info,
                "Two levels of the memory are too alike in latency to tell hits from misses.",
                "Repeat on a quieter host."},
    FindingKind{"matrix_sampled", Severity::info, "Only some of the pairs were measured.",
                "Use the standard or deep profile for more of them."},
    FindingKind{"impossible", Severity::invalid,
                "The number is above a physical ceiling, so it cannot be true.",
                "Report this as a bug, with the result file."},
    FindingKind{"clock_unverified", Severity::invalid,
                "Two independent witnesses of the processor's clock disagreed by over 1 %.",
                "Repeat on a quieter host; if it stays, report this processor as a bug, with the "
                "result file."},
    FindingKind{"peak_unknown", Severity::info,
                "The best rate is near no whole number of vector operations a cycle, so no share "
                "of a peak is given.",
                "Repeat on a quieter host; a virtual machine that shares its cores may never show "
                "the peak."},
    FindingKind{"scaling_points_absent", Severity::info,
                "This process may use too few CPUs for all usual points of the scaling curve.",
                "Widen the affinity mask or use a larger machine where those points matter."},
    FindingKind{"contention_model", Severity::info,
                "A model of contention was fitted to the points of the scaling curve.",
                "Use it between the measured points only, not to foresee a larger machine."},
    FindingKind{"hidden_smt", Severity::warning,
                "Two CPUs that look like cores of their own share the execution units of one core.",
                "Count physical cores by pairs when you size the workload, or ask the provider to "
                "show the siblings."},
    FindingKind{"pairs_unclear", Severity::info,
                "Pairs of CPUs slowed each other down by neither nothing nor a half, so shared "
                "cores are neither shown nor ruled out.",
                "Repeat on a quieter host."},
    FindingKind{"drifting", Severity::warning,
                "The rate fell while the load went on, and nothing that was seen explains it.",
                "Rely on the sustained rate, and look at what else grows on this host."},
    FindingKind{"quota_throttled", Severity::warning,
                "A CPU quota took hold while the load went on.",
                "Rely on the sustained rate, or have the quota of this group raised before it "
                "carries a restore."},
    FindingKind{"steal_rose", Severity::warning,
                "The hypervisor took more and more CPU time while the load went on.",
                "Rely on the sustained rate; choose an instance without CPU credits, or reserve "
                "the CPUs of this machine."},
    FindingKind{"heat_throttled", Severity::warning,
                "Heat slowed the processor down while the load went on.",
                "Rely on the sustained rate; clean and check the cooling, and the temperature of "
                "the room."},
    FindingKind{"clock_fell", Severity::warning,
                "The processor's clock fell while the load went on.",
                "Rely on the sustained rate; look at the power limit first, and at cooling."},
    FindingKind{
        "cpu_time_fell", Severity::warning,
        "The measuring threads got less CPU time while the load went on, and neither steal nor "
        "a quota shows why.",
        "Rely on the sustained rate; look for other programs, and for used-up CPU credits of "
        "a cloud machine."},
    FindingKind{
        "aes_in_software", Severity::warning,
        "The library computes AES in software: the processor shows no AES instructions, or the "
        "library was told not to use them.",
        "In a virtual machine let the hypervisor pass the feature 'aes' through; else "
        "expect encryption to be many times slower."},
    FindingKind{"software_aes_rate", Severity::info,
                "What the library would encrypt if this processor's AES instructions were hidden "
                "from it.",
                "Make sure that the machine that will do the work shows 'aes' and 'pclmulqdq' in "
                "its processor flags."},
    FindingKind{"software_aes_unmeasured", Severity::info,
                "What missing AES instructions would cost was not measured.",
                "Nothing else depends on it; the message says what stood in the way."},
    FindingKind{"crypto_headroom", Severity::info,
                "The silicon could encrypt at over 1.5 times the rate that this library reaches.",
                "A newer OpenSSL may use the wider instructions of this processor; the hardware is "
                "not at fault."},
    FindingKind{"trivial_data", Severity::warning,
                "The data that was compressed is mostly zeros or repeats, so its speed says little "
                "of real data.",
                "Use the generated corpus, or name a file with --corpus that holds what will be "
                "compressed."},
    FindingKind{"network_limit", Severity::info,
                "What kept the transfer over the network from being faster.",
                "Remove the named limit where it is not the path's own, then repeat."},
    FindingKind{"competing_traffic", Severity::warning,
                "Other programs used the network interface during the test.",
                "Repeat in a quieter hour; the number is what was left for this test."},
    FindingKind{"fragmented", Severity::warning,
                "IP packets were cut into fragments during the test.",
                "Send smaller datagrams than the path's MTU; many firewalls drop fragments."},
    FindingKind{"interface_losses", Severity::warning,
                "The network interface or its host lost packets during the test.",
                "Look at the cable, the ring sizes (ethtool -g) and the CPU that serves the "
                "interface."},
    FindingKind{"port_blocked", Severity::warning, "A port of the peer cannot be reached.",
                "Open it in the firewalls on the way, or read the number as not measured."},
    FindingKind{"late_sends", Severity::invalid,
                "Over 0.1 % of the requests left late, so the measuring host added to the "
                "response times.",
                "Stop other programs on this host, or take a lower --rate."},
    FindingKind{"echoes_lost", Severity::warning, "Some requests were never answered.",
                "The percentiles are those of the answers; look for loss on the path."},
    FindingKind{"bufferbloat", Severity::warning,
                "Under load the round trip grows by more than the path itself takes: a queue on "
                "the way is too deep.",
                "Shape below the bottleneck or use a fair queue (fq_codel, cake) at it."},
    FindingKind{"load_died", Severity::invalid,
                "The load that should have filled the path during the test ended early or never "
                "flowed.",
                "Read the reason in the message; the round trips are not those of a loaded path."},
    FindingKind{"mtu_black_hole", Severity::warning,
                "Packets that the path says it carries vanish without an ICMP message.",
                "Let ICMP 'fragmentation needed' pass the firewalls, or clamp the TCP segment size "
                "to the path's MTU."},
    FindingKind{"icmp_unavailable", Severity::info, "ICMP echoes could not be measured.",
                "Do what the message names, or rely on the UDP and TCP round trips."},
    FindingKind{"syn_unavailable", Severity::info,
                "The TCP handshake could not be measured by a raw socket.",
                "Run with CAP_NET_RAW, or rely on the TCP connect time."},
    FindingKind{"udp_sender_drops", Severity::warning,
                "The sending host dropped datagrams before they left it.",
                "Look at the queue discipline and the interface of the sending host; the network "
                "is not at fault."},
    FindingKind{"udp_receiver_drops", Severity::warning,
                "The receiving host dropped datagrams that had reached it.",
                "Raise net.core.rmem_max and net.core.netdev_max_backlog there, or give it more "
                "CPU; the network is not at fault."},
    FindingKind{"udp_not_told_apart", Severity::invalid,
                "Datagrams are missing, and the receiving host does not say how many of them it "
                "dropped itself.",
                "Measure with --rate, or with an agent on a kernel that counts the drops of a "
                "socket."},
    FindingKind{"udp_books_differ", Severity::invalid,
                "What the two ends counted in a UDP trial contradicts each other.",
                "Look for a device on the way that answers in place of the peer; else report this "
                "as a bug, with the result file."},
    FindingKind{"udp_bytes_changed", Severity::invalid,
                "Datagrams arrived whose payload is not what was sent.",
                "Look for a middlebox or a faulty interface on the way."},
    FindingKind{"udp_foreign", Severity::info,
                "Datagrams came that do not belong to the trial; they count neither as data nor as "
                "loss.",
                "A few are stragglers of the trial before; look for their sender where there are "
                "many."},
    FindingKind{"udp_sender_bound", Severity::warning,
                "The sending host could not send as fast as the path might have carried.",
                "Read the number as that of the sending host; give it more CPU to measure the "
                "path."},
    FindingKind{"udp_no_lossless_rate", Severity::warning,
                "No rate was found at which the path lost nothing.",
                "Look at network.udp.loss; where a short search is to blame, give a longer "
                "--duration."},
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
