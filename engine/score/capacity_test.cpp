#include "engine/score/capacity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/restore_runs.h"

namespace assay::score {
namespace {

using testing::HasSubstr;

/// 8 cores, 64 GB, a disk of 2 TB, 10 Gbit/s; efficiency 0.8 at 8 threads, 1 GB/s over TCP.
assay::Run node() {
    assay::Run run;
    run.environment = Value(Value::Object{
        {"cpu", Value(Value::Object{{"cores", 8}})},
        {"memory", Value(Value::Object{{"total_bytes", std::int64_t{64'000'000'000}}})},
        {"storage",
         Value(Value::Object{
             {"device", Value(Value::Object{{"size_bytes", std::int64_t{2'000'000'000'000}}})}})},
        {"network",
         Value(Value::Object{
             {"interfaces",
              Value(Value::List{Value(Value::Object{
                  {"operstate", "up"}, {"virtual", false}, {"speed_mbps", 10'000}})})}})}});
    test::add_metric(run, "cpu.scaling", "cpu.scaling.efficiency", Unit::ratio, {{"threads", 8}},
                     {0.8});
    test::add_metric(run, "cpu.scaling", "cpu.scaling.efficiency", Unit::ratio, {{"threads", 2}},
                     {0.99});
    test::add_metric(run, "network.tcp", "network.tcp.bandwidth", Unit::bytes_per_second,
                     {{"peer", "10.0.0.9:7443"}}, {1e9});
    test::add_metric(run, "cpu.aes_256_gcm", "cpu.aes_256_gcm.encrypt", Unit::bytes_per_second,
                     {{"scope", "one"}, {"record_bytes", 16}}, {0.1e9});
    test::add_metric(run, "cpu.aes_256_gcm", "cpu.aes_256_gcm.encrypt", Unit::bytes_per_second,
                     {{"scope", "one"}, {"record_bytes", 16384}}, {1e9});
    test::add_metric(run, "cpu.sha_256", "cpu.sha_256.hash", Unit::bytes_per_second,
                     {{"scope", "one"}}, {0.5e9});
    return run;
}

const CapacityLine& line(const Capacity& capacity, std::string_view id) {
    const auto found = std::ranges::find(capacity.lines, id, &CapacityLine::id);
    if (found == capacity.lines.end()) {
        ADD_FAILURE() << "no line " << id;
        std::abort();
    }
    return *found;
}

bool has_line(const Capacity& capacity, std::string_view id) {
    return std::ranges::find(capacity.lines, id, &CapacityLine::id) != capacity.lines.end();
}

TEST(Capacity, storage_for_data_and_snapshots) {
    CapacityTask task;
    task.dataset_bytes = 300e9;
    task.snapshots_per_day = 4;
    task.retention_days = 7;
    // 300 GB * 3 + 4 * 7 * 300 GB * 0.1 = 900 + 840 = 1740 GB.
    const Capacity capacity = size_up(node(), task);
    EXPECT_DOUBLE_EQ(*line(capacity, "decube.storage").needed, 1740e9);
    EXPECT_EQ(line(capacity, "decube.storage").fit, Fit::yes);
    task.snapshots_per_day = 6;  // 900 + 1260 = 2160 GB
    EXPECT_EQ(line(size_up(node(), task), "decube.storage").fit, Fit::no);
    EXPECT_EQ(size_up(node(), task).decision, Decision::no_go);
}

TEST(Capacity, memory_for_data_says_how_many_nodes) {
    CapacityTask task;
    task.dataset_bytes = 100e9;  // 200 GB of memory: 4 nodes of 64 GB
    const CapacityLine& memory = line(size_up(node(), task), "decube.memory_for_data");
    EXPECT_DOUBLE_EQ(*memory.needed, 200e9);
    EXPECT_EQ(memory.fit, Fit::advice);
    EXPECT_DOUBLE_EQ(memory.amounts.at(2).value, 4);
}

TEST(Capacity, memory_for_active_data_and_connections) {
    CapacityTask task;
    task.active_bytes = 20e9;
    task.connections = 1000;
    const Capacity capacity = size_up(node(), task);
    EXPECT_DOUBLE_EQ(*line(capacity, "decube.memory").needed, 48e9);  // 40 GB + 8 GB
    EXPECT_EQ(line(capacity, "decube.memory").fit, Fit::yes);
}

TEST(Capacity, network_for_the_users) {
    CapacityTask task;
    task.users = 500;
    task.request_bytes = 1e6;
    task.window_s = 2;
    const CapacityLine network = line(size_up(node(), task), "decube.network");
    EXPECT_DOUBLE_EQ(*network.needed, 500e6);
    EXPECT_EQ(network.fit, Fit::yes);
    task.window_s = 0.5;
    EXPECT_EQ(line(size_up(node(), task), "decube.network").fit, Fit::no);
}

TEST(Capacity, a_self_test_is_no_network) {
    assay::Run run = node();
    run.probes[1].measurements[0].findings.push_back(make_finding("self_test", ""));
    CapacityTask task;
    task.users = 1;
    task.request_bytes = 1;
    const CapacityLine network = line(size_up(run, task), "decube.network");
    EXPECT_EQ(network.fit, Fit::unknown);
    EXPECT_TRUE(network.gap);
}

TEST(Capacity, cpus_by_the_measured_efficiency_and_cost) {
    CapacityTask task;
    task.operations_per_s = 2000;
    task.cpu_s_per_operation = 2e-3;
    // 2000 * 0.002 / 0.8 = 5 CPUs.
    EXPECT_DOUBLE_EQ(*line(size_up(node(), task), "decube.cpu").needed, 5);
    // Measured: 1 MB encrypted at 1 GB/s and hashed at 0.5 GB/s are 3 ms.
    task.cpu_s_per_operation.reset();
    task.request_bytes = 1e6;
    EXPECT_DOUBLE_EQ(*line(size_up(node(), task), "decube.cpu").needed, 2000 * 3e-3 / 0.8);
    task.request_bytes.reset();
    const CapacityLine cpu = line(size_up(node(), task), "decube.cpu");
    EXPECT_EQ(cpu.fit, Fit::unknown);
    EXPECT_THAT(*cpu.gap, HasSubstr("--cpu-per-operation"));
}

TEST(Capacity, scaling_is_judged_at_the_most_threads_up_to_sixteen) {
    assay::Run run = node();
    EXPECT_EQ(line(size_up(run, {}), "decube.scaling").fit, Fit::no);  // 0.8 at 8
    run.probes[0].measurements[0].samples = {0.95};
    EXPECT_EQ(line(size_up(run, {}), "decube.scaling").fit, Fit::yes);
    test::add_metric(run, "cpu.scaling", "cpu.scaling.efficiency", Unit::ratio, {{"threads", 32}},
                     {0.5});
    EXPECT_EQ(line(size_up(run, {}), "decube.scaling").fit, Fit::yes);
}

TEST(Capacity, managers_workers_and_tasks_that_fit) {
    const Capacity capacity = size_up(node(), {});
    // Managers: min(8/2, 64/2, 2000/10) = 4. Workers: min(8/4, 64/4, 2000/20) = 2.
    // Tasks: min(8/0.05, 64 GB/50 MB) = min(160, 1280) = 160.
    EXPECT_DOUBLE_EQ(*line(capacity, "warren.managers").available, 4);
    EXPECT_DOUBLE_EQ(*line(capacity, "warren.workers").available, 2);
    EXPECT_DOUBLE_EQ(*line(capacity, "warren.tasks").available, 160);
    EXPECT_EQ(line(capacity, "warren.tasks").fit, Fit::advice);
    CapacityTask task;
    task.tasks = 200;
    EXPECT_EQ(line(size_up(node(), task), "warren.tasks").fit, Fit::no);
}

TEST(Capacity, nodes_for_so_many_faults) {
    CapacityTask task;
    task.faults = 2;
    const Capacity capacity = size_up(node(), task);
    EXPECT_DOUBLE_EQ(*line(capacity, "decube.bft_nodes").needed, 7);
    EXPECT_DOUBLE_EQ(*line(capacity, "consensus.raft_nodes").needed, 5);
    EXPECT_FALSE(has_line(size_up(node(), {}), "decube.bft_nodes"));
}

TEST(Capacity, commits_take_a_sync_and_a_round_trip) {
    assay::Run run = node();
    const auto add_tail = [&run](std::string_view probe, std::string_view metric, double p50_ns,
                                 double p99_ns) {
        test::add_metric(run, probe, metric, Unit::nanoseconds, {}, {p50_ns});
        Percentiles percentiles;
        percentiles.values[0] = p50_ns;
        percentiles.values[4] = p99_ns;
        run.probes.back().measurements.back().percentiles = percentiles;
    };
    add_tail("storage.fsync", "storage.fsync.latency", 10e6, 150e6);
    EXPECT_EQ(line(size_up(run, {}), "warren.raft_apply_p50").fit, Fit::unknown);
    add_tail("network.rtt", "network.rtt.tcp", 1e6, 60e6);
    const Capacity capacity = size_up(run, {});
    EXPECT_EQ(line(capacity, "warren.raft_apply_p50").fit, Fit::yes);      // 11 of 50 ms
    EXPECT_EQ(line(capacity, "warren.raft_apply_p95").fit, Fit::unknown);  // not measured
    EXPECT_EQ(line(capacity, "warren.raft_apply_p99").fit, Fit::no);       // 210 of 200 ms
    EXPECT_EQ(line(capacity, "consensus.latency").fit, Fit::no);           // 150 of 100 ms
}

TEST(Capacity, hardware_is_asked_for_by_the_minimum) {
    assay::Run run = node();
    EXPECT_EQ(line(size_up(run, {}), "decube.cores").fit, Fit::yes);
    run.environment = Value(Value::Object{{"cpu", Value(Value::Object{{"cores", 3}})}});
    EXPECT_EQ(line(size_up(run, {}), "decube.cores").fit, Fit::no);
    EXPECT_EQ(line(size_up(run, {}), "decube.disk").fit, Fit::unknown);
}

TEST(Capacity, every_line_keeps_its_books) {
    CapacityTask task{300e9, 20e9, 4, 7, 2000, 2e-3, 500, 1e6, 1, 1000, 1, 100};
    for (const CapacityLine& row : size_up(node(), task).lines) {
        std::size_t places = 0;
        for (std::size_t at = row.arithmetic.find("{}"); at != std::string::npos;
             at = row.arithmetic.find("{}", at + 2))
            ++places;
        EXPECT_EQ(places, row.amounts.size()) << row.id << ": " << row.arithmetic;
        EXPECT_THAT(row.document, testing::MatchesRegex("[a-z-]+\\.md:[0-9,-]+")) << row.id;
        EXPECT_EQ(row.gap.has_value(), row.fit == Fit::unknown) << row.id;
        EXPECT_FALSE(row.formula.empty()) << row.id;
    }
}

TEST(Capacity, numbers_that_overflow_are_unknown) {
    CapacityTask task;
    task.users = 1e300;
    task.request_bytes = 1e300;
    const CapacityLine network = line(size_up(node(), task), "decube.network");
    EXPECT_EQ(network.fit, Fit::unknown);
    EXPECT_TRUE(network.gap);
    EXPECT_FALSE(network.needed);
}

}  // namespace
}  // namespace assay::score
