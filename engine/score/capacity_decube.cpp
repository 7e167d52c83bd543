#include <algorithm>
#include <cmath>

#include "engine/measure/statistics.h"
#include "engine/score/capacity.h"
#include "engine/score/evidence.h"

namespace assay::score {
namespace {

using enum AmountStyle;

constexpr double kGigabyte = 1e3 * 1e3 * 1e3, kMegabyte = 1e3 * 1e3;
const std::string kGuide = "decube-performance-guide.md:";

std::optional<double> tcp_rate_of(const Run& run) {
    return finding_in(run, "self_test") != nullptr ? std::nullopt
                                                   : median_of(run, "network.tcp.bandwidth");
}

/// Of one thread at its best block size: what the operation itself costs.
std::optional<double> one_thread_rate(const Run& run, std::string_view metric) {
    double best = 0;
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements) {
            const Value* scope = measurement.condition("scope");
            if (measurement.metric == metric && scope != nullptr && scope->as_text() != nullptr &&
                *scope->as_text() == "one")
                best = std::max(best, measure::median(measurement.samples).value_or(0));
        }
    return best > 0 ? std::optional(best) : std::nullopt;
}

/// At the largest measured number of threads up to `most`.
struct Efficiency {
    double threads = 0, value = 0;
};
std::optional<Efficiency> efficiency_of(const Run& run, double most) {
    std::optional<Efficiency> best;
    double most_so_far = 0;
    for (const ProbeResult& probe : run.probes)
        for (const Measurement& measurement : probe.measurements) {
            const Value* condition = measurement.condition("threads");
            if (measurement.metric != "cpu.scaling.efficiency" || condition == nullptr)
                continue;
            const double threads = condition->as_number().value_or(0);
            const double value = measure::median(measurement.samples).value_or(0);
            if (threads > most_so_far && threads <= most && value > 0) {
                best = Efficiency{threads, value};
                most_so_far = threads;
            }
        }
    return best;
}

void add_storage(const Run& run, const CapacityTask& task, std::vector<CapacityLine>& lines) {
    if (!task.dataset_bytes)
        return;
    constexpr double kCopies = 3, kShareOfASnapshot = 0.1;
    const double data = *task.dataset_bytes;
    const double frequency = task.snapshots_per_day.value_or(0);
    const double days = task.retention_days.value_or(0);
    CapacityLine line{.id = "decube.storage",
                      .title = "Storage for data and snapshots",
                      .document = kGuide + "484",
                      .formula = "dataset x 3 + snapshots a day x days kept x dataset x 0.1"};
    line.needed = data * kCopies + frequency * days * data * kShareOfASnapshot;
    line.arithmetic = "{} x 3 + {} x {} x {} x 0.1 = {}";
    line.amounts = {
        {data, size}, {frequency, count}, {days, count}, {data, size}, {*line.needed, size}};
    judge_at_least(line, disk_bytes_of(run), "environment.storage.device.size_bytes",
                   "The size of the disk under --path");
    lines.push_back(std::move(line));
}

void add_memory(const Run& run, const CapacityTask& task, std::vector<CapacityLine>& lines) {
    constexpr double kBytesABytes = 2, kAConnection = 8 * kMegabyte;
    if (task.dataset_bytes) {
        CapacityLine line{.id = "decube.memory_for_data",
                          .title = "Memory for the dataset",
                          .document = kGuide + "39",
                          .formula = "2 GB of memory a GB of data"};
        line.needed = kBytesABytes * *task.dataset_bytes;
        line.arithmetic = "2 x {} = {}, over all nodes";
        line.amounts = {{*task.dataset_bytes, size}, {*line.needed, size}};
        judge_at_least(line, memory_bytes_of(run), "environment.memory.total_bytes",
                       "The size of the memory");
        if (line.fit == Fit::no) {
            // A dataset is spread over nodes: how many of this one hold it.
            line.fit = Fit::advice;
            line.arithmetic += "; {} nodes of {}";
            line.amounts.push_back({std::ceil(*line.needed / *line.available), count});
            line.amounts.push_back({*line.available, size});
        }
        lines.push_back(std::move(line));
    }
    if (!task.active_bytes && !task.connections)
        return;
    const double active = task.active_bytes.value_or(0), connections = task.connections.value_or(0);
    CapacityLine line{.id = "decube.memory",
                      .title = "Memory for active data and connections",
                      .document = kGuide + "495",
                      .formula = "active data x 2 + connections x 8 MB"};
    line.needed = kBytesABytes * active + connections * kAConnection;
    line.arithmetic = "{} x 2 + {} x 8 MB = {}";
    line.amounts = {{active, size}, {connections, count}, {*line.needed, size}};
    judge_at_least(line, memory_bytes_of(run), "environment.memory.total_bytes",
                   "The size of the memory");
    lines.push_back(std::move(line));
}

void add_network(const Run& run, const CapacityTask& task, std::vector<CapacityLine>& lines) {
    if (!task.users || !task.request_bytes)
        return;
    constexpr double kBothWays = 2;
    const double window = task.window_s.value_or(1);
    CapacityLine line{.id = "decube.network",
                      .title = "Network for the users",
                      .document = kGuide + "489",
                      .formula = "users x request size x 2 / window"};
    line.needed = *task.users * *task.request_bytes * kBothWays / window;
    line.arithmetic = "{} x {} x 2 / {} s = {}";
    line.amounts = {{*task.users, count},
                    {*task.request_bytes, size},
                    {window, count},
                    {*line.needed, bytes_per_second}};
    judge_at_least(line, tcp_rate_of(run), "network.tcp.bandwidth",
                   "The TCP bandwidth to a peer on another host");
    lines.push_back(std::move(line));
}

void add_cpu(const Run& run, const CapacityTask& task, std::vector<CapacityLine>& lines) {
    if (!task.operations_per_s)
        return;
    constexpr double kNanosecondsASecond = kGigabyte;
    CapacityLine line{.id = "decube.cpu",
                      .title = "CPUs for the operations",
                      .document = kGuide + "494",
                      .formula = "operations/s x CPU an operation / efficiency"};
    std::optional<double> cost = task.cpu_s_per_operation;
    std::string how = "given";
    const auto encrypt = one_thread_rate(run, "cpu.aes_256_gcm.encrypt");
    const auto hash = one_thread_rate(run, "cpu.sha_256.hash");
    if (!cost && task.request_bytes && encrypt && hash) {
        cost = *task.request_bytes / *encrypt + *task.request_bytes / *hash;
        how = "encrypting and hashing one request, measured";
    }
    const auto cores = cores_of(run);
    const auto efficiency = efficiency_of(run, cores.value_or(HUGE_VAL));
    if (!cost || !efficiency) {
        line.arithmetic = "{} an s x ?";
        line.amounts = {{*task.operations_per_s, count}};
        line.gap = cost ? "The scaling efficiency is not known from this run (cpu.scaling)."
                        : "The CPU time of an operation is not known: give --cpu-per-operation, or "
                          "--request-size with cpu.aes_256_gcm and cpu.sha_256 in the run.";
        lines.push_back(std::move(line));
        return;
    }
    line.needed = *task.operations_per_s * *cost / efficiency->value;
    line.arithmetic =
        "{} an s x {} (" + how + ") / {} (measured at {} threads) = {} CPUs; {} cores are there";
    line.amounts = {{*task.operations_per_s, count}, {*cost * kNanosecondsASecond, time},
                    {efficiency->value, percent},    {efficiency->threads, count},
                    {*line.needed, count},           {cores.value_or(0), count}};
    judge_at_least(line, cores, "environment.cpu.cores", "The number of cores");
    lines.push_back(std::move(line));
}

void add_scaling(const Run& run, std::vector<CapacityLine>& lines) {
    constexpr double kLinearCores = 16, kNearlyLinear = 0.9;
    CapacityLine line{.id = "decube.scaling",
                      .title = "CPU scales linearly to 16 cores",
                      .document = kGuide + "38",
                      .formula = "efficiency of N threads; at least 90 % counts as linear here"};
    line.needed = kNearlyLinear;
    const auto efficiency = efficiency_of(run, kLinearCores);
    if (efficiency) {
        line.arithmetic = "{} at {} threads, 90% asked";
        line.amounts = {{efficiency->value, percent}, {efficiency->threads, count}};
    }
    judge_at_least(line, efficiency ? std::optional(efficiency->value) : std::nullopt,
                   "cpu.scaling.efficiency", "The scaling efficiency (cpu.scaling)");
    lines.push_back(std::move(line));
}

struct HardwareRow {
    std::string_view id, title, lines;
    double minimum, recommended;
    AmountStyle style;
    std::optional<double> (*of)(const Run&);
    std::string_view measured_by;
};

void add_hardware(const Run& run, std::vector<CapacityLine>& lines) {
    constexpr double kGigabitBytes = kGigabyte / 8;
    const HardwareRow rows[] = {
        {"decube.cores", "Cores of a node", "24,30", 4, 8, count, &cores_of,
         "environment.cpu.cores"},
        {"decube.ram", "Memory of a node", "25,31", 8 * kGigabyte, 16 * kGigabyte, size,
         &memory_bytes_of, "environment.memory.total_bytes"},
        {"decube.disk", "Disk of a node", "26,32", 500 * kGigabyte, 1000 * kGigabyte, size,
         &disk_bytes_of, "environment.storage.device.size_bytes"},
        {"decube.link", "Network of a node", "27,33", kGigabitBytes, 10 * kGigabitBytes, bit_rate,
         &link_rate_of, "environment.network.interfaces"}};
    for (const HardwareRow& row : rows) {
        CapacityLine line{.id = std::string(row.id),
                          .title = std::string(row.title),
                          .document = kGuide + std::string(row.lines),
                          .formula = "minimum, and what is recommended"};
        line.needed = row.minimum;
        const auto found = row.of(run);
        line.arithmetic = "at least {}, better {}";
        line.amounts = {{row.minimum, row.style}, {row.recommended, row.style}};
        if (found) {
            line.arithmetic += "; there are {}";
            line.amounts.push_back({*found, row.style});
        }
        judge_at_least(line, found, std::string(row.measured_by), row.title);
        lines.push_back(std::move(line));
    }
}

}  // namespace

void add_decube_lines(const Run& run, const CapacityTask& task, std::vector<CapacityLine>& lines) {
    add_hardware(run, lines);
    add_scaling(run, lines);
    add_storage(run, task, lines);
    add_memory(run, task, lines);
    add_network(run, task, lines);
    add_cpu(run, task, lines);
}

}  // namespace assay::score
