#include "engine/measure/monitor.h"

#include <time.h>

#include <condition_variable>

#include "engine/core/units.h"
#include "engine/host/counters.h"

namespace assay::measure {
namespace {

using Cell = std::optional<double>;

/// Everything cumulative, at one moment.
struct Snapshot {
    double time_ns = 0;
    std::optional<host::CpuTimes> cpu;
    std::optional<host::DiskCounters> disk;
    std::optional<host::NetworkCounters> network;
    std::optional<host::PressureTotals> cpu_pressure, io_pressure, memory_pressure;
    std::optional<host::Throttling> throttling;
};

Snapshot take_snapshot(const host::Host& host, std::span<const int> cpus) {
    const host::Files& files = host.files;
    return {.time_ns = static_cast<double>(host::Clock::raw_nanoseconds()),
            .cpu = host::read_cpu_times(files, cpus),
            .disk = host::read_all_disk_counters(files),
            .network = host::read_network_counters(files),
            .cpu_pressure = host::read_pressure(files, host::PressureKind::cpu),
            .io_pressure = host::read_pressure(files, host::PressureKind::io),
            .memory_pressure = host::read_pressure(files, host::PressureKind::memory),
            .throttling = host::read_throttling(files)};
}

/// (after.field - before.field) * scale, where both are known.
template <class Counters, class Field>
Cell difference(const std::optional<Counters>& before, const std::optional<Counters>& after,
                Field field, double scale) {
    if (!before || !after)
        return std::nullopt;
    return (static_cast<double>((*after).*field) - static_cast<double>((*before).*field)) * scale;
}

Cell share_of_cpu(const Snapshot& before, const Snapshot& after,
                  std::uint64_t host::CpuTimes::*field) {
    if (!before.cpu || !after.cpu || after.cpu->total() <= before.cpu->total())
        return std::nullopt;
    return difference(before.cpu, after.cpu, field,
                      1.0 / static_cast<double>(after.cpu->total() - before.cpu->total()));
}

constexpr double kSectorBytes =
    512;  // Documentation/block/stat.rst: whatever the device's own block size

/// One column: its name (unit last) and how a row's cell comes about.
struct Column {
    const char* name;
    Cell (*cell)(const host::Host&, const Snapshot& before, const Snapshot& after);
};

double seconds_between(const Snapshot& before, const Snapshot& after) {
    return (after.time_ns - before.time_ns) / static_cast<double>(kNanosecondsPerSecond);
}
double per_second(const Snapshot& before, const Snapshot& after) {
    return 1.0 / seconds_between(before, after);
}
double per_microsecond(const Snapshot& before, const Snapshot& after) {
    return static_cast<double>(kNanosecondsPerMicrosecond) / (after.time_ns - before.time_ns);
}

const Column kColumns[] = {
    {"cpu_busy_ratio", [](const host::Host&, const Snapshot& a,
                          const Snapshot& b) { return share_of_cpu(a, b, &host::CpuTimes::busy); }},
    {"cpu_steal_ratio",
     [](const host::Host&, const Snapshot& a, const Snapshot& b) {
         return share_of_cpu(a, b, &host::CpuTimes::steal);
     }},
    {"load_1min",
     [](const host::Host& host, const Snapshot&, const Snapshot&) -> Cell {
         return host::read_load_average(host.files);
     }},
    {"runnable_tasks",
     [](const host::Host& host, const Snapshot&, const Snapshot&) -> Cell {
         const auto tasks = host::read_runnable_tasks(host.files);
         return tasks ? Cell(static_cast<double>(*tasks)) : std::nullopt;
     }},
    {"memory_available_bytes",
     [](const host::Host& host, const Snapshot&, const Snapshot&) -> Cell {
         const auto memory = host::read_memory(host.files);
         return memory ? Cell(static_cast<double>(memory->available_bytes)) : std::nullopt;
     }},
    {"own_rss_bytes",
     [](const host::Host& host, const Snapshot&, const Snapshot&) -> Cell {
         const auto bytes = host::read_own_rss_bytes(host.files);
         return bytes ? Cell(static_cast<double>(*bytes)) : std::nullopt;
     }},
    {"disk_read_bytes_per_s",
     [](const host::Host&, const Snapshot& a, const Snapshot& b) {
         return difference(a.disk, b.disk, &host::DiskCounters::sectors_read,
                           kSectorBytes * per_second(a, b));
     }},
    {"disk_written_bytes_per_s",
     [](const host::Host&, const Snapshot& a, const Snapshot& b) {
         return difference(a.disk, b.disk, &host::DiskCounters::sectors_written,
                           kSectorBytes * per_second(a, b));
     }},
    {"network_received_bytes_per_s",
     [](const host::Host&, const Snapshot& a, const Snapshot& b) {
         return difference(a.network, b.network, &host::NetworkCounters::received_bytes,
                           per_second(a, b));
     }},
    {"network_sent_bytes_per_s",
     [](const host::Host&, const Snapshot& a, const Snapshot& b) {
         return difference(a.network, b.network, &host::NetworkCounters::sent_bytes,
                           per_second(a, b));
     }},
    {"pressure_cpu_ratio",
     [](const host::Host&, const Snapshot& a, const Snapshot& b) {
         return difference(a.cpu_pressure, b.cpu_pressure, &host::PressureTotals::some_us,
                           per_microsecond(a, b));
     }},
    {"pressure_io_ratio",
     [](const host::Host&, const Snapshot& a, const Snapshot& b) {
         return difference(a.io_pressure, b.io_pressure, &host::PressureTotals::some_us,
                           per_microsecond(a, b));
     }},
    {"pressure_memory_ratio",
     [](const host::Host&, const Snapshot& a, const Snapshot& b) {
         return difference(a.memory_pressure, b.memory_pressure, &host::PressureTotals::some_us,
                           per_microsecond(a, b));
     }},
    {"throttled_ratio",
     [](const host::Host&, const Snapshot& a, const Snapshot& b) {
         return difference(a.throttling, b.throttling, &host::Throttling::throttled_ns,
                           1.0 / (b.time_ns - a.time_ns));
     }},
    {"temperature_celsius",
     [](const host::Host& host, const Snapshot&, const Snapshot&) -> Cell {
         return host::read_hottest_celsius(host.files);
     }},
};

std::int64_t own_thread_cpu_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);  // cannot fail: constant clock id, valid pointer
    return static_cast<std::int64_t>(now.tv_sec) * kNanosecondsPerSecond + now.tv_nsec;
}

}  // namespace

ResourceMonitor::ResourceMonitor(const host::Host& host, std::chrono::nanoseconds interval,
                                 std::function<void(std::optional<double>)> on_memory_stall)
    : host_(host),
      interval_(interval),
      on_memory_stall_(std::move(on_memory_stall)),
      thread_([this](std::stop_token stop) { watch(std::move(stop)); }) {}

ResourceSeries ResourceMonitor::finish() {
    thread_.request_stop();
    thread_.join();
    return std::move(series_);
}

void ResourceMonitor::watch(std::stop_token stop) {
    series_.interval_s = std::chrono::duration<double>(interval_).count();
    for (const Column& column : kColumns)
        series_.columns.emplace_back(column.name);
    const std::vector<int> cpus = host_.topology.allowed_cpus();
    const Snapshot start = take_snapshot(host_, cpus);
    Snapshot before = start;
    auto next = std::chrono::steady_clock::now() + interval_;
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    while (!woken.wait_until(lock, stop, next, [&stop] { return stop.stop_requested(); })) {
        next += interval_;
        host_.clock.calibrate();
        const Snapshot after = take_snapshot(host_, cpus);
        std::vector<Cell> row;
        for (const Column& column : kColumns)
            row.push_back(column.cell(host_, before, after));
        series_.rows.push_back(std::move(row));
        on_memory_stall_(difference(before.memory_pressure, after.memory_pressure,
                                    &host::PressureTotals::some_us,
                                    per_microsecond(before, after)));
        before = after;
    }
    const double wall_ns = static_cast<double>(host::Clock::raw_nanoseconds()) - start.time_ns;
    if (wall_ns > 0)
        series_.monitor_cpu_ratio = static_cast<double>(own_thread_cpu_ns()) / wall_ns;
}

}  // namespace assay::measure
