#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/host/files.h"

namespace assay::host {

/// Cumulative counters of the kernel; take two and subtract. Each reader returns nullopt where the
/// kernel does not say.

/// Sum over the given CPUs of proc/stat, in clock ticks (USER_HZ). busy excludes idle, iowait and
/// steal.
struct CpuTimes {
    std::uint64_t busy = 0, idle = 0, steal = 0;
    std::uint64_t total() const { return busy + idle + steal; }
};
std::optional<CpuTimes> read_cpu_times(const Files& files, std::span<const int> cpus);

/// proc/pressure/{cpu,io,memory}: microseconds in which some (all) tasks were stalled.
enum class PressureKind { cpu, io, memory };
struct PressureTotals {
    std::int64_t some_us = 0;
    std::optional<std::int64_t> full_us;
};
std::optional<PressureTotals> read_pressure(const Files& files, PressureKind kind);

struct MemoryFacts {
    std::uint64_t total_bytes = 0;
    std::uint64_t available_bytes = 0;  ///< MemAvailable
    std::optional<std::uint64_t> swap_total_bytes;
    std::optional<std::uint64_t> swap_used_bytes;
};
std::optional<MemoryFacts> read_memory(const Files& files);
std::optional<std::uint64_t> read_own_rss_bytes(const Files& files);  ///< proc/self/statm

/// sys/dev/block/MAJOR:MINOR/stat (Documentation/block/stat.rst), 17 fields on new kernels. A
/// sector is 512 B.
struct DiskCounters {
    std::uint64_t reads = 0, sectors_read = 0, writes = 0, sectors_written = 0, in_flight = 0;
    std::optional<std::uint64_t> flushes;
    std::uint64_t busy_ms = 0;
    std::uint64_t reads_merged = 0, writes_merged = 0;
};
std::optional<DiskCounters> read_disk_counters(const Files& files, unsigned major, unsigned minor);
/// Sum over the whole disks of proc/diskstats (partitions, loop and dm devices left out so that
/// nothing counts twice).
std::optional<DiskCounters> read_all_disk_counters(const Files& files);

struct NetworkCounters {
    std::uint64_t received_bytes = 0, sent_bytes = 0;
};
/// Sum over proc/net/dev without lo.
std::optional<NetworkCounters> read_network_counters(const Files& files);

std::optional<double> read_load_average(const Files& files);  ///< 1 minute
std::optional<std::int64_t> read_runnable_tasks(
    const Files& files);  ///< proc/stat procs_running, ourselves included
std::optional<double> read_hottest_celsius(
    const Files& files);  ///< hwmon and thermal zones, the highest

}  // namespace assay::host
