#include "engine/score/metric_table.h"

#include <algorithm>
#include <array>
#include <vector>

namespace assay::score {
namespace {

using Names = std::string_view;

constexpr std::array kAllCpus{RequiredCondition{"scope", "all", 0}};
// One record size and one level stand for the others, so that no side can pick its own best.
constexpr std::array kAes{RequiredCondition{"scope", "all", 0},
                          RequiredCondition{"record_bytes", "", 16384}};
constexpr std::array kZstd{RequiredCondition{"scope", "all", 0}, RequiredCondition{"level", "", 3},
                           RequiredCondition{"block_bytes", "", 131072},
                           RequiredCondition{"corpus", "zeros", 0, true},
                           RequiredCondition{"corpus", "file", 0, true}};
constexpr std::array kLz4{RequiredCondition{"scope", "all", 0}, RequiredCondition{"level", "", 1},
                          RequiredCondition{"block_bytes", "", 131072},
                          RequiredCondition{"corpus", "zeros", 0, true},
                          RequiredCondition{"corpus", "file", 0, true}};
constexpr std::array kChase{RequiredCondition{"pages", "huge", 0},
                            RequiredCondition{"chains", "", 1}};
constexpr std::array kDepth32{RequiredCondition{"depth", "", 32}};
constexpr std::array kCommit{
    RequiredCondition{"method", "fdatasync", 0}, RequiredCondition{"block_bytes", "", 4096},
    RequiredCondition{"file", "preallocated", 0}, RequiredCondition{"threads", "", 1},
    RequiredCondition{"load", "none", 0}};
constexpr std::array kUp{RequiredCondition{"direction", "up", 0}};
constexpr std::array kDown{RequiredCondition{"direction", "down", 0}};
constexpr std::array kIdle{RequiredCondition{"load", "idle", 0}};
constexpr std::span<const RequiredCondition> kAny;

// A generated corpus carries its version in its name; how much of it there is follows from the
// caches. The library may differ: the target's own is what a restore there will use.
constexpr std::array kCodecEqual{Names("corpus")};
constexpr std::array kMemoryEqual{Names("pages")};
constexpr std::array kChaseEqual{Names("working_set_bytes")};
constexpr std::array kStorageEqual{Names("block_bytes"), Names("depth"),  Names("threads"),
                                   Names("mode"),        Names("engine"), Names("polling")};
constexpr std::array kCommitEqual{Names("engine")};
constexpr std::array kNetworkEqual{Names("streams"), Names("direction"), Names("peer")};
constexpr std::array kPeerEqual{Names("peer")};
constexpr std::array kDatagramEqual{Names("peer"), Names("direction"), Names("payload_bytes")};
constexpr std::span<const Names> kNothing;

constexpr std::array kCpuShown{ShownCondition{"isa", "", ""},
                               ShownCondition{"threads", "", " threads"}};
constexpr std::array kAesShown{ShownCondition{"record_bytes", "", " B"},
                               ShownCondition{"threads", "", " threads"}};
constexpr std::array kCodecShown{
    ShownCondition{"level", "level ", ""}, ShownCondition{"block_bytes", "", " B"},
    ShownCondition{"corpus", "", ""}, ShownCondition{"threads", "", " threads"}};
// "node" is what workload versions 1 and 2 called it.
constexpr std::array kMemoryShown{
    ShownCondition{"node", "node ", ""}, ShownCondition{"cpu_node", "node ", ""},
    ShownCondition{"kernel", "", ""}, ShownCondition{"threads", "", " threads"}};
constexpr std::array kChaseShown{ShownCondition{"pages", "", " pages"},
                                 ShownCondition{"working_set_bytes", "", " B"}};
constexpr std::array kStorageShown{
    ShownCondition{"block_bytes", "", " B"}, ShownCondition{"depth", "depth ", ""},
    ShownCondition{"mode", "", ""}, ShownCondition{"engine", "", ""}};
constexpr std::array kCommitShown{ShownCondition{"method", "", ""},
                                  ShownCondition{"block_bytes", "", " B"}};
constexpr std::array kNetworkShown{ShownCondition{"direction", "", ""},
                                   ShownCondition{"streams", "", " streams"}};
constexpr std::array kLoadShown{ShownCondition{"load", "", ""}};

constexpr MetricRow cpu(Names probe, Names metric, double weight,
                        std::span<const RequiredCondition> conditions, std::span<const Names> equal,
                        std::span<const ShownCondition> shown) {
    return {.category = "cpu",
            .probe = probe,
            .metric = metric,
            .unit = Unit::bytes_per_second,
            .weight = weight,
            .conditions = conditions,
            .equal = equal,
            .shown = shown};
}

constexpr MetricRow memory(Names metric, double weight, bool required) {
    return {.category = "memory",
            .probe = "memory.bandwidth",
            .metric = metric,
            .unit = Unit::bytes_per_second,
            .weight = weight,
            .required = required,
            .conditions = kAllCpus,
            .equal = kMemoryEqual,
            .shown = kMemoryShown};
}

constexpr MetricRow storage(Names probe, Names metric, Unit unit, double weight, bool required,
                            std::span<const RequiredCondition> conditions) {
    return {.category = "storage",
            .probe = probe,
            .metric = metric,
            .unit = unit,
            .weight = weight,
            .required = required,
            .conditions = conditions,
            .equal = kStorageEqual,
            .size = "size_bytes",
            .shown = kStorageShown};
}

constexpr MetricRow commit(Statistic statistic, double weight) {
    return {.category = "storage",
            .probe = "storage.fsync",
            .metric = "storage.fsync.latency",
            .unit = Unit::nanoseconds,
            .better = Better::lower,
            .statistic = statistic,
            .weight = weight,
            .conditions = kCommit,
            .equal = kCommitEqual,
            .shown = kCommitShown};
}

constexpr MetricRow tcp(std::span<const RequiredCondition> direction, bool required) {
    return {.category = "network",
            .probe = "network.tcp",
            .metric = "network.tcp.bandwidth",
            .unit = Unit::bytes_per_second,
            .weight = 2,
            .required = required,
            .conditions = direction,
            .largest = "streams",
            .equal = kNetworkEqual,
            .shown = kNetworkShown};
}

// Shares inside a category: half of it or more is the requirement's own metric and its like; the
// rest is what a restore does beside it. Random access outweighs streaming, for running machines
// feel it.
constexpr std::array kRows{
    MetricRow{.category = "cpu",
              .probe = "cpu.flops",
              .metric = "cpu.flops.double",
              .unit = Unit::flop_per_second,
              .weight = 4,
              .required = true,
              .conditions = kAllCpus,
              .shown = kCpuShown},
    cpu("cpu.aes_256_gcm", "cpu.aes_256_gcm.encrypt", 2, kAes, kNothing, kAesShown),
    cpu("cpu.zstd", "cpu.zstd.compress", 1, kZstd, kCodecEqual, kCodecShown),
    cpu("cpu.zstd", "cpu.zstd.decompress", 2, kZstd, kCodecEqual, kCodecShown),
    cpu("cpu.lz4", "cpu.lz4.compress", 1, kLz4, kCodecEqual, kCodecShown),

    memory("memory.bandwidth.read", 4, true),
    memory("memory.bandwidth.copy", 1, false),
    memory("memory.bandwidth.triad", 1, false),
    MetricRow{.category = "memory",
              .probe = "memory.latency",
              .metric = "memory.latency.random",
              .unit = Unit::nanoseconds,
              .better = Better::lower,
              .weight = 2,
              .conditions = kChase,
              .larger_first = "working_set_bytes",
              .equal = kChaseEqual,
              .shown = kChaseShown},

    storage("storage.random_read", "storage.random_read.iops", Unit::operations_per_second, 4, true,
            kDepth32),
    storage("storage.random_write", "storage.random_write.iops", Unit::operations_per_second, 3,
            false, kDepth32),
    storage("storage.mixed", "storage.mixed.iops", Unit::operations_per_second, 2, false, kDepth32),
    storage("storage.sequential_read", "storage.sequential_read.bandwidth", Unit::bytes_per_second,
            1, false, kAny),
    storage("storage.sequential_write", "storage.sequential_write.bandwidth",
            Unit::bytes_per_second, 1, false, kAny),
    commit(Statistic::median, 2),
    commit(Statistic::p99, 1),

    tcp(kUp, true),
    tcp(kDown, false),
    MetricRow{.category = "network",
              .probe = "network.udp",
              .metric = "network.udp.lossless_rate",
              .unit = Unit::bytes_per_second,
              .weight = 1,
              .conditions = kAny,
              .equal = kDatagramEqual,
              .shown = kNetworkShown},
    MetricRow{.category = "network",
              .probe = "network.rtt",
              .metric = "network.rtt.tcp",
              .unit = Unit::nanoseconds,
              .better = Better::lower,
              .weight = 1,
              .conditions = kIdle,
              .equal = kPeerEqual,
              .shown = kLoadShown},
};

}  // namespace

std::span<const MetricRow> metric_table() {
    return kRows;
}

std::span<const MetricRow> single_metric_table() {
    static const std::vector<MetricRow> rows = [] {
        std::vector<MetricRow> required;
        std::ranges::copy_if(kRows, std::back_inserter(required), &MetricRow::required);
        return required;
    }();
    return rows;
}

}  // namespace assay::score
