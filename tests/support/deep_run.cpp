#include "tests/support/deep_run.h"

#include <cmath>
#include <utility>

#include "tests/support/example_run.h"
#include "tests/support/full_run.h"

namespace assay::test {
namespace {

constexpr std::size_t kRounds = 15, kStretches = 28;

/// The same on every call, between 0.9 and 1.1.
double ripple(std::size_t index) {
    return 1 + 0.1 * std::sin(static_cast<double>(index) * 1.7);
}

std::vector<double> rounds_of(double centre) {
    std::vector<double> samples;
    for (std::size_t round = 0; round < kRounds; ++round)
        samples.push_back(centre * (1 + 0.01 * std::sin(static_cast<double>(round) * 2.3)));
    return samples;
}

Measurement number(std::string_view metric, Unit unit, Better better,
                   std::vector<Condition> conditions, double centre) {
    return make_measurement({metric, unit, better, std::move(conditions), rounds_of(centre)});
}

Measurement times(std::string_view metric, std::vector<Condition> conditions, double p50_ns) {
    Measurement measurement =
        number(metric, Unit::nanoseconds, Better::lower, std::move(conditions), p50_ns);
    Percentiles percentiles;
    percentiles.count = 1'240'000;
    percentiles.values = {p50_ns,       p50_ns * 1.12, p50_ns * 1.41, p50_ns * 1.77,
                          p50_ns * 3.2, p50_ns * 9.4,  p50_ns * 21};
    percentiles.mean = p50_ns * 1.2;
    percentiles.min = p50_ns * 0.61;
    percentiles.max = p50_ns * 83;
    measurement.percentiles = percentiles;
    return measurement;
}

void add_stretches(Measurement& measurement, double per_second, std::optional<double> p50_ns) {
    for (std::size_t round = 0; round < kRounds; ++round) {
        RoundSeries series{0.1, {}};
        for (std::size_t index = 0; index < kStretches; ++index) {
            const double wave = ripple(round * kStretches + index);
            SeriesPoint point;
            point.per_second = per_second * wave;
            if (p50_ns) {
                point.p50 = *p50_ns / wave;
                point.p99 = *p50_ns * 3.1 / wave;
                point.max = *p50_ns * 40 / wave;
            }
            series.points.push_back(point);
        }
        measurement.series.push_back(std::move(series));
    }
}

std::vector<Condition> access(std::int64_t block, std::int64_t depth, const char* mode) {
    return {
        {"block_bytes", block}, {"depth", depth},       {"threads", 1},
        {"mode", mode},         {"engine", "io_uring"}, {"engine_setup", "single issuer"},
        {"polling", "none"},    {"target", "file"},     {"size_bytes", std::int64_t{2'147'483'648}},
        {"path", "/srv/data"}};
}

void add_access(std::vector<Measurement>& list, const std::string& probe,
                std::vector<Condition> conditions, double p50_ns, double operations) {
    list.push_back(number(probe + ".iops", Unit::operations_per_second, Better::higher, conditions,
                          operations));
    list.push_back(times(probe + ".latency", std::move(conditions), p50_ns));
    add_stretches(list.back(), operations, p50_ns);
}

std::vector<Measurement> accesses(const std::string& probe, double factor) {
    constexpr double kFastest = 78'000;
    std::vector<Measurement> list;
    const auto add = [&](std::int64_t block, std::int64_t depth, const char* mode) {
        const double size = static_cast<double>(block) / 4096, many = static_cast<double>(depth);
        const double wait = kFastest * factor * (1 + many / 40) * (1 + size / 24);
        add_access(list, probe, access(block, depth, mode), wait, many * 1e9 / wait);
    };
    add(4096, 1, "latency");
    add(4096, 32, "peak");
    for (const std::int64_t depth : {32, 2, 4, 8, 16, 64, 128})
        add(4096, depth, "latency");
    for (const std::int64_t block : {8192, 16'384, 65'536, 262'144})
        add(block, 32, "latency");
    return list;
}

std::vector<Measurement> scaling(double factor) {
    std::vector<Measurement> list;
    for (const int threads : {1, 2, 4, 8, 16})
        for (const char* metric : {"cpu.scaling.efficiency", "cpu.scaling.efficiency_per_clock"})
            list.push_back(number(metric, Unit::ratio, Better::higher,
                                  {{"isa", "avx512"},
                                   {"threads", threads},
                                   {"scope", threads == 16  ? "all"
                                             : threads == 8 ? "cores"
                                                            : "some"}},
                                  1 - (threads - 1) * 0.03 * factor));
    return list;
}

std::vector<Measurement> chases(double factor) {
    std::vector<Measurement> list;
    for (const char* pages : {"huge", "4k"})
        for (std::int64_t set = 32'768; set <= (std::int64_t{1} << 30); set *= 2)
            list.push_back(
                times("memory.latency.random",
                      {{"working_set_bytes", set},
                       {"pages", pages},
                       {"pages_obtained", pages},
                       {"chains", 1},
                       {"cpu_node", 0},
                       {"hops_per_sample", 64}},
                      factor * (1.3 + 100 * std::pow(static_cast<double>(set) / 0x1p30, 0.6))));
    return list;
}

std::vector<Measurement> loaded(double factor) {
    std::vector<Measurement> list;
    for (const int reads : {100, 67, 50})
        for (const int load : {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100}) {
            const std::vector<Condition> conditions{
                {"read_percent", reads}, {"load_percent", load == 0 ? 1 : load},
                {"generators", 15},      {"working_set_bytes", std::int64_t{134'217'728}},
                {"cpu_node", 0},         {"pages", "huge"},
                {"hops_per_sample", 64}};
            const double share = load / 100.0;
            list.push_back(times("memory.loaded_latency.latency", conditions,
                                 factor * 92 / (1.02 - 0.75 * share * share)));
            list.push_back(number("memory.loaded_latency.bandwidth", Unit::bytes_per_second,
                                  Better::neither, conditions,
                                  (0.4e9 + 80e9 * share) * reads / 100 / factor));
        }
    return list;
}

std::vector<Measurement> load_curve(double factor) {
    std::vector<Measurement> list;
    for (const std::int64_t rate :
         {100, 500, 1'000, 2'000, 5'000, 10'000, 20'000, 50'000, 100'000, 200'000, 500'000}) {
        std::vector<Condition> conditions = access(4096, rate < 2'000 ? 64 : 1024, "open loop");
        conditions.push_back({"rate", rate});
        const double asked = static_cast<double>(rate), most = 160'000 / factor;
        const double wait = factor * 80'000 / std::max(0.02, 1 - asked / most);
        list.push_back(number("storage.load_curve.rate", Unit::operations_per_second,
                              Better::neither, conditions, std::min(asked, most)));
        list.push_back(times("storage.load_curve.service", conditions, factor * 80'000));
        list.push_back(times("storage.load_curve.response", conditions, wait));
    }
    return list;
}

std::vector<Measurement> streams(double factor) {
    std::vector<Measurement> list;
    for (const int count : {1, 2, 4, 8})
        for (const char* direction : {"up", "down"}) {
            const double rate = std::min(1.18e9, 0.6e9 * count) / factor;
            list.push_back(number(
                "network.tcp.bandwidth", Unit::bytes_per_second, Better::higher,
                {{"streams", count}, {"direction", direction}, {"peer", "10.0.0.9:7443"}}, rate));
            add_stretches(list.back(), rate, std::nullopt);
        }
    return list;
}

}  // namespace

Run deep_run(double factor) {
    Run run = full_run();
    run.profile_name = "deep";
    run.budget_s = 3600;
    run.duration_s = 2893;
    replace_probe(run, "cpu.scaling", scaling(factor));
    replace_probe(run, "memory.latency", chases(factor));
    replace_probe(run, "memory.loaded_latency", loaded(factor));
    for (const char* probe : {"storage.random_read", "storage.random_write", "storage.mixed"})
        replace_probe(run, probe, accesses(probe, factor));
    replace_probe(run, "storage.load_curve", load_curve(factor));
    replace_probe(run, "network.tcp", streams(factor));
    return run;
}

}  // namespace assay::test
