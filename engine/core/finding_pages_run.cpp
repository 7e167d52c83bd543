#include <array>

#include "engine/core/finding_page.h"

namespace assay {
namespace {

constexpr std::array kPages{
    FindingPage{
        "cgroup_quota",
        "The process may use fewer CPUs than the machine has. All rates of several threads, and "
        "storage or network rates that a thread's work limits, are those of the quota.",
        "cpu.max (cgroup v2) or cpu.cfs_quota_us (v1) of every group from this process up to the "
        "root; the smallest share counts. While rounds run, the throttled periods of cpu.stat tell "
        "whether the quota was really met.",
        "Decide which of the two you want to certify. For the container that the workload will "
        "get: "
        "keep the number. For the machine: start assay from a shell outside the container or "
        "slice, or raise CPUQuota= of its unit for the time of the run."},
    FindingPage{
        "cgroup_memory_limit",
        "Buffers were made smaller than the machine's memory allows, so that the run cannot be "
        "killed for memory. Caches may hold a larger part of them.",
        "memory.max (v2) or memory.limit_in_bytes (v1) of each group up to the root, compared with "
        "the machine's memory. Buffers never take more than half of what the limit leaves.",
        "If a memory number carries `cache_resident` as well, raise the limit and repeat; "
        "otherwise "
        "nothing needs to be done."},
    FindingPage{
        "cpu_throttled",
        "Something above this process's own view holds its CPU back. The rate is neither that of "
        "the machine nor that of a known quota, so it cannot be compared.",
        "nr_throttled in the group's cpu.stat grew during the round, and no group that is visible "
        "from here has a quota. A single throttled period (1) refuses the round.",
        "On the host, look at the parents of this container's group for cpu.max. Then either "
        "remove "
        "that quota for the run or make it visible by mounting the whole group tree."},
    FindingPage{
        "steal",
        "The virtual CPU was ready and did not run. The number is too low by about the stolen "
        "share, and latencies gain a tail that belongs to the neighbours.",
        "The steal column of /proc/stat over the CPUs of this process: over 0.5 % of the round's "
        "CPU time and at least two ticks of 10 ms. One tick of a short round says nothing, hence "
        "the second condition.",
        "Repeat at another hour and see whether it stays. If it does, the host is overcommitted: "
        "ask for reserved or dedicated CPUs, because a failover meets the same neighbours."},
    FindingPage{
        "clock_gaps",
        "The thread that did the work was away from its CPU though the system reported no steal. "
        "Many clouds report none; a rate from such a round is too low.",
        "A busy thread reads the clock all the time; jumps of over 20 us are added up, of work "
        "that "
        "waits on memory those of over twice a block's usual time. Over 5 % of the round is "
        "refused. The timer of a quiet KVM guest alone makes 1.0 to 1.7 %, which is "
        "why the limit is not lower.",
        "Look for daemons with `top` in the same second, and for live migration or backup of the "
        "virtual machine. Without a cause inside the machine, it is outside: reserved CPUs help."},
    FindingPage{
        "preempted",
        "A measuring thread shared its CPU with another program of this host, so the round shows a "
        "part of what the CPU can do.",
        "CPU time over wall time of the busy threads is below 98 %. The last two percent are left "
        "to the system's own daemons, which every host has.",
        "Find the program with `top`, stop or move it, and run again. If it belongs to production, "
        "take the run into its quiet hours: the target must be judged with what will run there."},
    FindingPage{
        "redacted",
        "Names in this document are pseudonyms: the same name has the same pseudonym in every copy "
        "that was made with the same salt. A public copy has no number of a host at all.",
        "Written by `--redact partner` and `--redact public` of `assay report` and `assay "
        "compare`; nothing is measured for it.",
        "Judge by the ratios, or compare the result file itself: a public copy of a run holds "
        "nothing that could be compared."},
    FindingPage{
        "other_load",
        "Other programs waited for a CPU while we measured. The number may be too low, but it was "
        "not shown that it is.",
        "Pressure stall information (/proc/pressure/cpu, `some`) over a CPU-bound round: above "
        "10 % of it, and above 20 ms, since starting a team of threads alone makes some "
        "milliseconds of waiting.",
        "If the metric is good enough as it is, go on. If a verdict hangs on it, repeat it while "
        "`cat /proc/pressure/cpu` shows an avg10 near zero."},
    FindingPage{
        "clock_drift",
        "Two clocks that should run at one rate did not, so seconds are not seconds, and neither "
        "rates nor latencies can be trusted to four digits.",
        "The time-stamp counter against CLOCK_MONOTONIC_RAW since the run began: over 50 ppm "
        "apart. "
        "A healthy pair stays within a few ppm.",
        "`cat /sys/devices/system/clocksource/clocksource0/current_clocksource`; a live migration "
        "or suspend in the middle of the run explains it once. If it returns, report the machine "
        "to its provider."},
    FindingPage{
        "clock_fallback",
        "Each look at the clock costs a call into the kernel instead of some nanoseconds. Memory "
        "and cache latencies, which are of that size, are the ones that suffer.",
        "The kernel's current clock source is not `tsc`, or the processor does not promise an "
        "invariant counter; then CLOCK_MONOTONIC_RAW is used.",
        "See `dmesg | grep -i tsc` for why the kernel gave the counter up. On sound hardware boot "
        "with clocksource=tsc tsc=reliable; on a hypervisor ask for an invariant TSC."},
    FindingPage{
        "too_few_valid_rounds",
        "No interval can be given, so the metric takes part in no verdict. A required metric like "
        "this makes a comparison INCONCLUSIVE, never a pass.",
        "The validity gates (steal, lost CPU time, drift of the clock) left fewer rounds than the "
        "plan's minimum, after up to a quarter of the planned rounds was repeated. Each refused "
        "round is kept in the file with the finding that refused it.",
        "Read `rounds` of the probe in the result file: the reason that stands there most often is "
        "the one to remove. Only when there is none, give more time with --budget."},
    FindingPage{
        "noisy",
        "The rounds disagree by more than a tenth, so the interval is wide and a comparison may "
        "end in conditions that a quieter run would not have.",
        "Median absolute deviation over the median of the valid rounds: above 10 %. It is the "
        "robust sibling of the coefficient of variation, so one outlier does not raise it.",
        "Plot the rounds of the file in time order: a trend means drift (see `performance_fell`), "
        "two levels mean two states (power saving, another tenant). Then use a larger profile."},
    FindingPage{
        "no_number",
        "One way of measuring (a case: depth 32, up, 4 streams) took its rounds, but none of them "
        "came to a number. The metric is absent from the result for that case, so a comparison "
        "that "
        "needs it is inconclusive and never a pass.",
        "After the last round a case had 1 round or more and not one value of any metric. What its "
        "rounds said is listed beside it, each finding with the probe and the case before it.",
        "Follow the advice of those findings. Of a UDP search without a lossless rate: a larger "
        "--duration or --budget lets it close in; look at network.udp.loss for what is lost."},
    FindingPage{
        "budget_exhausted",
        "The profile's wall-clock limit won against the wish for rounds. What was measured stands, "
        "with fewer rounds and so a wider interval.",
        "Fewer rounds of a case were taken than the plan had when the budget (wall clock, 100 % of "
        "it) ended; preparing a slow disk and repeats of refused rounds are what usually ate the "
        "time.",
        "`assay plan` shows where the time goes. Give --budget more, choose fewer probes with "
        "--only, or a smaller --size on a slow disk."},
    FindingPage{
        "guard_paused",
        "The run stood back so that other work on this host could go on. The numbers are those of "
        "the calm stretches and are valid; the run took longer.",
        "Pressure stall information while assay itself is idle between two rounds: over 60 % for "
        "CPU or I/O, over 20 % for memory. Ten seconds of it in one piece end the run with status "
        "75.",
        "See what else ran at `started_at`. Certify in a maintenance window: a host that is that "
        "busy now has little room for a failover as well."},
    FindingPage{
        "guard_blind",
        "Whether the run slows others down could not be seen on this host. The numbers themselves "
        "are not touched.",
        "/proc/pressure is absent or not readable: the kernel is older than 4.20, was built "
        "without CONFIG_PSI, or needs psi=1 at boot.",
        "Add psi=1 to the kernel's command line when the host is next restarted, and run only in "
        "a maintenance window until then."},
    FindingPage{
        "impossible",
        "No hardware of this kind can do what the number says, so the measurement is broken: a "
        "cache, a wrong clock, or work that was optimised away. It is never called excellent.",
        "The rate is above a ceiling that is known from elsewhere, with 3 % of tolerance: vector "
        "operations or bytes a cycle at the measured clock, or the speed of the link.",
        "Do not use the number. Keep the result file and report it with the processor's name; "
        "meanwhile a run with --isa of the next narrower set shows whether one kernel is at "
        "fault."},
    FindingPage{
        "not_carried",
        "Some points of a sweep are missing because the host cannot do them; the others stand. A "
        "comparison only uses points that both sides have.",
        "Points at a set rate need io_uring or Linux AIO, and linked or loaded commits need "
        "io_uring; where the kernel refuses these the points are left out, and the message counts "
        "them.",
        "Allow io_uring (sysctl kernel.io_uring_disabled=0, or the container's seccomp profile) "
        "where the missing point is the one that your workload uses; else compare what both sides "
        "have."},
    FindingPage{
        "tool_bound",
        "The measuring thread was as busy as a thread can be, so a faster device would have given "
        "the same number. Read it as `at least`.",
        "CPU time over wall time of the busiest measuring thread: over 90 % of the round, in a "
        "workload that should mostly wait.",
        "Repeat with --threads 2, then 4, until the rate stops growing. If the rate stays and the "
        "finding goes, the first number was right all the same."},
};

}  // namespace

std::span<const FindingPage> run_pages() {
    return kPages;
}

}  // namespace assay
