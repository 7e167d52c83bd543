#include "tests/support/full_run.h"

#include <utility>

#include "tests/support/example_run.h"

namespace assay::test {
namespace {

constexpr int kThreads = 16;
constexpr const char* kPeer = "10.0.0.9:7443";

std::vector<double> rounds_around(double centre) {
    std::vector<double> samples;
    for (const double factor : {1.002, 0.993, 1.0, 0.997, 1.012, 0.986, 1.004})
        samples.push_back(centre * factor);
    return samples;
}

Measurement rate(std::string_view metric, Unit unit, std::vector<Condition> conditions,
                 double centre) {
    return make_measurement(
        {metric, unit, Better::higher, std::move(conditions), rounds_around(centre)});
}

Measurement latency(std::string_view metric, std::vector<Condition> conditions, double p50_ns) {
    Measurement measurement = make_measurement(
        {metric, Unit::nanoseconds, Better::lower, std::move(conditions), rounds_around(p50_ns)});
    Percentiles percentiles;
    percentiles.count = 40'000;
    percentiles.values = {p50_ns,     p50_ns * 1.1, p50_ns * 1.3, p50_ns * 1.5,
                          p50_ns * 2, p50_ns * 4,   p50_ns * 6};
    percentiles.mean = p50_ns * 1.125;
    percentiles.min = p50_ns * 0.5;
    percentiles.max = p50_ns * 40;
    measurement.percentiles = percentiles;
    return measurement;
}

std::vector<Measurement> ciphers() {
    std::vector<Measurement> rows;
    for (const int record : {1024, 16384, 65536})
        for (const bool all : {false, true})
            rows.push_back(rate("cpu.aes_256_gcm.encrypt", Unit::bytes_per_second,
                                {{"record_bytes", record},
                                 {"threads", all ? kThreads : 1},
                                 {"scope", all ? "all" : "one"},
                                 {"library", "OpenSSL 3.0.15"}},
                                (all ? 60e9 : 5e9) * (record > 16384 ? 1.2 : 1)));
    return rows;
}

std::vector<Measurement> codec(const std::string& probe, double compress, double decompress) {
    std::vector<Measurement> rows;
    for (const int level : {1, 3})
        for (const char* corpus : {"vm-root/1", "zeros"})
            for (const bool is_packing : {true, false})
                rows.push_back(rate(probe + (is_packing ? ".compress" : ".decompress"),
                                    Unit::bytes_per_second,
                                    {{"level", level},
                                     {"block_bytes", 131072},
                                     {"threads", kThreads},
                                     {"scope", "all"},
                                     {"corpus", corpus}},
                                    (is_packing ? compress : decompress) *
                                        (std::string_view(corpus) == "zeros" ? 10 : 1)));
    return rows;
}

void add_memory(Run& run) {
    ProbeResult& bandwidth = probe_of(run, "memory.bandwidth");
    for (const char* metric : {"memory.bandwidth.copy", "memory.bandwidth.triad"})
        bandwidth.measurements.push_back(rate(metric, Unit::bytes_per_second,
                                              {{"threads", kThreads},
                                               {"scope", "all"},
                                               {"node", 0},
                                               {"kernel", "avx512"},
                                               {"pages", "huge"}},
                                              61e9));
    std::vector<Measurement> chases;
    for (const std::int64_t set : {std::int64_t{32768}, std::int64_t{1} << 30})
        for (const char* pages : {"huge", "4k"})
            for (const int chains : {1, 4})
                chases.push_back(latency(
                    "memory.latency.random",
                    {{"working_set_bytes", set}, {"pages", pages}, {"chains", chains}, {"node", 0}},
                    (set > 65536 ? 96.0 : 1.4) / chains));
    replace_probe(run, "memory.latency", std::move(chases));
}

void add_storage(Run& run) {
    const auto access = [](int block, int depth) {
        return std::vector<Condition>{
            {"block_bytes", block}, {"depth", depth},
            {"threads", 1},         {"mode", "latency"},
            {"engine", "io_uring"}, {"size_bytes", std::int64_t{1'073'741'824}}};
    };
    const Unit operations = Unit::operations_per_second, bytes = Unit::bytes_per_second;
    replace_probe(run, "storage.random_write",
                  {rate("storage.random_write.iops", operations, access(4096, 32), 88'000)});
    replace_probe(run, "storage.mixed",
                  {rate("storage.mixed.iops", operations, access(4096, 32), 101'000)});
    replace_probe(run, "storage.sequential_read",
                  {rate("storage.sequential_read.bandwidth", bytes, access(1'048'576, 8), 3.1e9)});
    replace_probe(run, "storage.sequential_write",
                  {rate("storage.sequential_write.bandwidth", bytes, access(1'048'576, 8), 2.2e9)});
    std::vector<Measurement> commits;
    for (const int block : {4096, 2300})
        for (const char* load : {"none", "random 70/30, depth 8"}) {
            const std::vector<Condition> conditions{
                {"method", "fdatasync"}, {"block_bytes", block}, {"file", "preallocated"},
                {"threads", 1},          {"load", load},         {"engine", "sync"}};
            const double p50 = std::string_view(load) == "none" ? 0.9e6 : 2.7e6;
            commits.push_back(latency("storage.fsync.latency", conditions, p50));
            commits.push_back(latency("storage.fsync.commit", conditions, p50 * 1.05));
            commits.push_back(rate("storage.fsync.rate", operations, conditions, 0.95e9 / p50));
        }
    replace_probe(run, "storage.fsync", std::move(commits));
}

void add_network(Run& run) {
    replace_probe(run, "network.udp",
                  {rate("network.udp.lossless_rate", Unit::bytes_per_second,
                        {{"direction", "up"}, {"peer", kPeer}}, 0.9e9)});
    std::vector<Measurement> trips;
    for (const char* load : {"idle", "loaded"})
        trips.push_back(latency("network.rtt.tcp", {{"load", load}, {"peer", kPeer}},
                                std::string_view(load) == "idle" ? 0.21e6 : 1.4e6));
    replace_probe(run, "network.rtt", std::move(trips));
}

}  // namespace

Run full_run() {
    Run run = example_run();
    replace_probe(run, "cpu.aes_256_gcm", ciphers());
    replace_probe(run, "cpu.zstd", codec("cpu.zstd", 3.1e9, 14e9));
    replace_probe(run, "cpu.lz4", codec("cpu.lz4", 9e9, 40e9));
    add_memory(run);
    add_storage(run);
    add_network(run);
    return run;
}

}  // namespace assay::test
