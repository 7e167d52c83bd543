#include "tests/support/example_run.h"

#include <cstdlib>
#include <utility>

#include "engine/measure/statistics.h"

namespace assay::test {
namespace {

/// Seven rounds around `centre`: a spread as a quiet host shows it, with the centre as the median.
std::vector<double> rounds_around(double centre) {
    std::vector<double> samples;
    for (const double factor : {1.0, 0.991, 1.006, 0.997, 1.011, 0.984, 1.003})
        samples.push_back(centre * factor);
    return samples;
}

ProbeResult measured(std::string id, std::vector<Measurement> measurements) {
    ProbeResult probe;
    probe.id = std::move(id);
    probe.measurements = std::move(measurements);
    return probe;
}

ProbeResult not_measured(std::string id, ProbeStatus status, Error reason) {
    ProbeResult probe;
    probe.id = std::move(id);
    probe.status = status;
    probe.reason = std::move(reason);
    return probe;
}

RoundRecord round_of(std::string case_name, double started_s, double duration_s) {
    RoundRecord round;
    round.case_name = std::move(case_name);
    round.started_s = started_s;
    round.duration_s = duration_s;
    round.gates.steal_ratio = 0.0;
    round.gates.cpu_ratio = 0.9991;
    round.gates.clock_drift_ppm = 0.7;
    return round;
}

ProbeResult example_cpu() {
    struct Row {
        const char* isa;
        int threads;
        const char* scope;
        double flops;
    };
    const Row rows[] = {{"avx2", 1, "one", 48.0e9},
                        {"avx2", 16, "all", 702.0e9},
                        {"avx512", 1, "one", 91.5e9},
                        {"avx512", 16, "all", 1334.0e9}};
    std::vector<Measurement> measurements;
    for (const Row& row : rows)
        measurements.push_back(make_measurement({"cpu.flops.double",
                                                 Unit::flop_per_second,
                                                 Better::higher,
                                                 {{"isa", row.isa},
                                                  {"precision", "double"},
                                                  {"threads", row.threads},
                                                  {"scope", row.scope},
                                                  {"kernel", "fma"}},
                                                 rounds_around(row.flops)}));
    ProbeResult probe = measured("cpu.flops", std::move(measurements));
    probe.rounds.push_back(round_of("avx512, all", 3.25, 2.0));
    probe.rounds.push_back(round_of("avx2, all", 21.5, 2.0));
    return probe;
}

ProbeResult example_memory() {
    std::vector<Measurement> measurements;
    for (const bool all : {false, true})
        for (const bool wide : {false, true})
            measurements.push_back(
                make_measurement({"memory.bandwidth.read",
                                  Unit::bytes_per_second,
                                  Better::higher,
                                  {{"threads", all ? 16 : 1},
                                   {"scope", all ? "all" : "one"},
                                   {"node", 0},
                                   {"kernel", wide ? "avx512" : "avx2"},
                                   {"pages", "huge"},
                                   {"size_bytes", std::int64_t{268'435'456}}},
                                  rounds_around((all ? 86.4e9 : 13.9e9) * (wide ? 1.0 : 0.97))}));
    measurements.back().findings.push_back(
        make_finding("small_pages", "91 % of the buffers have huge pages."));
    ProbeResult probe = measured("memory.bandwidth", std::move(measurements));
    probe.rounds.push_back(round_of("read avx512, all", 5.5, 2.0));
    return probe;
}

Percentiles example_latency(double p50_ns) {
    Percentiles percentiles;
    percentiles.count = 24'310;
    percentiles.values = {p50_ns,       p50_ns * 1.18, p50_ns * 1.5, p50_ns * 1.9,
                          p50_ns * 3.1, p50_ns * 7.75, std::nullopt};
    percentiles.mean = p50_ns * 1.125;
    percentiles.min = p50_ns * 0.5;
    percentiles.max = p50_ns * 40;
    return percentiles;
}

ProbeResult example_storage() {
    ProbeResult probe = measured("storage.random_read", {});
    for (const int depth : {1, 32}) {
        const std::vector<Condition> conditions{
            {"block_bytes", 4096}, {"depth", depth},
            {"threads", 1},        {"engine", "io_uring"},
            {"path", "/srv/data"}, {"size_bytes", std::int64_t{4'294'967'296}}};
        const double iops = depth == 1 ? 11'800 : 124'000;
        probe.measurements.push_back(
            make_measurement({"storage.random_read.iops", Unit::operations_per_second,
                              Better::higher, conditions, rounds_around(iops)}));
        const double p50_ns = depth == 1 ? 82'000 : 248'000;
        probe.measurements.push_back(
            make_measurement({"storage.random_read.latency", Unit::nanoseconds, Better::lower,
                              conditions, rounds_around(p50_ns)}));
        probe.measurements.back().percentiles = example_latency(p50_ns);
    }
    probe.measurements[2].invalid_samples.push_back({97'000, {"steal"}});
    probe.rounds.push_back(round_of("depth 32", 8.0, 2.0));
    RoundRecord stolen = round_of("depth 32", 12.25, 2.0);
    stolen.valid = false;
    stolen.reasons = {"steal"};
    stolen.gates.steal_ratio = 0.031;
    probe.rounds.push_back(std::move(stolen));
    return probe;
}

ProbeResult example_network() {
    std::vector<Measurement> measurements;
    for (const int streams : {1, 8})
        for (const char* direction : {"up", "down"})
            measurements.push_back(make_measurement(
                {"network.tcp.bandwidth",
                 Unit::bytes_per_second,
                 Better::higher,
                 {{"streams", streams}, {"direction", direction}, {"peer", "10.0.0.9:7443"}},
                 rounds_around(streams == 1 ? 0.81e9 : 1.18e9)}));
    ProbeResult probe = measured("network.tcp", std::move(measurements));
    probe.rounds.push_back(round_of("8 streams up", 14.5, 2.0));
    return probe;
}

Value example_environment() {
    using Object = Value::Object;
    return Object{
        {"host",
         Object{{"hostname", "esx-guest-07"}, {"hypervisor", "kvm"}, {"container", Value()}}},
        {"cpu", Object{{"model_name", "Example 8000"},
                       {"cores", 8},
                       {"logical_cpus", 16},
                       {"isa", Object{{"avx2", Object{{"cpuid", true},
                                                      {"os_enabled", true},
                                                      {"self_test", true}}}}}}},
        {"memory", Object{{"total_bytes", std::int64_t{68'719'476'736}}}},
        {"numa", Object{{"nodes", Value::List{Object{{"node", 0}, {"cpus", "0-15"}}}}}},
        {"storage", Object{{"path", "/srv/data"},
                           {"filesystem", "ext4"},
                           {"device", Object{{"name", "nvme0n1"}, {"model", "Example NVMe"}}}}},
        {"network", Object{{"interfaces", Value()}}},
        {"kernel", Object{{"release", "6.1.0"}, {"clock_source", "tsc"}}},
        {"cgroup", Object{{"version", "v2"}, {"cpu_quota", Value()}, {"effective_cpus", 16.0}}},
    };
}

ResourceSeries example_resources() {
    ResourceSeries series;
    series.columns = {"time_s", "cpu_busy_ratio", "memory_available_bytes", "temperature_celsius"};
    series.rows = {{1.0, 0.98, 51e9, std::nullopt}, {2.0, 0.12, 51.25e9, std::nullopt}};
    series.monitor_cpu_ratio = 0.0008;
    return series;
}

template <class Change>
void change_metric(Run& run, std::string_view metric, const Change& change) {
    for (ProbeResult& probe : run.probes)
        for (Measurement& measurement : probe.measurements)
            if (measurement.metric == metric)
                change(measurement);
}

void scale_percentiles(Percentiles& percentiles, double factor) {
    const auto scale = [factor](std::optional<double>& value) {
        if (value)
            *value *= factor;
    };
    for (std::optional<double>& value : percentiles.values)
        scale(value);
    scale(percentiles.mean);
    scale(percentiles.min);
    scale(percentiles.max);
}

}  // namespace

Measurement make_measurement(SampledMetric parts) {
    Measurement measurement;
    measurement.metric = parts.metric;
    measurement.unit = parts.unit;
    measurement.better = parts.better;
    measurement.conditions = std::move(parts.conditions);
    measurement.summary = measure::summarize(parts.samples);
    measurement.samples = std::move(parts.samples);
    return measurement;
}

Run example_run() {
    Run run;
    run.run_id = "0b9f6a52-6c5e-4c1b-9a4e-2f8f7c1d3e55";
    run.label = "prod-01";
    run.tool_version = "0.1.0";
    run.started_at = "2025-11-20T09:30:00Z";
    run.duration_s = 287.4;
    run.profile_name = "quick";
    run.budget_s = 300;
    run.seed = 1;
    run.environment = example_environment();
    run.findings.push_back(
        make_finding("other_load", "Tasks of others were stalled on CPU for 12 % of the run."));
    run.probes = {
        example_cpu(),
        example_memory(),
        example_storage(),
        example_network(),
        not_measured("network.rtt", ProbeStatus::skipped,
                     {ErrorKind::permission,
                      "open a raw socket for ICMP: Operation not permitted; run as root", 1}),
        not_measured("storage.fsync", ProbeStatus::failed,
                     {ErrorKind::io, "fdatasync of the test file: Input/output error", 5})};
    run.resources = example_resources();
    return run;
}

void scale_metric(Run& run, std::string_view metric, double factor) {
    change_metric(run, metric, [factor](Measurement& measurement) {
        for (double& sample : measurement.samples)
            sample *= factor;
        for (InvalidSample& sample : measurement.invalid_samples)
            sample.value *= factor;
        if (measurement.percentiles)
            scale_percentiles(*measurement.percentiles, factor);
        measurement.summary = measure::summarize(measurement.samples);
    });
}

void set_samples(Run& run, std::string_view metric, const std::vector<double>& samples) {
    change_metric(run, metric, [&samples](Measurement& measurement) {
        measurement.samples = samples;
        measurement.summary = measure::summarize(samples);
    });
}

void add_finding(Run& run, std::string_view metric, std::string_view finding_id) {
    change_metric(run, metric, [finding_id](Measurement& measurement) {
        measurement.findings.push_back(make_finding(finding_id, "Added by a test."));
    });
}

void make_network_self_test(Run& run) {
    change_metric(run, "network.tcp.bandwidth", [](Measurement& measurement) {
        for (Condition& condition : measurement.conditions)
            if (condition.name == "peer")
                condition.value = "SELF-TEST";
        measurement.findings.push_back(
            make_finding("self_test", "The peer runs in this process, over loopback."));
    });
}

void replace_probe(Run& run, std::string id, std::vector<Measurement> measurements) {
    ProbeResult probe;
    probe.id = std::move(id);
    probe.measurements = std::move(measurements);
    for (ProbeResult& known : run.probes)
        if (known.id == probe.id) {
            known = std::move(probe);
            return;
        }
    run.probes.push_back(std::move(probe));
}

ProbeResult& probe_of(Run& run, std::string_view id) {
    for (ProbeResult& probe : run.probes)
        if (probe.id == id)
            return probe;
    std::abort();
}

}  // namespace assay::test
