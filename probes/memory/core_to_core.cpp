#include "probes/memory/core_to_core.h"

#include <array>
#include <string>
#include <utility>

#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "probes/memory/cpu_pairs.h"
#include "probes/memory/metrics.h"
#include "probes/memory/ping_pong.h"

namespace assay::memory {
namespace {

constexpr double kShare = 0.03;

struct PairCase {
    CpuPair pair;
    std::optional<int> line_node;
};

std::optional<int> node_of(const host::Topology& topology, int cpu) {
    // One node alone needs no binding; one without memory has none to bind to.
    if (topology.nodes.size() < 2)
        return std::nullopt;
    for (const host::Pu& pu : topology.pus)
        if (pu.os_index == cpu)
            for (const host::NumaNode& node : topology.nodes)
                if (pu.numa_node == node.os_index && node.memory_bytes.value_or(1) > 0)
                    return node.os_index;
    return std::nullopt;
}

/// Each pair with the line on the first CPU's node, and on the second one's where that is another.
std::vector<PairCase> pair_cases(const host::Topology& topology, Extent extent) {
    std::vector<PairCase> cases;
    for (const CpuPair& pair : cpu_pairs(topology, most_pairs(extent))) {
        const auto first = node_of(topology, pair.first), second = node_of(topology, pair.second);
        cases.push_back({pair, first});
        if (second != first)
            cases.push_back({pair, second});
    }
    return cases;
}

std::optional<Finding> sampled_finding(const host::Topology& topology, Extent extent) {
    const std::size_t cpus = topology.allowed_cpus().size();
    const std::size_t all = cpus * (cpus - 1) / 2;
    const std::size_t taken = cpu_pairs(topology, most_pairs(extent)).size();
    if (taken >= all)
        return std::nullopt;
    return make_finding("matrix_sampled", std::to_string(taken) + " of the " + std::to_string(all) +
                                              " pairs of CPUs.");
}

class CoreToCoreWorkload final : public Workload {
  public:
    CoreToCoreWorkload(const RunContext& context, Extent extent)
        : host_(context.host),
          rows_(pair_cases(host_.topology, extent)),
          sampled_(sampled_finding(host_.topology, extent)) {
        for (const PairCase& row : rows_) {
            std::string name =
                "CPU " + std::to_string(row.pair.first) + " and " + std::to_string(row.pair.second);
            if (row.line_node)
                name += ", line on node " + std::to_string(*row.line_node);
            cases_.push_back({.name = std::move(name),
                              .conditions = {{"first_cpu", row.pair.first},
                                             {"second_cpu", row.pair.second},
                                             {"relation", row.pair.relation},
                                             {"line_node", row.line_node},
                                             {"trips_per_sample", kTripsPerSample}},
                              .round_share = kShare});
        }
    }

    std::span<const Case> cases() const override { return cases_; }

    std::vector<Finding> findings() const override {
        std::vector<Finding> found;
        if (sampled_)
            found.push_back(*sampled_);
        if (const auto quota = host::quota_finding(host_))
            found.push_back(*quota);
        return found;
    }

    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override {
        const PairCase& row = rows_.at(case_index);
        ASSAY_TRY(PingPongResult seen, ping_pong(host_.clock, {.first_cpu = row.pair.first,
                                                               .second_cpu = row.pair.second,
                                                               .line_node = row.line_node,
                                                               .duration = request.duration,
                                                               .deadline = request.deadline,
                                                               .stop = request.stop}));
        wrong_games_ += seen.trips != seen.answers || seen.trips == 0;
        RoundResult result;
        if (seen.placed_ratio.value_or(1) < 1)
            result.findings.push_back(make_finding(
                "remote_pages",
                "The line's page does not lie on node " + std::to_string(*row.line_node) + "."));
        result.latencies.push_back(
            {.metric = &kCoreToCoreMetrics[0],
             .ticks = std::move(seen.samples),
             .ns_per_tick = host_.clock.ns_per_tick() / 2 / static_cast<double>(kTripsPerSample)});
        result.cpu_use = seen.use;
        return result;
    }

    Expected<void> verify() override {
        if (wrong_games_ > 0)
            return failure(ErrorKind::internal,
                           "verify memory.core_to_core: in " + std::to_string(wrong_games_) +
                               " rounds the second CPU did not answer as often as the first one "
                               "asked. Report this as a bug");
        return {};
    }

  private:
    const host::Host& host_;
    const std::vector<PairCase> rows_;
    const std::optional<Finding> sampled_;
    std::vector<Case> cases_;
    std::uint64_t wrong_games_ = 0;
};

std::vector<CheckLine> check(const RunContext& context, const Request& request) {
    const std::size_t pairs = pair_cases(context.host.topology, request.extent).size();
    if (pairs == 0)
        return {{CheckLevel::block, "pairs of CPUs",
                 "memory.core_to_core needs two CPUs and this process may use one",
                 "Widen the affinity mask, or leave the probe out.", ErrorKind::unsupported}};
    std::vector<CheckLine> lines{{CheckLevel::ok, "pairs of CPUs",
                                  std::to_string(pairs) + (pairs == 1 ? " case" : " cases"), "",
                                  ErrorKind::unsupported}};
    if (const auto quota = host::quota_finding(context.host))
        lines.push_back(
            {CheckLevel::warn, "CPU quota", quota->message, quota->advice, ErrorKind::unsupported});
    return lines;
}

Expected<Footprint> plan(const RunContext& context, const Request& request) {
    Footprint footprint;
    footprint.cases = pair_cases(context.host.topology, request.extent).size();
    footprint.round_shares = static_cast<double>(footprint.cases) * kShare;
    footprint.threads = 2;
    footprint.note = "keeps two CPUs busy; touches one page of memory";
    return footprint;
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    auto workload = std::make_unique<CoreToCoreWorkload>(context, request.extent);
    if (workload->cases().empty())
        return failure(ErrorKind::unsupported,
                       "memory.core_to_core needs two CPUs and this process may use one; widen "
                       "the affinity mask, or leave the probe out");
    return std::unique_ptr<Workload>(std::move(workload));
}

}  // namespace

const Probe kCoreToCore{.id = "memory.core_to_core",
                        .title = "Latency of a cache line between two CPUs, by pair",
                        .metrics = kCoreToCoreMetrics,
                        .options = {},
                        .check = &check,
                        .plan = &plan,
                        .prepare = &prepare};

}  // namespace assay::memory
