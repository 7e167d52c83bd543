#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "engine/core/units.h"
#include "engine/score/recommend.h"

/// Settings of the target that are worth a try. This is advice: assay changes none of them.
namespace assay::score {
namespace {

using enum RecommendationKind;
using enum AmountStyle;

void tune_scheduler(const Evidence& evidence, std::vector<Recommendation>& into) {
    const Value* storage = evidence.target.environment.find("storage");
    const Value* device = storage == nullptr ? nullptr : storage->find("device");
    if (device == nullptr)
        return;
    const Value* scheduler = device->find("scheduler");
    const Value* disk = device->find("disk_name");
    if (scheduler == nullptr || disk == nullptr || scheduler->as_text() == nullptr ||
        disk->as_text() == nullptr)
        return;
    const std::string& name = *disk->as_text();
    // Rotating disks gain from sorting; flash and virtual disks pay for it. Device names only: they
    // become a part of a command.
    const bool is_plain =
        std::ranges::all_of(name, [](unsigned char letter) { return std::isalnum(letter) != 0; });
    const bool is_flash = name.starts_with("nvme") || name.starts_with("vd");
    if (is_plain && is_flash && *scheduler->as_text() != "none")
        into.push_back(
            {"io_scheduler",
             optimisation,
             Concern::none,
             "storage",
             "Try the I/O scheduler none: echo none > /sys/block/" + name + "/queue/scheduler",
             {},
             "environment.storage.device.scheduler"});
}

void tune_governor(const Evidence& evidence, std::vector<Recommendation>& into) {
    const auto governor = environment_text(evidence.target, "cpu", "governor");
    if (governor && (*governor == "powersave" || *governor == "ondemand" ||
                     *governor == "conservative" || *governor == "schedutil"))
        into.push_back({"cpu_governor",
                        optimisation,
                        Concern::none,
                        "cpu",
                        "Try the CPU governor performance (it is " + *governor +
                            "): cpupower frequency-set -g performance",
                        {},
                        "environment.cpu.governor"});
}

void tune_pages(const Evidence& evidence, std::vector<Recommendation>& into) {
    const auto pages = environment_text(evidence.target, "memory", "transparent_huge_pages");
    if (pages == "never")
        into.push_back({"huge_pages",
                        optimisation,
                        Concern::none,
                        "memory",
                        "Allow huge pages: echo madvise "
                        "> /sys/kernel/mm/transparent_hugepage/enabled",
                        {},
                        "environment.memory.transparent_huge_pages"});
}

std::optional<double> round_trip_ns(const Run& run) {
    for (const std::string_view metric : {"network.rtt.tcp", "network.rtt.udp", "network.rtt.icmp"})
        if (const auto median = median_of(run, metric))
            return median;
    return std::nullopt;
}

void tune_socket_buffers(const Evidence& evidence, std::vector<Recommendation>& into) {
    const auto rtt = round_trip_ns(evidence.target);
    const auto rate = median_of(evidence.target, "network.tcp.bandwidth");
    const auto most = environment_number(evidence.target, "network", "receive_buffer_max_bytes");
    if (!rtt || !rate || !most || finding_in(evidence.target, "self_test") != nullptr)
        return;
    // The kernel keeps half of a buffer for its own book-keeping, hence twice the product.
    const double needed = 2 * *rate * to_seconds(static_cast<std::int64_t>(*rtt));
    if (needed > *most)
        into.push_back(
            {"socket_buffers",
             optimisation,
             Concern::none,
             "network",
             "Raise net.core.rmem_max and wmem_max to {} (now {}): twice {} at a round "
             "trip of {}",
             {{std::ceil(needed), size}, {*most, size}, {*rate, bytes_per_second}, {*rtt, time}},
             "network.rtt"});
}

/// Heartbeats as long as a round trip and a durable write take at their worst, and ten of them to
/// an election, which is what etcd's tuning guide asks for (election at least ten heartbeats).
void tune_consensus(const Evidence& evidence, std::vector<Recommendation>& into) {
    const auto sync = percentile_of(evidence.target, "storage.fsync.latency", "p99");
    std::optional<double> rtt;
    for (const std::string_view metric : {"network.rtt.tcp", "network.rtt.udp", "network.rtt.icmp"})
        if (const auto tail = percentile_of(evidence.target, metric, "p99"); tail && !rtt)
            rtt = tail->value;
    if (!sync || !rtt)
        return;
    constexpr double kMillisecond = kNanosecondsPerMillisecond;
    constexpr double kStep = 10 * kMillisecond;
    constexpr double kBeatsAnElection = 10;
    const double heartbeat = std::max(kStep, std::ceil((*rtt + sync->value) / kStep) * kStep);
    into.push_back({"consensus_timers",
                    optimisation,
                    Concern::none,
                    "network",
                    "For etcd or another Raft: heartbeat at least {}, election at least {} (p99 of "
                    "the round trip {}, of fsync {})",
                    {{heartbeat, time},
                     {kBeatsAnElection * heartbeat, time},
                     {*rtt, time},
                     {sync->value, time}},
                    "storage.fsync.latency"});
}

void tune_clock(const Evidence& evidence, std::vector<Recommendation>& into) {
    const auto current = environment_text(evidence.target, "kernel", "clock_source");
    const auto available = environment_text(evidence.target, "kernel", "clock_sources_available");
    if (current && available && *current != "tsc" &&
        (" " + *available + " ").find(" tsc ") != std::string::npos)
        into.push_back({"clock_source",
                        optimisation,
                        Concern::none,
                        "",
                        "Try the clock source tsc, which the target offers (it uses another): echo "
                        "tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource",
                        {},
                        "environment.kernel.clock_source"});
}

void tune_swap(const Evidence& evidence, std::vector<Recommendation>& into) {
    const auto used = environment_number(evidence.target, "memory", "swap_used_bytes");
    if (used && *used > 0)
        into.push_back({"swap_in_use",
                        optimisation,
                        Concern::caution,
                        "memory",
                        "{} of swap are in use on the target before the workload is there: add "
                        "memory, or move what fills it",
                        {{*used, size}},
                        "environment.memory.swap_used_bytes"});
}

constexpr std::array kRules{
    Rule{"io_scheduler", "A flash or virtual disk has an I/O scheduler that it does not need.",
         &tune_scheduler},
    Rule{"cpu_governor", "The CPU's governor saves power.", &tune_governor},
    Rule{"huge_pages", "Huge pages are switched off.", &tune_pages},
    Rule{"socket_buffers", "Socket buffers are too small for the link's length.",
         &tune_socket_buffers},
    Rule{"consensus_timers", "Time-outs for a consensus protocol from what was measured.",
         &tune_consensus},
    Rule{"clock_source", "A slow clock source is in use though a fast one is offered.",
         &tune_clock},
    Rule{"swap_in_use", "The target swaps already.", &tune_swap},
};

}  // namespace

std::span<const Rule> tuning_rules() {
    return kRules;
}

}  // namespace assay::score
