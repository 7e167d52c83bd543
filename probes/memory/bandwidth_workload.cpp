#include "probes/memory/bandwidth_workload.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "engine/host/worker_team.h"
#include "engine/team_use.h"
#include "probes/memory/array_set.h"
#include "probes/memory/metrics.h"
#include "probes/memory/neighbours.h"
#include "probes/memory/page_gain.h"
#include "probes/memory/stream_work.h"

namespace assay::memory {
namespace {

const Metric& metric_of(Operation operation) {
    return kBandwidthMetrics[static_cast<std::size_t>(operation)];
}

Operation operation_of(const BandwidthCase& row) {
    return row.store ? row.store->operation : Operation::read;
}

/// In B/s.
double rate_of(const host::TeamReport& report) {
    return report.units() / to_seconds(report.window_ns);
}

/// How much of the window the latest thread missed at its two ends, in ns.
std::int64_t skew_ns(const host::TeamReport& report) {
    std::int64_t most = 0;
    for (const host::WorkerReport& worker : report.workers)
        most = std::max(most, worker.late_ns);
    return most;
}

std::optional<Finding> skew_finding(std::int64_t skew, std::int64_t window) {
    const double share = static_cast<double>(skew) / static_cast<double>(window);
    if (share <= kMostWindowSkew)
        return std::nullopt;
    return make_finding("window_skew", "The last thread began " + percent_text(share) +
                                           " of the window after the first.");
}

class BandwidthWorkload final : public Workload {
  public:
    BandwidthWorkload(const RunContext& context, BandwidthSettings settings)
        : host_(context.host), settings_(std::move(settings)) {}

    Expected<void> build(const RunContext& context) {
        for (const BandwidthPair& pair : settings_.pairs) {
            teams_.emplace_back();
            ASSAY_TRY(teams_.back(), host::WorkerTeam::start(host_.clock, pair.nodes.cpus));
            evidence_.emplace_back(pair.nodes.cpus.size());
        }
        std::uint64_t number = 0;
        for (std::size_t memory = 0; memory < settings_.memories.size(); ++memory) {
            // The first pair that uses it named its CPUs.
            const auto first =
                std::ranges::find_if(settings_.pairs, [&](const BandwidthPair& pair) {
                    return pair.memory == memory || pair.small_memory == memory;
                });
            const auto index = static_cast<std::size_t>(first - settings_.pairs.begin());
            const MemoryGroup& group = settings_.memories[memory];
            arrays_.emplace_back();
            ASSAY_TRY(arrays_.back(),
                      ArraySet::fill(context, settings_, group, number, *teams_[index]));
            number += group.fill_cpus.size();
        }
        for (const BandwidthCase& row : settings_.cases)
            add_case(row);
        return {};
    }

    std::span<const Case> cases() const override { return cases_; }

    std::vector<Finding> findings() const override {
        std::vector<Finding> found = kernel_memory_findings(host_.files);
        for (const ArraySet& arrays : arrays_) {
            // Asked again each time, since automatic balancing may have moved pages meanwhile.
            const auto more = placement_findings(arrays.placement(), arrays.placement_now());
            found.insert(found.end(), more.begin(), more.end());
        }
        if (const auto quota = host::quota_finding(host_))
            found.push_back(*quota);
        for (std::size_t memory = 0; memory < arrays_.size(); ++memory)
            if (arrays_[memory].pages() == settings_.pages)
                add_cache_finding(memory, Operation::read, found);
        if (const auto gain = page_gain_finding(gains_))
            found.push_back(*gain);
        return found;
    }

    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override {
        const BandwidthCase& row = settings_.cases.at(case_index);
        const BandwidthPair& pair = settings_.pairs[row.pair];
        if (row.against_small)
            return measure_page_gain(row, request, gains_[case_index]);
        const Neighbours neighbours(host_, pair.nodes.cpus, row.threads);
        ASSAY_TRY(const host::TeamReport report, run_window(row, pair.memory, request));
        const Operation operation = operation_of(row);
        const double rate = rate_of(report);
        RoundResult result;
        result.values.push_back({&metric_of(operation), rate});
        add_peak(rate, result);
        add_skew(report, result);
        if (const auto contention = histories_[case_index].judge(neighbours.busy_ratio(), rate))
            result.findings.push_back(*contention);
        if (row.store)
            add_cache_finding(pair.memory, operation, result.findings);
        add_use(report, result.cpu_use);
        return result;
    }

    Expected<void> verify() override {
        for (std::size_t index = 0; index < settings_.pairs.size(); ++index)
            for (const Evidence& evidence : evidence_[index])
                if (evidence.wrong_blocks > 0)
                    return wrong(place_text(settings_.pairs[index].nodes), evidence.wrong_blocks,
                                 evidence.blocks);
        for (const ArraySet& arrays : arrays_)
            for (const ThreadArrays& thread : arrays.threads())
                if (thread.target && thread.target->wrong_blocks() > 0)
                    return wrong(arrays.placement().place, thread.target->wrong_blocks(),
                                 thread.target->blocks());
        return {};
    }

  private:
    /// Neighbours slow both halves, so they are not asked for.
    Expected<RoundResult> measure_page_gain(const BandwidthCase& row, RoundRequest half,
                                            PageGain& gain) {
        const BandwidthPair& pair = settings_.pairs[row.pair];
        half.duration /= 2;
        RoundResult result;
        double huge = 0, small = 0;
        for (const bool is_small : {gain.small_first(), !gain.small_first()}) {
            ASSAY_TRY(const host::TeamReport report,
                      run_window(row, is_small ? *pair.small_memory : pair.memory, half));
            (is_small ? small : huge) = rate_of(report);
            add_use(report, result.cpu_use);
        }
        if (huge <= 0 || small <= 0)
            return result;
        result.values.push_back({&kBandwidthMetrics[kSmallPages], small});
        if (!differ_in_pages(pair))
            return result;
        gain.add(huge, small);
        result.values.push_back({&kBandwidthMetrics[kPageGain], huge / small});
        return result;
    }

    /// What was asked for is not what the kernel gave everywhere: 4 KiB pages against 4 KiB pages
    /// are no gain.
    bool differ_in_pages(const BandwidthPair& pair) const {
        const Value huge = pages_obtained(arrays_[pair.memory].placement());
        return (huge == Value("thp") || huge == Value("hugetlb")) &&
               pages_obtained(arrays_[*pair.small_memory].placement()) == Value("4k");
    }

    static std::unexpected<Error> wrong(const std::string& place, std::uint64_t wrong_blocks,
                                        std::uint64_t blocks) {
        return failure(ErrorKind::internal,
                       "verify memory.bandwidth on " + place + ": " + std::to_string(wrong_blocks) +
                           " of " + std::to_string(blocks) +
                           " blocks of a thread did not hold or add up to what was written. "
                           "Either work was skipped or this memory returns wrong data: run a "
                           "memory test before you trust this host");
    }

    Expected<host::TeamReport> run_window(const BandwidthCase& row, std::size_t memory,
                                          const RoundRequest& request) {
        std::vector<ThreadArrays>& arrays = arrays_[memory].threads();
        const host::WindowRequest window =
            host::cpu_bound_window(host_.cgroup, {.workers = row.threads,
                                                  .lead_in = {},
                                                  .duration = request.duration,
                                                  .deadline = request.deadline,
                                                  .stop = request.stop});
        if (row.store) {
            StoreWork work(arrays, row.threads, evidence_[row.pair], *row.store);
            return teams_[row.pair]->run(work, window);
        }
        ReadWork work(arrays, row.threads, evidence_[row.pair], settings_.kernel);
        return teams_[row.pair]->run(work, window);
    }

    void add_peak(double rate, RoundResult& result) const {
        // Refresh alone takes some percent of a DRAM's time, so an honest rate stays below all of
        // it.
        constexpr double kMost = 1;
        if (!settings_.spec)
            return;
        const double ratio = rate / settings_.spec->bytes_per_second();
        result.values.push_back({&kBandwidthMetrics[kPeakRatio], ratio});
        if (ratio > kMost)
            result.findings.push_back(
                make_finding("impossible", "The rate is " + percent_text(ratio) +
                                               " of what --memory-spec says that the DRAM can "
                                               "do: a cache served it, or the spec is not that "
                                               "of this host."));
    }

    static void add_skew(const host::TeamReport& report, RoundResult& result) {
        if (report.workers.size() < 2)
            return;
        const std::int64_t skew = skew_ns(report);
        result.values.push_back({&kBandwidthMetrics[kWindowSkew], static_cast<double>(skew)});
        if (const auto finding = skew_finding(skew, report.window_ns))
            result.findings.push_back(*finding);
    }

    void add_cache_finding(std::size_t memory, Operation operation,
                           std::vector<Finding>& findings) const {
        const MemoryGroup& group = settings_.memories[memory];
        const std::uint64_t bytes = arrays_[memory].bytes(operation);
        if (!group.llc_bytes || bytes >= kTimesLastLevelCache * *group.llc_bytes)
            return;
        findings.push_back(make_finding(
            "cache_resident", "What a " + std::string(name_of(operation)) + " uses on " +
                                  arrays_[memory].placement().place + " is " +
                                  std::to_string(bytes) +
                                  " B together; four times the last-level cache is " +
                                  std::to_string(kTimesLastLevelCache * *group.llc_bytes) + " B."));
    }

    void add_case(const BandwidthCase& row) {
        const BandwidthPair& pair = settings_.pairs[row.pair];
        const ArraySet& arrays = arrays_[row.against_small ? *pair.small_memory : pair.memory];
        const Operation operation = operation_of(row);
        const std::string_view kernel = row.store ? row.store->name : settings_.kernel.name;
        const std::string_view stores = row.store ? row.store->stores : "none";
        std::vector<Condition> conditions{{"threads", static_cast<std::uint64_t>(row.threads)},
                                          {"scope", scope_of(pair, row.threads)},
                                          {"operation", name_of(operation)},
                                          {"kernel", kernel},
                                          {"stores", stores}};
        add_node_conditions(pair.nodes, conditions);
        conditions.push_back({"pages", pages_obtained(arrays.placement())});
        if (row.against_small)
            conditions.push_back(
                {"pages_against", pages_obtained(arrays_[pair.memory].placement())});
        conditions.push_back({"size_bytes", arrays.bytes(operation)});
        conditions.push_back({"convention", "bytes named by loads and stores"});
        if (row.sustained)
            conditions.push_back({"mode", "sustained"});
        cases_.push_back(
            {.name =
                 case_prefix(pair.nodes) + std::string(name_of(operation)) + " " +
                 std::string(kernel) + (stores == "non_temporal" ? " non-temporal" : "") + ", " +
                 std::to_string(row.threads) + (row.threads == 1 ? " thread" : " threads") +
                 (row.sustained ? ", sustained" : "") + (row.against_small ? ", 4 KiB pages" : ""),
             .conditions = std::move(conditions),
             .round_share = row.round_share});
        histories_.emplace_back();
        gains_.emplace_back(case_prefix(pair.nodes) + std::string(name_of(operation)) + " by " +
                            std::to_string(row.threads) +
                            (row.threads == 1 ? " thread" : " threads"));
    }

    const host::Host& host_;
    const BandwidthSettings settings_;
    std::vector<Case> cases_;
    std::vector<ContentionHistory> histories_;              ///< one a case
    std::vector<PageGain> gains_;                           ///< one a case
    std::vector<ArraySet> arrays_;                          ///< one a memory
    std::vector<std::vector<Evidence>> evidence_;           ///< [pair][thread]
    std::vector<std::unique_ptr<host::WorkerTeam>> teams_;  ///< one a pair
};

}  // namespace

Expected<std::unique_ptr<Workload>> make_bandwidth_workload(const RunContext& context,
                                                            const BandwidthSettings& settings) {
    auto workload = std::make_unique<BandwidthWorkload>(context, settings);
    ASSAY_TRY_VOID(workload->build(context));
    return std::unique_ptr<Workload>(std::move(workload));
}

}  // namespace assay::memory
