#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/run.h"

/// A complete, plausible run of all four rooms, made by hand: what a result file of the quick
/// profile holds. Tests scale it, break it and print it.
namespace assay::test {

struct SampledMetric {
    std::string_view metric;
    Unit unit;
    Better better;
    std::vector<Condition> conditions;
    std::vector<double> samples;
};
/// A measurement whose summary belongs to its samples.
Measurement make_measurement(SampledMetric parts);

/// Host "prod-01", profile quick, seven rounds each: cpu.flops (two instruction sets, one thread
/// and all), memory.bandwidth, storage.random_read (depths 1 and 32, with percentiles), network.tcp
/// to the peer 10.0.0.9:7443 (1 and 8 streams, both directions), one skipped and one failed probe,
/// an invalid round, findings, a resource series. The same on every call.
Run example_run();

/// Multiplies every number of every measurement of that metric, invalid samples and percentiles
/// included.
void scale_metric(Run& run, std::string_view metric, double factor);

/// Replaces the samples of every measurement of that metric and makes the summary anew.
void set_samples(Run& run, std::string_view metric, const std::vector<double>& samples);

/// Adds a finding from the closed list to every measurement of that metric.
void add_finding(Run& run, std::string_view metric, std::string_view finding_id);

/// The network of the run as it is without --peer: labelled SELF-TEST.
void make_network_self_test(Run& run);

/// Gives the run that probe with these measurements, in place of what it had of it.
void replace_probe(Run& run, std::string id, std::vector<Measurement> measurements);

/// The probe's result, to be changed. Aborts if the run has none.
ProbeResult& probe_of(Run& run, std::string_view id);

}  // namespace assay::test
