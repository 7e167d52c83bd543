#include <algorithm>
#include <array>
#include <cmath>

#include "engine/score/capacity.h"
#include "engine/score/evidence.h"

/// Warren's managers, workers and tasks; nodes and time-outs of a consensus.
namespace assay::score {
namespace {

using enum AmountStyle;

constexpr double kGigabyte = 1e3 * 1e3 * 1e3, kMegabyte = 1e3 * 1e3;
constexpr double kMillisecond = 1e3 * 1e3;
const std::string kGuide = "warren-benchmarking-guide.md:";

struct Role {
    std::string_view id, title, lines;
    double cores, memory_bytes, disk_bytes;
};
constexpr std::array kRoles{
    Role{"warren.managers", "Managers that fit", "63-65", 2, 2 * kGigabyte, 10 * kGigabyte},
    Role{"warren.workers", "Workers that fit", "68-70", 4, 4 * kGigabyte, 20 * kGigabyte}};

void add_role(const Run& run, const Role& role, std::vector<CapacityLine>& lines) {
    CapacityLine line{.id = std::string(role.id),
                      .title = std::string(role.title),
                      .document = kGuide + std::string(role.lines),
                      .formula = "the smallest of cores, memory and disk, each by one node's"};
    const auto cores = cores_of(run), memory = memory_bytes_of(run), disk = disk_bytes_of(run);
    line.needed = 1;
    std::optional<double> fits;
    if (cores && memory && disk) {
        fits = std::floor(
            std::min({*cores / role.cores, *memory / role.memory_bytes, *disk / role.disk_bytes}));
        line.arithmetic = "min({} / {} cores, {} / {}, {} / {}) = {}";
        line.amounts = {
            {*cores, count}, {role.cores, count},     {*memory, size}, {role.memory_bytes, size},
            {*disk, size},   {role.disk_bytes, size}, {*fits, count}};
    }
    judge_at_least(line, fits, "environment", "One of cores, memory and disk");
    lines.push_back(std::move(line));
}

void add_tasks(const Run& run, const CapacityTask& task, std::vector<CapacityLine>& lines) {
    constexpr double kShareOfACpu = 0.05, kMemory = 50 * kMegabyte, kConcurrent = 1000;
    CapacityLine line{.id = "warren.tasks",
                      .title = "Tasks that fit",
                      .document = kGuide + "53,45",
                      .formula = "the smaller of cores / 5 % and memory / 50 MB"};
    line.needed = task.tasks;
    const auto cores = cores_of(run), memory = memory_bytes_of(run);
    std::optional<double> fits;
    if (cores && memory) {
        fits = std::floor(std::min(*cores / kShareOfACpu, *memory / kMemory));
        line.arithmetic = "min({} / 0.05, {} / 50 MB) = {}; the whole cluster's target is {}";
        line.amounts = {{*cores, count}, {*memory, size}, {*fits, count}, {kConcurrent, count}};
    }
    if (fits && !line.needed) {
        line.available = fits;
        line.measured_by = "environment";
        line.fit = Fit::advice;
    } else
        judge_at_least(line, fits, "environment", "One of cores and memory");
    lines.push_back(std::move(line));
}

std::optional<double> round_trip(const Run& run, std::string_view percentile) {
    for (const std::string_view metric : {"network.rtt.tcp", "network.rtt.udp", "network.rtt.icmp"})
        if (const auto found = percentile_of(run, metric, percentile))
            return found->value;
    return std::nullopt;
}

/// A commit is durable when the log is on disk here and a majority has answered: a sync and a round
/// trip at least. Percentiles do not add up exactly; two p99 together are an upper estimate.
void add_commits(const Run& run, std::vector<CapacityLine>& lines) {
    struct Limit {
        std::string_view percentile;
        double most_ns;
    };
    constexpr std::array kLimits{Limit{"p50", 50 * kMillisecond}, Limit{"p95", 100 * kMillisecond},
                                 Limit{"p99", 200 * kMillisecond}};
    for (const Limit& limit : kLimits) {
        const std::string name(limit.percentile);
        CapacityLine line{.id = "warren.raft_apply_" + name,
                          .title = "Raft apply, " + name,
                          .document = kGuide + "34",
                          .formula = "sync + round trip, both at " + name};
        line.needed = limit.most_ns;
        const auto sync = percentile_of(run, "storage.fsync.latency", limit.percentile);
        const auto rtt = round_trip(run, limit.percentile);
        std::optional<double> total;
        if (sync && rtt) {
            total = sync->value + *rtt;
            line.arithmetic = "{} + {} = {}, at most {}";
            line.amounts = {
                {sync->value, time}, {*rtt, time}, {*total, time}, {limit.most_ns, time}};
        }
        judge_at_most(line, total, "storage.fsync.latency, network.rtt",
                      "The sync's or the round trip's " + name);
        lines.push_back(std::move(line));
    }
}

void add_nodes(const CapacityTask& task, std::vector<CapacityLine>& lines) {
    if (!task.faults)
        return;
    const double faults = *task.faults;
    struct Quorum {
        std::string_view id, title, document, formula, arithmetic;
        double a_fault;
    };
    constexpr std::array kQuorums{
        Quorum{"decube.bft_nodes", "Nodes of the ledger (Byzantine faults)",
               "decube-performance-guide.md:45", "3 f + 1", "3 x {} + 1 = {} nodes", 3},
        Quorum{"consensus.raft_nodes", "Nodes of a Raft cluster (crashes)",
               "decube-performance-guide.md:43", "2 f + 1 (a majority must live)",
               "2 x {} + 1 = {} nodes", 2}};
    for (const Quorum& row : kQuorums) {
        CapacityLine line{.id = std::string(row.id),
                          .title = std::string(row.title),
                          .document = std::string(row.document),
                          .formula = std::string(row.formula),
                          .arithmetic = std::string(row.arithmetic)};
        line.needed = row.a_fault * faults + 1;
        line.amounts = {{faults, count}, {*line.needed, count}};
        line.fit = Fit::advice;
        lines.push_back(std::move(line));
    }
}

/// One commit after another waits for the sync; the requirement asks p99 < 100 ms.
void add_commit_rate(const Run& run, std::vector<CapacityLine>& lines) {
    constexpr double kMostLatency = 100 * kMillisecond;
    CapacityLine line{.id = "consensus.latency",
                      .title = "Commit of a consensus log, p99",
                      .document = "consensus-benchmarker.md:37",
                      .formula = "sync at p99, below 100 ms"};
    line.needed = kMostLatency;
    const auto sync = percentile_of(run, "storage.fsync.latency", "p99");
    if (sync) {
        line.arithmetic = "{}, at most {}";
        line.amounts = {{sync->value, time}, {kMostLatency, time}};
    }
    judge_at_most(line, sync ? std::optional(sync->value) : std::nullopt, "storage.fsync.latency",
                  "The sync's p99");
    lines.push_back(std::move(line));
}

}  // namespace

void add_warren_lines(const Run& run, const CapacityTask& task, std::vector<CapacityLine>& lines) {
    for (const Role& role : kRoles)
        add_role(run, role, lines);
    add_tasks(run, task, lines);
    add_commits(run, lines);
}

void add_consensus_lines(const Run& run, const CapacityTask& task,
                         std::vector<CapacityLine>& lines) {
    add_nodes(task, lines);
    add_commit_rate(run, lines);
}

}  // namespace assay::score
