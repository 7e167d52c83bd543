#include <array>

#include "engine/core/finding_page.h"

namespace assay {
namespace {

constexpr std::array kPages{
    FindingPage{
        "cache_resident",
        "A part of what was read never left the processor, so the number is above what the memory "
        "itself can do, or the codec worked on data that was already at hand.",
        "The arrays of a NUMA node together are smaller than four times its last-level cache (the "
        "rule of the STREAM benchmark); for codecs, the corpus is no larger than the cache.",
        "Free memory, lift the memory limit of the group, or give --size by hand; on processors "
        "with very large caches a deep profile has the room."},
    FindingPage{
        "small_pages",
        "Address translation costs more than it has to. Two hosts, one with and one without huge "
        "pages, differ by settings and not by hardware.",
        "Huge pages back less than 99 % of a buffer that asked for them (smaps of the mapping).",
        "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled on both hosts, and compact "
        "memory (vm.compact_memory) on one that has been up for long."},
    FindingPage{
        "huge_page_gain",
        "A program on 4 KiB pages gets less than the headline: its address translations miss more "
        "often, and pages that are neighbours by address need not be so in memory. Tools that "
        "leave the pages to the kernel read less on the same memory for the same reason.",
        "A case ran half of each round on huge pages and half on 4 KiB pages, in arrays of the "
        "same sizes, and the median of the ratios is at least 1.03.",
        "Nothing is wrong. A tool that takes huge pages too may be compared as it is; for the "
        "workload's own sake allow huge pages on both hosts."},
    FindingPage{
        "remote_pages",
        "The thread read the memory of another node through the interconnect, so the number "
        "mixes two paths and stands for neither.",
        "The kernel's own placement of each page (move_pages): over 1 % of a buffer lies on "
        "another node than its thread.",
        "Free memory on that node (`numactl --hardware`), switch kernel.numa_balancing off for "
        "the run, and repeat."},
    FindingPage{
        "zero_page",
        "Reads of such pages are served by one page that the whole system shares and that sits in "
        "a cache. The rate or latency is then that of the cache, and the round is refused.",
        "move_pages() is asked for up to 262 144 evenly spread pages of each buffer and says "
        "-ENOENT or -EFAULT for one that was never written. The limit is 0: a single such page is "
        "enough.",
        "The probes write every page before they measure, so a memory-tight host that drops pages, "
        "or a fault of ours, is left. Look into `dmesg` for memory errors, then send us `assay "
        "version` along with the file."},
    FindingPage{"numa_balancing",
                "The kernel unmaps pages now and then to see who touches them. Each such look "
                "costs a fault in the middle of a measurement, and a page may end up on another "
                "node than the run put it.",
                "/proc/sys/kernel/numa_balancing holds something other than 0. Kernels that show "
                "no such file give no finding.",
                "Databases often run with it off, many other servers with it on: give source and "
                "target the same setting first, and only then compare latencies across nodes."},
    FindingPage{
        "ksm_active",
        "A kernel thread scans memory for equal pages, mostly on hosts of virtual machines. It "
        "takes some CPU and memory bandwidth away, hence rates may be a little too low.",
        "/sys/kernel/mm/ksm/run holds 1 (0 is off, 2 undoes all merges).",
        "If rounds vary, see whether ksmd shows up in `top`; on a hypervisor lower pages_to_scan "
        "rather than switch it off, or merged guests will not fit any more."},
    FindingPage{"thp_disabled",
                "All memory comes in pages of 4 KiB unless a pool was reserved. Random access then "
                "pays for address translation, which large databases and virtual machines on this "
                "host pay as well.",
                "The choice in brackets in /sys/kernel/mm/transparent_hugepage/enabled is `never`.",
                "Ask first who set it: some databases want it so and bring their own pool "
                "(vm.nr_hugepages). A source and a target that differ here differ by a setting, "
                "which costs nothing to align."},
    FindingPage{"window_skew",
                "Part of the window passed while a thread was not yet at work, so bytes of fewer "
                "threads were divided by the time of all. Such a round is refused: it understates "
                "the machine, and what delayed the thread is the scheduler, not the memory.",
                "Threads wait for one common opening time. The one that began its first block last "
                "did so after over 2 % of the window had passed.",
                "Look for a program that holds one of the CPUs (`top`, then 1), or for CPU limits "
                "of the group. Longer rounds (--duration of `assay probe`, or a larger profile) "
                "make the same delay a smaller share."},
    FindingPage{"memory_contention",
                "Memory controllers and the last-level cache are common property. What was "
                "measured with few threads is what was left beside the others; a quiet target "
                "would show more, a busy one the same or less.",
                "/proc/stat of all CPUs that the case leaves idle: busy for over 0.2 of one CPU. "
                "Where some rounds were quiet, the median of the busy ones must also be at least 5 "
                "% worse; where none was, the finding says that the loss is unknown.",
                "Rounds of both kinds lie in the file with their times, so find the job that "
                "matches the busy ones. Take the quiet ones for the hardware and the busy ones for "
                "the service as it will run."},
    FindingPage{
        "prefetch_suspected",
        "A latency is only that of memory if the processor cannot guess the next address. Here the "
        "order of the accesses was guessable, so the number is too good and its round is refused.",
        "Of the first 65 536 steps of the chase, over 30 % lead to a line that is at most 4 places "
        "away. A random order has an eighth at the fewest lines (64), and next to none in a large "
        "set.",
        "Nothing on this host causes it: the order comes from the seed in the result file. Repeat "
        "with another --seed, and do not use this latency meanwhile."},
    FindingPage{"generators_insufficient",
                "Up to the load that this process can make, latency stays below twice the idle "
                "one. That is no fault, but the bandwidth at which latency doubles is not known "
                "and cannot be compared.",
                "All generators at full rate raise the median latency to less than 2 times that "
                "without load. Generators run on the CPUs of the measured place that lie on "
                "another core than the one that measures.",
                "Start without `taskset` or a cpuset if those hide cores. In a small virtual "
                "machine one cannot saturate the host's memory at all: compare the point at 100 % "
                "load instead of the knee."},
    FindingPage{
        "load_not_held",
        "The latency is right, but it belongs to less traffic than its label says. Two hosts must "
        "be compared at bandwidths that were really reached.",
        "The generators moved less than 95 % of the share of their full rate that was set; that "
        "full rate is the best of three windows of 30 ms before the first round. Points at 100 % "
        "have no such limit.",
        "Something took CPU or memory time from the generators after they were calibrated. See "
        "whether `steal` or `preempted` stands at the same rounds, and repeat once it is gone."},
    FindingPage{
        "cache_counters_absent",
        "The hit ratio was inferred from time alone. It tells a cache that is far too small from "
        "one that fits, but a few percent of difference between hosts mean nothing.",
        "perf_event_open() for loads and misses of the last-level cache was refused, or its "
        "counters stayed at 0 or showed more misses than loads, in every round.",
        "Try `cat /proc/sys/kernel/perf_event_paranoid` and lower it for the run (or grant "
        "CAP_PERFMON). Most clouds offer a virtual PMU on their largest or metal sizes only; "
        "there, leave it as it is."},
    FindingPage{
        "plateau_unclear",
        "For this round no hit ratio could be estimated. Loads from the last-level cache and loads "
        "from memory took nearly the same time, so one latency may be any mixture of the two.",
        "A chase through a quarter of the last-level cache and one through four times its size: "
        "the first is less than 20 % faster than the second.",
        "A guest often sees the size of a cache that it shares with others, and gets little of it: "
        "then this is an answer, and a target with a cache of its own will be faster. Otherwise "
        "free the host of load first."},
    FindingPage{"matrix_sampled",
                "Latencies between CPUs were taken for a sample of pairs. The slowest pair of the "
                "machine may not be among them; every number that is given is a measured one.",
                "A run measures up to 6 pairs in the quick profile, 28 in standard and 120 in deep "
                "(4, 8 and 16 CPUs, evenly spaced, plus one pair of siblings); smoke takes 1. This "
                "machine has more.",
                "For go or no-go the sample does, since it spans the sockets and caches. To place "
                "threads of a latency-critical program, run `assay run --only memory.core_to_core "
                "--profile deep`, or narrow the affinity mask to its CPUs."},
};

}  // namespace

std::span<const FindingPage> memory_pages() {
    return kPages;
}

}  // namespace assay
