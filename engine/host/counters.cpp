#include "engine/host/counters.h"

#include <unistd.h>

#include <algorithm>

#include "engine/core/units.h"
#include "engine/host/parse.h"

namespace assay::host {
namespace {

using Words = std::vector<std::string_view>;

// The first line of `text` whose first word is `name`, cut into words; empty if there is none.
Words line_named(std::string_view text, std::string_view name) {
    for (const std::string_view line : lines_of(text)) {
        const std::string_view start = trimmed(line);
        if (!start.starts_with(name))
            continue;
        Words words = words_of(start);
        if (words.front() == name)
            return words;
    }
    return {};
}

// All of `words` as numbers; nullopt if one is none.
std::optional<std::vector<std::uint64_t>> numbers_of(std::span<const std::string_view> words) {
    std::vector<std::uint64_t> numbers;
    for (const std::string_view word : words) {
        const auto number = number_of<std::uint64_t>(word);
        if (!number)
            return std::nullopt;
        numbers.push_back(*number);
    }
    return numbers;
}

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=123"
std::optional<std::int64_t> stall_total_us(std::string_view text, std::string_view name) {
    constexpr std::string_view kTotal = "total=";
    for (const std::string_view word : line_named(text, name))
        if (word.starts_with(kTotal))
            return number_of<std::int64_t>(word.substr(kTotal.size()));
    return std::nullopt;
}

// "MemTotal:       24684084 kB"; the kernel's kB are KiB.
std::optional<std::uint64_t> meminfo_bytes(std::string_view text, std::string_view name) {
    const Words words = line_named(text, name);
    if (words.size() != 3 || words[2] != "kB")
        return std::nullopt;
    const auto kibibytes = number_of<std::uint64_t>(words[1]);
    if (!kibibytes || *kibibytes > ~std::uint64_t{0} / kKiB)
        return std::nullopt;
    return *kibibytes * kKiB;
}

// The fields of Documentation/block/stat.rst; the kernel added the discards in 4.18 and the flushes
// in 5.5.
std::optional<DiskCounters> disk_counters_of(std::span<const std::string_view> words) {
    constexpr std::size_t kOldFields = 11, kFlushField = 15;
    const auto fields = numbers_of(words);
    if (!fields || fields->size() < kOldFields)
        return std::nullopt;
    DiskCounters counters{.reads = (*fields)[0],
                          .sectors_read = (*fields)[2],
                          .writes = (*fields)[4],
                          .sectors_written = (*fields)[6],
                          .in_flight = (*fields)[8],
                          .flushes = std::nullopt,
                          .busy_ms = (*fields)[9],
                          .reads_merged = (*fields)[1],
                          .writes_merged = (*fields)[5]};
    if (fields->size() > kFlushField)
        counters.flushes = (*fields)[kFlushField];
    return counters;
}

// A device whose traffic shows nowhere else: no partition, nothing stacked on other devices, no
// memory, and no path that a multipath device hides.
bool is_bottom_disk(const Files& files, std::string_view name) {
    for (const std::string_view stacked : {"loop", "dm-", "md", "ram", "zram"})
        if (name.starts_with(stacked))
            return false;
    const std::string folder = "sys/class/block/" + std::string(name);
    return !files.exists(folder + "/partition") && files.list(folder + "/slaves").empty() &&
           files.read_integer(folder + "/hidden").value_or(0) == 0;
}

DiskCounters sum_of(const DiskCounters& a, const DiskCounters& b) {
    DiskCounters sum{.reads = a.reads + b.reads,
                     .sectors_read = a.sectors_read + b.sectors_read,
                     .writes = a.writes + b.writes,
                     .sectors_written = a.sectors_written + b.sectors_written,
                     .in_flight = a.in_flight + b.in_flight,
                     .flushes = std::nullopt,
                     .busy_ms = a.busy_ms + b.busy_ms,
                     .reads_merged = a.reads_merged + b.reads_merged,
                     .writes_merged = a.writes_merged + b.writes_merged};
    if (a.flushes && b.flushes)
        sum.flushes = *a.flushes + *b.flushes;
    return sum;
}

// A sensor with nothing connected reads its converter's end of scale (-128, 127, 255): no silicon
// that runs us is colder or hotter than this.
std::optional<double> plausible_celsius(std::optional<std::int64_t> millidegrees) {
    constexpr double kColdest = -40, kHottest = 125, kMillidegreesPerDegree = 1000;
    if (!millidegrees)
        return std::nullopt;
    const double celsius = static_cast<double>(*millidegrees) / kMillidegreesPerDegree;
    if (celsius <= kColdest || celsius >= kHottest)
        return std::nullopt;
    return celsius;
}

std::vector<double> hwmon_celsius(const Files& files) {
    constexpr std::string_view kFolder = "sys/class/hwmon/", kInput = "_input";
    std::vector<double> readings;
    for (const std::string& chip : files.list(kFolder)) {
        const std::string folder = std::string(kFolder) + chip + "/";
        for (const std::string& name : files.list(folder)) {
            if (!name.starts_with("temp") || !name.ends_with(kInput))
                continue;
            const std::string sensor = name.substr(0, name.size() - kInput.size());
            if (files.read_integer(folder + sensor + "_fault").value_or(0) != 0)
                continue;
            if (const auto celsius = plausible_celsius(files.read_integer(folder + name)))
                readings.push_back(*celsius);
        }
    }
    return readings;
}

std::vector<double> thermal_zone_celsius(const Files& files) {
    constexpr std::string_view kFolder = "sys/class/thermal/";
    std::vector<double> readings;
    for (const std::string& zone : files.list(kFolder)) {
        if (!zone.starts_with("thermal_zone"))
            continue;
        const std::string file = std::string(kFolder) + zone + "/temp";
        if (const auto celsius = plausible_celsius(files.read_integer(file)))
            readings.push_back(*celsius);
    }
    return readings;
}

}  // namespace

std::optional<CpuTimes> read_cpu_times(const Files& files, std::span<const int> cpus) {
    const std::optional<std::string> text = files.read("proc/stat");
    if (!text || cpus.empty())
        return std::nullopt;
    CpuTimes sum;
    for (const int cpu : cpus) {
        // cpuN user nice system idle iowait irq softirq steal guest guest_nice; the guest times are
        // already inside user and nice.
        constexpr std::size_t kUpToSteal = 8;
        const Words words = line_named(*text, "cpu" + std::to_string(cpu));
        if (words.size() < kUpToSteal + 1)
            return std::nullopt;
        const auto ticks = numbers_of(std::span(words).subspan(1, kUpToSteal));
        if (!ticks)
            return std::nullopt;
        const std::vector<std::uint64_t>& t = *ticks;
        sum.busy += t[0] + t[1] + t[2] + t[5] + t[6];
        sum.idle += t[3] + t[4];
        sum.steal += t[7];
    }
    return sum;
}

std::optional<PressureTotals> read_pressure(const Files& files, PressureKind kind) {
    const char* name = kind == PressureKind::cpu  ? "proc/pressure/cpu"
                       : kind == PressureKind::io ? "proc/pressure/io"
                                                  : "proc/pressure/memory";
    const std::optional<std::string> text = files.read(name);
    const auto some_us = text ? stall_total_us(*text, "some") : std::nullopt;
    if (!some_us)
        return std::nullopt;
    return PressureTotals{*some_us, stall_total_us(*text, "full")};
}

std::optional<MemoryFacts> read_memory(const Files& files) {
    const std::optional<std::string> text = files.read("proc/meminfo");
    if (!text)
        return std::nullopt;
    const auto total = meminfo_bytes(*text, "MemTotal:");
    const auto available = meminfo_bytes(*text, "MemAvailable:");
    if (!total || !available)
        return std::nullopt;
    MemoryFacts facts{*total, *available, std::nullopt, std::nullopt};
    const auto swap_total = meminfo_bytes(*text, "SwapTotal:");
    const auto swap_free = meminfo_bytes(*text, "SwapFree:");
    facts.swap_total_bytes = swap_total;
    if (swap_total && swap_free && *swap_free <= *swap_total)
        facts.swap_used_bytes = *swap_total - *swap_free;
    return facts;
}

std::optional<std::uint64_t> read_own_rss_bytes(const Files& files) {
    const std::optional<std::string> line = files.read_line("proc/self/statm");
    const long page_bytes = sysconf(_SC_PAGESIZE);
    if (!line || page_bytes <= 0)
        return std::nullopt;
    const Words words = words_of(*line);
    const auto pages = words.size() > 1 ? number_of<std::uint64_t>(words[1]) : std::nullopt;
    if (!pages)
        return std::nullopt;
    return *pages * static_cast<std::uint64_t>(page_bytes);
}

std::optional<DiskCounters> read_disk_counters(const Files& files, unsigned major, unsigned minor) {
    const auto line = files.read_line("sys/dev/block/" + std::to_string(major) + ":" +
                                      std::to_string(minor) + "/stat");
    return line ? disk_counters_of(words_of(*line)) : std::nullopt;
}

std::optional<DiskCounters> read_all_disk_counters(const Files& files) {
    const std::optional<std::string> text = files.read("proc/diskstats");
    if (!text)
        return std::nullopt;
    std::optional<DiskCounters> sum;
    for (const std::string_view line : lines_of(*text)) {
        constexpr std::size_t kNameField = 2;  // major minor name, then the fields of stat
        const Words words = words_of(line);
        if (words.size() <= kNameField)
            return std::nullopt;
        if (!is_bottom_disk(files, words[kNameField]))
            continue;
        const auto counters = disk_counters_of(std::span(words).subspan(kNameField + 1));
        if (!counters)
            return std::nullopt;
        sum = sum ? sum_of(*sum, *counters) : *counters;
    }
    return sum;
}

std::optional<NetworkCounters> read_network_counters(const Files& files) {
    const std::optional<std::string> text = files.read("proc/net/dev");
    if (!text)
        return std::nullopt;
    std::optional<NetworkCounters> sum;
    for (const std::string_view line : lines_of(*text)) {
        // Two lines of headings have no colon; an interface's first number may touch the colon.
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos)
            continue;
        constexpr std::size_t kReceivedField = 0, kSentField = 8, kFields = 16;
        const auto fields = numbers_of(words_of(line.substr(colon + 1)));
        if (!fields || fields->size() < kFields)
            return std::nullopt;
        if (!sum)
            sum = NetworkCounters{};
        if (trimmed(line.substr(0, colon)) == "lo")
            continue;
        sum->received_bytes += (*fields)[kReceivedField];
        sum->sent_bytes += (*fields)[kSentField];
    }
    return sum;
}

std::optional<double> read_load_average(const Files& files) {
    const std::optional<std::string> line = files.read_line("proc/loadavg");
    const Words words = line ? words_of(*line) : Words{};
    const auto load = words.empty() ? std::nullopt : number_of<double>(words.front());
    return load && *load >= 0 ? load : std::nullopt;
}

std::optional<std::int64_t> read_runnable_tasks(const Files& files) {
    const std::optional<std::string> text = files.read("proc/stat");
    if (!text)
        return std::nullopt;
    const Words words = line_named(*text, "procs_running");
    const auto tasks = words.size() == 2 ? number_of<std::uint32_t>(words[1]) : std::nullopt;
    return tasks ? std::optional<std::int64_t>(*tasks) : std::nullopt;
}

std::optional<double> read_hottest_celsius(const Files& files) {
    std::vector<double> readings = hwmon_celsius(files);
    const std::vector<double> zones = thermal_zone_celsius(files);
    readings.insert(readings.end(), zones.begin(), zones.end());
    const auto hottest = std::max_element(readings.begin(), readings.end());
    return hottest == readings.end() ? std::nullopt : std::optional(*hottest);
}

}  // namespace assay::host
