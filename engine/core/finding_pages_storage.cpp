#include <array>

#include "engine/core/finding_page.h"

namespace assay {
namespace {

constexpr std::array kPages{
    FindingPage{
        "small_file",
        "A cache of the device or of the controller may hold all of the test file, so random "
        "reads may be those of the cache.",
        "The file is smaller than asked for, or than the 16 MiB below which nothing is measured "
        "well; free space, its reserve (10 %, at least 2 GB) and the time to write the file "
        "decide.",
        "Make room on the filesystem or point --path at a larger one; on a slow disk a larger "
        "--budget gives the time to write more."},
    FindingPage{
        "cached_direct_io",
        "The device was passed by: a layer above it gave the answers from memory. The rate is "
        "that of a cache, however good it looks.",
        "The device's own counters (/sys/block/*/stat) moved over 1 % less than what we read with "
        "O_DIRECT, on a device with nothing stacked above it.",
        "Look for a filesystem that ignores O_DIRECT, a hypervisor with host caching, or a caching "
        "driver; measure the raw device with --device to have the answer."},
    FindingPage{
        "device_traffic_differs",
        "Somebody else used the device, or a layer multiplied or merged what was issued. The "
        "number is what an application sees; the device did other work as well.",
        "Bytes by the device's counters against bytes issued: over 1 % apart, and more than 64 "
        "KiB, "
        "which a filesystem's own look-ups may take.",
        "`iostat -x 1` beside an idle host shows other users. On RAID, thin pools and network "
        "volumes the factor itself is information: write amplification costs endurance."},
    FindingPage{
        "unwritten_data",
        "Blocks that were never written are answered with zeros out of a table. Such reads are "
        "several times too fast.",
        "FIEMAP shows holes or allocated-only extents in over 1 % of the test file; of a raw "
        "device, nobody can know.",
        "Let the run write its own file (--path, enough --budget). A device that was never filled "
        "must be written once before its reads mean anything."},
    FindingPage{
        "not_steady",
        "The device was still changing when the rounds ended. A flash device slows down as it "
        "fills, so a restore of hours will meet a slower device than this number.",
        "SNIA's performance test specification: five rounds whose range stays within 20 % of "
        "their mean, and whose slope takes them less than 10 %. No five rounds in a row did.",
        "Use the deep profile, which writes the file twice first, or a larger --budget; take the "
        "last rounds rather than the median for a forecast."},
    FindingPage{
        "left_steady_state",
        "The device settled and then fell out of it again. Two different speeds exist, and the "
        "median lies between them.",
        "After five rounds within SNIA's limits a later window broke them, or its mean moved by "
        "over 10 % from that of the first steady rounds.",
        "The message names the round. Compare its time with the device's temperature, with backup "
        "or scrub jobs, and with the burst credits of a cloud volume."},
    FindingPage{
        "throttled_volume",
        "The evenness of the rate gives it away: this is a limit that was set, not one that "
        "physics sets. Latencies at this rate are queueing times.",
        "At least eight slices of the round with 50 operations or more each differ by less than "
        "0.5 % (standard deviation over mean), and far less than chance arrivals would. Or the "
        "operations come in bursts: at least half within 2 ms, and the others held for 50 to 300 "
        "ms, three times and more.",
        "Compare the rate with the volume's plan. If a target needs more, the plan can be raised "
        "without new hardware."},
    FindingPage{
        "stalled",
        "For a moment nothing came back at all. A database sees its commits hang, a cluster may "
        "hold an election.",
        "One operation, or a gap between two completions, took at least 100 ms and over 100 times "
        "the median latency.",
        "`dmesg` for resets and time-outs, SMART for reallocated sectors; on shared storage ask "
        "for the array's own log of that second. Repeat: one stall in a year is not one a minute."},
    FindingPage{
        "performance_fell",
        "The beginning was better than the rest. A restore is long, so the rest is what counts.",
        "The largest contrast of ranks over all splits of the series (change-point test with "
        "10 000 seeded permutations): p below 1 %, and the late median at least 15 % worse.",
        "The message says when it fell. Seconds: a fast cache in the device (SLC). Minutes: heat. "
        "Many minutes in a cloud: burst credits; then buy provisioned rate."},
    FindingPage{
        "performance_rose",
        "The first rounds met a cold cache or another load. The median is a mixture of both.",
        "Same change-point test as `performance_fell`, with a late median at least 15 % better.",
        "If a cache warmed up, enlarge --size until it no longer does. If a job ended, take the "
        "run again now."},
    FindingPage{
        "bimodal_latency",
        "Percentiles jump where the two groups meet: p50 may belong to the fast group and p99 to "
        "the slow one, and small changes of the hit ratio move both.",
        "Between the 10th and the 90th percentile, latencies two percent to the left and to the "
        "right of some point differ by a factor of four or more (at least 500 operations).",
        "Decide by the working set: one larger than the cache will see the slow group. Give --size "
        "that working set and repeat."},
    FindingPage{
        "lazy_volume",
        "Blocks come from a snapshot or an archive when they are first read. Until all have been "
        "read once, every first access is slow, also for the workload after a failover.",
        "Median of at least 50 first reads against second reads of the same offsets: over 1.5 "
        "times as long.",
        "Read the whole device once (the provider's pre-warming, or `dd` to /dev/null) as a part "
        "of the failover plan, and count that time into the RTO."},
    FindingPage{
        "flush_swallowed",
        "A sync returned although nothing had reached stable storage. After a power cut, data that "
        "the application believes committed is gone.",
        "The device says `write back` for its cache, we issued syncs, and its counter of flush "
        "requests did not move at all.",
        "Look for cache=unsafe in the hypervisor, a RAID controller without battery, a mount with "
        "nobarrier. Do not certify until flushes arrive."},
    FindingPage{
        "flush_suspicious",
        "Faster than any medium can write. With power-loss protection that is honest; without, it "
        "is a promise that a power cut breaks.",
        "At least 20 syncs with a median under 20 us on a device with a volatile write cache.",
        "Look the model up for power-loss protection (capacitors). If it has none, some layer lies "
        "about flushes: test it with a real power cut before production."},
    FindingPage{
        "rate_not_kept",
        "The load that you asked for was not reached, so the latencies belong to a smaller load "
        "plus a growing queue.",
        "Achieved against offered operations a second of an open loop: over 0.1 % apart and more "
        "than one operation, or operations that were due and never started.",
        "Halve --rate until the finding is gone. That rate is the capacity at this latency."},
    FindingPage{
        "polling_ineffective",
        "The latencies include interrupts, though polled completions were to be measured.",
        "/sys/block/*/queue/io_poll is 0, or the polling threads were busy for less than 90 % of "
        "the round, which a thread that polls always is.",
        "nvme.poll_queues=4 on the kernel's command line, or leave polling out: few applications "
        "use it."},
    FindingPage{
        "io_split",
        "One of our operations is several of the device's. Latency is that of the slowest part; "
        "operations a second count ours.",
        "The device completed over 1 % more operations than we issued, and over 1 % smaller ones.",
        "Compare queue/max_sectors_kb and the stripe size of the array with --block. Applications "
        "with that block size are cut in the same way."},
    FindingPage{
        "io_merged",
        "The device saw fewer and larger operations, which are cheaper. Operations a second are "
        "then too good for a random load.",
        "Merges by the device's counter in over 1 % of our operations, or fewer and larger "
        "operations than we issued.",
        "echo 2 > /sys/block/DEV/queue/nomerges for the test, or --threads 1 with random "
        "offsets."},
    FindingPage{
        "io_errors",
        "The device or the path to it refused to read or write. Speed is the smaller question.",
        "The limit is 0: any operation that failed (its errno is in the message) or came back "
        "short.",
        "Stop here. dmesg, SMART, cables and the array's state come first; a target with I/O "
        "errors must not receive a failover."},
    FindingPage{
        "fresh_state",
        "Flash without preconditioning is at its fastest. Weeks later, or after hours of a "
        "restore, "
        "random writes are often slower by a factor of two and more.",
        "Writes were measured after the file was written once (profiles below deep), or on a "
        "device that was not written before.",
        "For go or no-go it is enough, if both sides were measured the same way. For a "
        "certificate take --profile deep."},
    FindingPage{
        "books_contradict",
        "By Little's law the latencies of all operations, added up, are the depth times the time. "
        "Where they are not, either a latency or the count behind the rate is wrong, and nobody "
        "can say which: the round is refused.",
        "Over each slice of a round and over the whole: what finished operations took, what slots "
        "idled, and how long the rest had been in flight, against depth times time; 2 % is "
        "allowed.",
        "It should never happen. The file of the run holds each refused round with its time: that "
        "is what its makers need to find the cause."},
    FindingPage{
        "short_window",
        "A volume with a limit (a cloud's, a hypervisor's, a control group's) accounts in slices, "
        "often of 100 ms, and lets a slice's operations through at once. Counted over less than "
        "two whole slices the rate can be a third too high, in every round alike.",
        "The counted window of a closed loop was shorter than 200 ms. A run takes fewer rounds "
        "rather than one under 350 ms (smoke: 250 ms), so a shorter --duration of your own makes "
        "such a window, or a queue that takes long to fill. "
        "Where a control group says that it limits the device, the round is refused.",
        "Repeat it with more time. A volume that surely has no limit is measured well all the "
        "same."},
    FindingPage{
        "too_few_operations",
        "Rates are counted, so a window with few operations is coarse: with 10 of them the next "
        "best "
        "answers are 10 % away, and all rounds may agree on the wrong one. Such a round is "
        "refused.",
        "Under 40 operations of a closed loop came back inside the window. After the warm-up each "
        "case "
        "asks for the time of 100 operations and for a queue that was filled once; the longest "
        "round of "
        "the profile and half of the budget bound that.",
        "The device is slow, which may be all that you wanted to know. For a number give a larger "
        "--budget or profile; `assay probe` with a longer --duration measures one case alone."},
    FindingPage{
        "write_limit", "The round is shorter than planned; the rate over its own time is valid.",
        "The bytes written in the round reached `--write-limit`, which protects the endurance of "
        "flash.",
        "See the endurance (TBW) in the data sheet: if the run's `written` in `assay plan` is far "
        "below one percent of it, raise the limit."},
};

}  // namespace

std::span<const FindingPage> storage_pages() {
    return kPages;
}

}  // namespace assay
