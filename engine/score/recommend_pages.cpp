#include <array>

#include "engine/score/recommend.h"

namespace assay::score {
namespace {

constexpr std::array kPages{
    RulePage{
        "target_exceeds",
        "In everything that was compared the target does at least what the source does, and "
        "with enough certainty for GO.",
        "Decision GO, overall score >= 1.0 and every compared category >= 1.0. A fast CPU does "
        "not make up for a slow disk here.",
        "Keep both result files as evidence, and take the comparison again after changes to "
        "either side."},
    RulePage{"category_assessment",
             "One line for each category: its ratio to the source, and what that is usually good "
             "for.",
             "The sentence follows from the grade: Excellent >= 1.0, Good >= 0.8, Adequate >= 0.6, "
             "Poor >= 0.4, Critical below (requirement, scoring thresholds).",
             "Read the categories at Adequate and below first, and weigh them by your workload: a "
             "web server lives with slow disks, a database does not."},
    RulePage{"low_score",
             "By the required formula the target does less than six tenths of the source's work.",
             "Overall = 0.3 CPU + 0.2 memory + 0.4 storage + 0.1 network, below 0.6 (requirement, "
             "use case 1).",
             "Do not fail over production to it. Find the weakest category in the table and start "
             "with its required upgrade."},
    RulePage{"not_recommended",
             "At least one limit rules this target out, whatever the other numbers are.",
             "The decision is NO-GO: overall below 0.6, a category below 0.4, or a limit of the "
             "policy missed. The reasons above the recommendations name which (`because`).",
             "Use the target for tests or for workloads that may be slow; upgrade what the reasons "
             "name and compare again."},
    RulePage{
        "metric_lower",
        "The target does less than the source in this metric, by more than 5 % and not by chance.",
        "The ratio is at most 0.95 and its 95 % interval lies wholly below 1. The percentage "
        "is computed from the medians of both sides.",
        "Ask who feels it: the sentence names the workloads. To reach the source, the metric "
        "must grow by 1 / ratio - 1, which is more than the percentage that is missing."},
    RulePage{
        "required_cores",
        "The CPU does less than 60 % of the source's work, and this many cores of the same "
        "kind would lift it to 80 %.",
        "cores x 0.8 / ratio, rounded up. It takes work to grow with cores exactly, which is "
        "the best case: hence `minimum`.",
        "Add cores or move to a faster processor; then measure again, since memory or heat may "
        "hold more cores back."},
    RulePage{"required_storage",
             "The storage does less than 60 % of the source's work: databases and running machines "
             "will not keep up.",
             "Category ratio below 0.6. If the disk under the path is not NVMe, that is named by "
             "what the kernel calls it (`environment.storage`); else 0.8 / ratio is the factor.",
             "Move the volume to NVMe, stripe over more devices, or buy a larger provisioned rate "
             "in a cloud."},
    RulePage{"required_memory",
             "The memory's bandwidth is below 60 % of the source's, which no number of cores makes "
             "up for.",
             "Category ratio below 0.6; the factor is 0.8 / ratio of the present bandwidth.",
             "Look at `dmidecode -t memory`: half of the channels empty gives half of the "
             "bandwidth. Otherwise a host with more channels or faster modules."},
    RulePage{"required_network",
             "The way to the peer carries less than 60 % of what the source's way carries.",
             "Category ratio below 0.6; the minimum is 80 % of the source's measured TCP rate.",
             "A faster link or more of them bonded; check first for a duplex or autonegotiation "
             "fault (`ethtool`), which costs nothing to mend."},
    RulePage{"suggest_storage",
             "Restores, databases and running machines will notice the slower disk.",
             "Category ratio below 0.8. The percentage is 1 / ratio - 1: a ratio of 0.70 needs "
             "+43 %, not +30 %.",
             "Faster media first, then the number of devices, then the tuning below. Put the "
             "storage-intensive machines elsewhere until then."},
    RulePage{"suggest_memory", "Machines that fit on the source may not fit, or may run slower.",
             "Memory in the inventory below 98 % of the source's (firmware keeps some), or a "
             "bandwidth ratio below 0.8; amounts are computed from those numbers.",
             "Size and speed are different purchases: more gigabytes in the same slots do not make "
             "memory faster, more channels do."},
    RulePage{
        "suggest_cpu", "Compute, encryption and compression will take longer than at home.",
        "CPU ratio below 0.8; 1 / ratio - 1 is what is missing to the source.",
        "More cores help parallel work, a higher clock helps everything. See `fewer_cores` and "
        "`missing_isa` for which of the two it is."},
    RulePage{
        "link_speed",
        "The target's link is the narrower one, so replication and restore run at its pace.",
        "The fastest connected physical interface on both sides (/sys/class/net/*/speed), or a "
        "measured network ratio below 0.8 (requirement, use case 4).",
        "Upgrade the target's link. If that is not possible, throttle the source, so that "
        "replication does not push production traffic aside."},
    RulePage{"restore_bottleneck",
             "A restore is a pipeline; only its slowest stage decides, and money spent on another "
             "one buys nothing.",
             "Median rates of read, network, decrypt, decompress and write, in bytes of restored "
             "data; said only when all 5 were measured.",
             "Upgrade that stage up to the factor given; beyond it the next one holds. `assay "
             "predict` gives times and probabilities for your amount of data."},
    RulePage{
        "missing_isa",
        "Programs built for the source's instruction set run slower here, or refuse to start.",
        "cpuid and the operating system's state on both sides: AVX2, AVX-512 and AES-NI on the "
        "source, and not on the target.",
        "In a virtual machine change the CPU model to host-passthrough. On hardware without "
        "it, check that no restored program was compiled with -march=native."},
    RulePage{"fewer_cores",
             "Work that runs in parallel has less room, and a queue forms where the source had "
             "none.",
             "Physical cores in the two inventories (`environment.cpu.cores`, by hwloc); threads "
             "of one core are not counted "
             "twice.",
             "Compare the CPU ratio: faster cores can make up for fewer. If it is below 0.8 as "
             "well, add cores."},
    RulePage{"hidden_siblings",
             "The target's inventory promises twice the cores that there are in the hardware.",
             "The finding `hidden_smt` of the target's own run: pairs of CPUs at 70 % of their "
             "speed or less beside each other.",
             "Size by half the number. Ask the provider for an instance with real cores if the "
             "source has them."},
    RulePage{
        "slower_fsync",
        "Every commit waits for this. A transaction rate that is bound by commits falls by the "
        "same factor.",
        "storage.fsync.latency, medians: over 1.2 times the source's.",
        "A device with power-loss protection syncs in tens of microseconds. In a cloud, local "
        "NVMe or a volume type with lower latency."},
    RulePage{"latency_tail",
             "Most operations are fast and one in a hundred is very slow. Users see the slow ones.",
             "p99 over 10 times p50 of any latency of the target (requirement: consensus "
             "benchmarker, LATENCY_TAIL); both from all operations of the run.",
             "Look at the slowest operations in the file: at one time means a stall or another "
             "load, spread evenly means queueing; then use a smaller depth."},
    RulePage{
        "throughput_degradation",
        "The target cannot keep its best rate under lasting load, and a restore is a lasting load.",
        "Sustained below 0.8 of the burst rate (requirement: THROUGHPUT_DEGRADATION), or a "
        "finding of the target that says so: `performance_fell`, `quota_throttled`, `steal_rose`, "
        "`heat_throttled`, `clock_fell`, `cpu_time_fell`, `drifting`, `left_steady_state`.",
        "Plan restores with the late rate. `assay explain` with the finding's id has the "
        "causes one by one."},
    RulePage{"resource_constraint",
             "Not the hardware but a limit, or another load on the host, set the number.",
             "A finding of the target: `cgroup_quota`, `cgroup_io_limit`, `cgroup_memory_limit`, "
             "`other_load`, `guard_paused` or `throttled_volume` (requirement: "
             "RESOURCE_CONSTRAINT).",
             "Decide whether the workload will live under the same limit. If not, lift it and "
             "measure again before buying hardware."},
    RulePage{
        "stolen_time",
        "Neighbours on the same physical host took CPU time that this machine was promised.",
        "Rounds of the target that the steal gate refused (over 0.5 % of the CPU time).",
        "Move to dedicated or reserved CPUs. During a regional failover all tenants wake up at "
        "once, so expect more of it than was measured."},
    RulePage{
        "data_at_risk",
        "Speed is not the problem here: the target may lose data that it confirmed, or already "
        "fails to read it.",
        "A finding of the target: `flush_swallowed`, `flush_suspicious`, `barriers_off`, "
        "`memory_backed`, `io_errors` or `raid_degraded`.",
        "Mend this before anything else, then take the run again: the storage numbers will "
        "change with it."},
    RulePage{"io_scheduler",
             "Sorting requests costs time and brings nothing on devices without moving heads.",
             "The scheduler of an NVMe or virtio disk under the path (/sys/block/*/queue) is not "
             "`none`.",
             "Try it with the command, run the storage probes again, and keep it only if the tail "
             "got better: mq-deadline can protect reads from heavy writes."},
    RulePage{"cpu_governor",
             "The clock rises late after idle times, which adds to latencies of short requests.",
             "cpufreq's governor of the target is powersave, ondemand, conservative or schedutil "
             "(/sys/devices/system/cpu/*/cpufreq).",
             "Set it for a trial with the command; make it permanent through tuned or the "
             "distribution's cpupower service. With intel_pstate, powersave is the normal name and "
             "the gain is small."},
    RulePage{
        "huge_pages", "Large memories without huge pages spend time on address translation.",
        "/sys/kernel/mm/transparent_hugepage/enabled is `never` on the target.",
        "`madvise` lets programs ask and leaves the others alone. Some databases want `never`: "
        "follow their manual."},
    RulePage{"socket_buffers",
             "One stream cannot fill the link, because it must wait for acknowledgements.",
             "Twice the bandwidth-delay product (measured rate x measured round trip) is above "
             "net.core.rmem_max.",
             "Write the values to /etc/sysctl.d and raise tcp_rmem's third number as well; several "
             "streams are the other way out."},
    RulePage{
        "consensus_timers",
        "Time-outs shorter than the slowest honest answer cause elections without a failure; "
        "much longer ones make failovers slow.",
        "p99 of the round trip plus p99 of fsync, rounded up to 10 ms, is the heartbeat; ten "
        "of them the election (etcd's tuning guide).",
        "Take the larger of this and the product's default (etcd: 100 ms and 1000 ms). Measure "
        "between the members that will form the cluster."},
    RulePage{
        "clock_source", "Each look at the time is a call into the kernel or the hypervisor.",
        "current_clocksource is not tsc, and available_clocksource lists tsc.",
        "Try it with the command while ntp or chrony watches the drift for a day; then make it "
        "permanent at boot."},
    RulePage{"swap_in_use", "The target is short of memory before the failover brings its load.",
             "SwapTotal - SwapFree in /proc/meminfo is above 0 when the run begins.",
             "See what is swapped (`smem`, VmSwap in /proc/*/status). A little that was idle for "
             "weeks is harmless; growth is not."},
};

}  // namespace

std::span<const RulePage> rule_pages() {
    return kPages;
}

}  // namespace assay::score
