#include <array>

#include "engine/core/finding_page.h"

namespace assay {
namespace {

constexpr std::array kPages{
    FindingPage{
        "clock_unverified",
        "The clock of the processor was measured twice, in different ways, and the two do not "
        "agree. Everything that is given per cycle (share of peak) falls with it.",
        "Chains of dependent multiplications against a second chain (additions, or vector "
        "operations): over 1 % apart, or vector units so busy (over 90 %) that they may have set "
        "the time themselves.",
        "Repeat on an idle host. A virtual machine whose hypervisor emulates or shares a core can "
        "show this for ever: then use rates in FLOP/s, which need no clock, and not shares."},
    FindingPage{
        "peak_unknown",
        "The rate in FLOP/s is valid; only its share of the hardware's peak is missing.",
        "A core starts 0.5, 1, 2, 3 or 4 multiply-adds a cycle. The upper quartile of what was "
        "seen "
        "at the measured clock is near none of them (1.5 % below to 2 % above), so the core's "
        "width "
        "is not known.",
        "Nothing, if you compare FLOP/s. For the share of peak, repeat while the sibling threads "
        "are idle."},
    FindingPage{
        "scaling_points_absent",
        "The scaling curve ends early. What lies beyond cannot be read from it.",
        "The affinity mask of this process holds fewer CPUs than 1, 2, 4, 8 and 16 threads ask "
        "for (requirement: multi-core scaling to 16).",
        "Start without `taskset` or a cpuset if the machine has more. If it has not, the missing "
        "points are an answer: the target has fewer cores."},
    FindingPage{
        "contention_model",
        "Efficiency over threads was fitted by two numbers: the share of work that waits for "
        "others, and the cost of keeping caches alike.",
        "Universal Scalability Law (Gunther 1993) by least squares over the measured points; the "
        "message says how far the worst point lies from the curve.",
        "A coherency above zero means that more threads will one day be slower: size by measured "
        "points, and add machines rather than cores near the top of the curve."},
    FindingPage{
        "hidden_smt",
        "The machine shows twice as many cores as it has. A source with real cores and a target "
        "with hidden siblings look equal in every inventory, and are not.",
        "Each pair of CPUs that the system shows as two cores runs a compute loop alone and "
        "together: at 70 % or less of the speed alone they share a core. Real cores stay above "
        "85 %.",
        "Halve the core count when you size the target. Cloud providers can show the siblings "
        "(threads per core = 2) or switch them off; ask for that before the comparison."},
    FindingPage{
        "pairs_unclear",
        "Whether this machine hides sibling threads stays open, so its core count may be read "
        "too high.",
        "The slowest pair of CPUs ran at between 70 % and 85 % of its speed alone: too slow for "
        "cores of their own on an idle host, too fast for siblings.",
        "Repeat `assay probe cpu.scaling` while the host is idle; steal or a neighbour on the same "
        "physical core lands in this band."},
    FindingPage{
        "drifting",
        "The machine gets slower the longer it works, for a reason that neither the clock nor the "
        "scheduler shows. A restore lasts longer than any short test.",
        "A soak of 1 s parts falls by 2 % or more for good: in a step (change points, p < 0.001) "
        "or "
        "in a slide (Mann-Kendall, chance below 1 %, size by Theil and Sen). The clock, CPU time, "
        "steal and quotas explain less than half of it.",
        "Plan with the sustained rate. Memory bandwidth taken by a neighbour, and page migration, "
        "are the usual causes: watch them with the resource series of the file."},
    FindingPage{
        "quota_throttled",
        "The group may burst for a while and is then held to its quota, or somebody set one during "
        "the run. What counts for a long job is the rate after it.",
        "A fall as of `drifting`, with at least 1 throttled period a second more (nr_throttled of "
        "cpu.stat) and at least half of the fall in the threads' own CPU time.",
        "Read cpu.max and cpu.max.burst of the group that the message of `cgroup_quota` names, and "
        "of its parents."},
    FindingPage{
        "steal_rose",
        "A burstable instance has used up its credits, or the host runs more virtual CPUs than it "
        "has. Both promise in a minute what they will not keep for an hour.",
        "A fall as of `drifting`, with steal (proc/stat, of the measured CPUs) growing by at least "
        "half of what the rate lost.",
        "Ask the provider for the credit balance of the instance; if it was not empty, ask the "
        "operator of the hypervisor for its overcommit ratio."},
    FindingPage{
        "heat_throttled",
        "The processor is not cooled for the load that it is sold for. In a failover all machines "
        "of the rack are busy at once, and it will be warmer than now.",
        "The measured clock falls by at least half of what the rate lost, and the counts of "
        "thermal_throttle or the states of the processors' cooling devices (sys/class/thermal) "
        "rise with it.",
        "Look for dust, a failed fan, a missing blank panel and the inlet temperature; then repeat "
        "the deep profile with the neighbours under load."},
    FindingPage{
        "clock_fell", "The turbo ran out. The first seconds promised what an hour will not keep.",
        "A fall as of `drifting`, with at least half of it in the measured clock; neither steal "
        "nor "
        "a counter of heat (thermal_throttle) rose, or none can be read here.",
        "Compare `sustained` and not `burst` rates. On own hardware check BIOS power limits, the "
        "governor and fans; a guest sees none of them: ask the operator of the hypervisor."},
    FindingPage{
        "cpu_time_fell",
        "The machine's clock held, but the threads were given less of it: another program started, "
        "or a hypervisor that keeps its steal to itself took time slices.",
        "A fall as of `drifting`, with at least half of it in the threads' own CPU time "
        "(CLOCK_THREAD_CPUTIME_ID), while neither throttled periods nor steal rose.",
        "Look at the load in the resource series; a target that gives less under long load needs "
        "reserved CPUs before a failover."},
    FindingPage{
        "aes_in_software",
        "Encryption and decryption will take several times the CPU, and a restore of encrypted "
        "backups is then bound by this core.",
        "The processor shows no AES instructions (x86: the cpuid bit `aes`), or OPENSSL_ia32cap "
        "forbids them, so the library falls back to table or bit-sliced code.",
        "Nearly every server processor of the last ten years has them: look at the virtual "
        "machine's CPU model first (`host-passthrough`, or a model with `aes`), and only then at "
        "new hardware."},
    FindingPage{
        "software_aes_rate",
        "The price of a hypervisor that hides the AES instructions from its guest, or of a "
        "processor that has none: the number to plan with if the failover may land on such a "
        "machine.",
        "A second copy of OpenSSL is loaded with AES-NI, PCLMULQDQ, VAES and VPCLMULQDQ switched "
        "off (OPENSSL_ia32cap), proves itself by the published example, and runs in the same "
        "rounds as the first. Over 0.5 bytes a cycle refuse the round, since only the "
        "instructions do that.",
        "Compare the flags of both hosts (`grep -c aes /proc/cpuinfo`) before the failover, and "
        "the CPU models that the target's cluster may migrate the guest to."},
    FindingPage{
        "software_aes_unmeasured",
        "Encryption rates of this host are complete; only the comparison with a processor that "
        "has no AES instructions is missing.",
        "The second copy of OpenSSL could not be loaded, did not obey OPENSSL_ia32cap, or is of "
        "another build than the first.",
        "Run the packaged program, without file capabilities and with the distribution's shared "
        "libcrypto.so.3."},
    FindingPage{
        "crypto_headroom",
        "The hardware is better than the number: a newer library would use wider AES "
        "instructions. Source and target should use the same library before you compare.",
        "A bare loop of the widest AES instructions against the library in CTR mode: over 1.5 "
        "times as fast. Counting and combining the blocks explains less than that.",
        "Compare the OpenSSL versions on both sides (`assay version`): newer releases use the wide "
        "AES instructions (VAES) in more modes."},
    FindingPage{
        "trivial_data",
        "The compressor had next to nothing to do, so its rate and its ratio are flattering.",
        "Over half of the corpus is zero bytes, or it shrinks to less than a twentieth (ratio over "
        "20).",
        "Give --corpus a sample of real backup data without its empty areas, or leave the option "
        "out: the generated mix has 64 parts of known kinds."},
};

}  // namespace

std::span<const FindingPage> processor_pages() {
    return kPages;
}

}  // namespace assay
