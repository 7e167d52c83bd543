#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "report/store/record.h"

/// A host's history in which something of each kind happened.
namespace assay::test {

inline constexpr std::size_t kTrendRuns = 30;

/// +-1 % in a rhythm that is no trend.
inline double with_noise(double value, std::size_t index) {
    return value * (1 + 0.005 * (static_cast<double>(index * 7 % 5) - 2));
}

inline store::Median trend_median(const char* metric, Unit unit, Better better, double value) {
    return {metric,      "depth=32 profile=quick workload=3", unit, better, value, value * 0.99,
            value * 1.02};
}

/// From run 21 on random reads are 20 % slower, under a new kernel; from run 16 on compression is
/// 10 % better; two series are short, and one of them leaves its band; one slides in 9 runs; one
/// changes without being better or worse; the rest is steady.
inline std::vector<store::Median> trend_medians(std::size_t index) {
    const bool is_late = index >= 20;
    const std::size_t left = kTrendRuns - index;
    std::vector<store::Median> medians{
        trend_median("storage.random_read.iops", Unit::operations_per_second, Better::higher,
                     with_noise(is_late ? 40'000 : 50'000, index)),
        trend_median("storage.random_read.latency", Unit::nanoseconds, Better::lower,
                     with_noise(is_late ? 800'000 : 640'000, index)),
        trend_median("cpu.zstd.compress", Unit::bytes_per_second, Better::higher,
                     with_noise(index >= 15 ? 550e6 : 500e6, index)),
        trend_median("memory.bandwidth.read", Unit::bytes_per_second, Better::higher,
                     with_noise(20e9, index)),
        trend_median("storage.fsync.written", Unit::bytes, Better::neither,
                     with_noise(index >= 10 ? 8192 : 4096, index)),
        trend_median("network.udp.loss", Unit::ratio, Better::lower, index % 3 == 0 ? 0.001 : 0)};
    if (left <= 9)
        medians.push_back(trend_median("network.tcp.bandwidth", Unit::bytes_per_second,
                                       Better::higher, 100e6 + 0.5e6 * static_cast<double>(left)));
    if (left <= 6)
        medians.push_back(trend_median("storage.fsync.latency", Unit::nanoseconds, Better::lower,
                                       with_noise(left == 1 ? 900'000 : 300'000, index)));
    if (left <= 3)
        medians.push_back(trend_median("cpu.sha_256.hash", Unit::bytes_per_second, Better::higher,
                                       with_noise(2e9, index)));
    return medians;
}

inline std::string two_digits(std::size_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
}

/// Run `index` of kTrendRuns, from 0; one a day.
inline store::RunRecord trend_record(std::size_t index, const std::string& host) {
    const std::string day = two_digits(index + 1);
    return {.run_id = "000000" + day + "-0000-4000-8000-000000000000",
            .label = "prod-01",
            .host = host,
            .started_at = "2026-09-" + day + "T03:00:00Z",
            .profile = "quick",
            .tool_version = "0.1.0",
            .duration_s = 290,
            .valid = true,
            .document = "{}" + day,
            .facts = {{"cpu.model_name", "Example 8000"},
                      {"host.boot_id_sha256", day},
                      {"kernel.release", index >= 20 ? "6.2.0" : "6.1.0"},
                      {"storage.scheduler", index >= 15 ? "none" : "mq-deadline"}},
            .medians = trend_medians(index)};
}

}  // namespace assay::test
