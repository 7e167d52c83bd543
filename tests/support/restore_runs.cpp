#include "tests/support/restore_runs.h"

#include <algorithm>

#include "tests/support/example_run.h"

namespace assay::test {
namespace {

Run empty_run(std::string label) {
    Run run;
    run.run_id = "00000000-0000-4000-8000-000000000000";
    run.label = std::move(label);
    run.tool_version = "0.1.0";
    run.started_at = "2025-11-20T09:30:00Z";
    run.profile_name = "quick";
    run.environment = Value(Value::Object{});
    return run;
}

std::vector<Condition> codec(std::string_view scope) {
    return {
        {"level", 3}, {"block_bytes", 131072}, {"scope", std::string(scope)}, {"corpus", "mix"}};
}

}  // namespace

void add_metric(Run& run, std::string_view probe, std::string_view metric, Unit unit,
                std::vector<Condition> conditions, const std::vector<double>& samples) {
    if (samples.empty())
        return;
    auto place = std::ranges::find(run.probes, probe, &ProbeResult::id);
    if (place == run.probes.end()) {
        run.probes.emplace_back();
        run.probes.back().id = probe;
        place = run.probes.end() - 1;
    }
    const Better better = unit == Unit::nanoseconds ? Better::lower : Better::higher;
    place->measurements.push_back(
        make_measurement({metric, unit, better, std::move(conditions), samples}));
}

Run restore_source(const RestoreRates& rates) {
    Run run = empty_run("prod-01");
    add_metric(run, "storage.sequential_read", "storage.sequential_read.bandwidth",
               Unit::bytes_per_second, {{"block_bytes", 1048576}, {"depth", 8}}, rates.read);
    add_metric(run, "cpu.zstd", "cpu.zstd.compress", Unit::bytes_per_second, codec("one"),
               rates.compress);
    add_metric(run, "cpu.aes_256_gcm", "cpu.aes_256_gcm.encrypt", Unit::bytes_per_second,
               {{"record_bytes", 16384}, {"scope", "one"}}, rates.encrypt);
    return run;
}

Run restore_target(const RestoreRates& rates) {
    Run run = empty_run("dr01");
    add_metric(run, "network.tcp", "network.tcp.bandwidth", Unit::bytes_per_second,
               {{"streams", 8}, {"direction", "down"}, {"peer", "10.0.0.9:7443"}}, rates.network);
    add_metric(run, "cpu.aes_256_gcm", "cpu.aes_256_gcm.decrypt", Unit::bytes_per_second,
               {{"record_bytes", 16384}, {"scope", "one"}}, rates.decrypt);
    add_metric(run, "cpu.zstd", "cpu.zstd.decompress", Unit::bytes_per_second, codec("one"),
               rates.decompress);
    add_metric(run, "cpu.zstd", "cpu.zstd.ratio", Unit::ratio, codec("one"), rates.ratio);
    add_metric(run, "storage.sequential_write", "storage.sequential_write.bandwidth",
               Unit::bytes_per_second, {{"block_bytes", 1048576}, {"depth", 8}}, rates.write);
    add_metric(run, "storage.fsync", "storage.fsync.latency", Unit::nanoseconds,
               {{"method", "fdatasync"}, {"load", "none"}, {"threads", 1}}, rates.sync_ns);
    return run;
}

}  // namespace assay::test
