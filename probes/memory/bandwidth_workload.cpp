#include "probes/memory/bandwidth_workload.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "engine/host/worker_team.h"
#include "probes/memory/metrics.h"
#include "probes/memory/private_array.h"

namespace assay::memory {
namespace {

constexpr double kEnough = 0.99;  // of the pages: huge where asked for, on the thread's node

/// What one worker saw, away from its neighbours' cache lines.
struct alignas(128) Evidence {
    std::uint64_t blocks = 0;
    std::uint64_t wrong_sums = 0;
};

/// A group with its threads and their arrays.
struct Station {
    NodeGroup group;
    std::unique_ptr<host::WorkerTeam> team;
    std::vector<std::optional<PrivateArray>> arrays;  ///< one a thread
    std::vector<Evidence> evidence;                   ///< one a thread
    std::size_t next_array = 0;                       ///< that a single thread reads from
    std::optional<double> huge_ratio;                 ///< of all arrays, when they were filled
    bool all_hugetlb = false;

    std::uint64_t bytes() const {
        std::uint64_t sum = 0;
        for (const auto& array : arrays)
            sum += array->size();
        return sum;
    }
};

/// Each thread reads its own array; a single thread takes the blocks of all arrays in turn, so that
/// it too walks more than the caches hold.
class ReadWork final : public host::TeamWork {
  public:
    ReadWork(Station& station, const ReadKernel& kernel, std::size_t threads)
        : station_(station), kernel_(kernel), single_(threads == 1) {}

    std::uint64_t block(std::size_t worker) override {
        std::size_t index = worker;
        if (single_) {
            index = station_.next_array;
            station_.next_array = (index + 1) % station_.arrays.size();
        }
        Evidence& evidence = station_.evidence[worker];
        ++evidence.blocks;
        if (!station_.arrays[index]->read_block(kernel_))
            ++evidence.wrong_sums;
        return kBlockBytes;
    }

  private:
    Station& station_;
    const ReadKernel& kernel_;
    const bool single_;
};

std::optional<double> huge_page_ratio(const Station& station) {
    double huge_bytes = 0;
    for (const auto& array : station.arrays) {
        const auto ratio = array->buffer().huge_page_ratio();
        if (!ratio)
            return std::nullopt;
        huge_bytes += *ratio * static_cast<double>(array->size());
    }
    return huge_bytes / static_cast<double>(station.bytes());
}

/// Null where the kernel does not tell.
Value pages_obtained(const Station& station) {
    if (station.all_hugetlb)
        return "hugetlb";
    if (!station.huge_ratio)
        return {};
    if (*station.huge_ratio >= kEnough)
        return "thp";
    return *station.huge_ratio <= 1 - kEnough ? "4k" : "mixed";
}

std::string percent_text(double ratio) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f %%", ratio * 100);
    return text;
}

std::string place_of(const Station& station) {
    return station.group.node ? "NUMA node " + std::to_string(*station.group.node) : "this host";
}

void add_findings(const Station& station, const BandwidthSettings& settings,
                  std::vector<Finding>& findings) {
    if (station.group.llc_bytes &&
        station.bytes() < kTimesLastLevelCache * *station.group.llc_bytes)
        findings.push_back(make_finding(
            "cache_resident",
            "The arrays on " + place_of(station) + " are " + std::to_string(station.bytes()) +
                " B together; four times the last-level cache is " +
                std::to_string(kTimesLastLevelCache * *station.group.llc_bytes) + " B."));
    if (settings.pages == host::PagePreference::huge && station.huge_ratio &&
        *station.huge_ratio < kEnough)
        findings.push_back(
            make_finding("small_pages", "Huge pages back " + percent_text(*station.huge_ratio) +
                                            " of the arrays on " + place_of(station) + "."));
    if (!station.group.node)
        return;
    // Asked again each time, since automatic balancing may have moved pages meanwhile.
    double least = 1;
    for (const auto& array : station.arrays)
        least = std::min(least, array->buffer().ratio_on_node(*station.group.node).value_or(1));
    if (least < kEnough)
        findings.push_back(make_finding("remote_pages", "Only " + percent_text(least) +
                                                            " of an array's pages lie on " +
                                                            place_of(station) + "."));
}

class BandwidthWorkload final : public Workload {
  public:
    BandwidthWorkload(const RunContext& context, BandwidthSettings settings)
        : host_(context.host), settings_(std::move(settings)) {}

    Expected<void> build(const RunContext& context) {
        std::uint64_t number = 0;
        for (const NodeGroup& group : settings_.groups) {
            auto station = std::make_unique<Station>();
            station->group = group;
            ASSAY_TRY(station->team, host::WorkerTeam::start(host_.clock, group.cpus));
            ASSAY_TRY_VOID(fill(context, number, *station));
            number += group.cpus.size();
            add_cases(stations_.size(), *station);
            stations_.push_back(std::move(station));
        }
        return {};
    }

    std::span<const Case> cases() const override { return cases_; }

    std::vector<Finding> findings() const override {
        std::vector<Finding> found;
        for (const auto& station : stations_)
            add_findings(*station, settings_, found);
        if (const auto quota = host::quota_finding(host_))
            found.push_back(*quota);
        return found;
    }

    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override {
        const CaseRow& row = rows_.at(case_index);
        Station& station = *stations_[row.station];
        ReadWork work(station, settings_.kernel, row.threads);
        ASSAY_TRY(const host::TeamReport report,
                  station.team->run(
                      work, host::cpu_bound_window(host_.cgroup, {.workers = row.threads,
                                                                  .lead_in = {},
                                                                  .duration = request.duration,
                                                                  .deadline = request.deadline,
                                                                  .stop = request.stop})));
        RoundResult result;
        result.values.push_back(
            {&kBandwidthMetrics[0], report.units() / to_seconds(report.window_ns)});
        result.cpu_use = CpuUse{
            .wall_ns = report.wall_ns(), .cpu_ns = report.cpu_ns(), .gap_ns = report.gap_ns()};
        return result;
    }

    Expected<void> verify() override {
        for (const auto& station : stations_)
            for (const Evidence& evidence : station->evidence)
                if (evidence.wrong_sums > 0)
                    return failure(ErrorKind::internal,
                                   "verify memory.bandwidth on " + place_of(*station) + ": " +
                                       std::to_string(evidence.wrong_sums) + " of " +
                                       std::to_string(evidence.blocks) +
                                       " blocks of a thread did not add up to what was written. "
                                       "Either reads were skipped or this memory returns wrong "
                                       "data: run a memory test before you trust this host");
        return {};
    }

  private:
    struct CaseRow {
        std::size_t station;
        std::size_t threads;
    };

    Expected<void> fill(const RunContext& context, std::uint64_t first_number, Station& station) {
        const NodeGroup& group = station.group;
        station.arrays.resize(group.cpus.size());
        station.evidence.resize(group.cpus.size());
        // Each thread touches its own array first, all at the same time.
        ASSAY_TRY_VOID(station.team->on_each([&](std::size_t worker) -> Expected<void> {
            ASSAY_TRY(station.arrays[worker],
                      PrivateArray::make({.bytes = group.bytes_per_thread,
                                          .pages = settings_.pages,
                                          .numa_node = settings_.bind ? group.node : std::nullopt,
                                          .number = first_number + worker,
                                          .deadline = context.prepare_deadline,
                                          .stop = context.stop}));
            return {};
        }));
        station.huge_ratio = huge_page_ratio(station);
        station.all_hugetlb = std::ranges::all_of(
            station.arrays, [](const auto& array) { return array->buffer().is_hugetlb(); });
        return {};
    }

    void add_cases(std::size_t station_index, const Station& station) {
        const NodeGroup& group = station.group;
        std::vector<std::size_t> counts;
        for (const std::size_t count : settings_.thread_counts)
            counts.push_back(count == 0 ? group.cpus.size() : count);
        // A node with one CPU has one case.
        counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
        for (const std::size_t threads : counts) {
            const std::string scope = threads == group.allowed_cpus ? "all"
                                      : threads == 1                ? "one"
                                                                    : "some";
            const std::string place =
                group.node ? "node " + std::to_string(*group.node) + ", " : std::string();
            cases_.push_back(
                {place + std::to_string(threads) + (threads == 1 ? " thread" : " threads"),
                 {{"threads", static_cast<std::uint64_t>(threads)},
                  {"scope", scope},
                  {"node", group.node},
                  {"kernel", settings_.kernel.name},
                  {"pages", pages_obtained(station)},
                  {"size_bytes", station.bytes()}}});
            rows_.push_back({station_index, threads});
        }
    }

    const host::Host& host_;
    const BandwidthSettings settings_;
    std::vector<Case> cases_;
    std::vector<CaseRow> rows_;
    std::vector<std::unique_ptr<Station>> stations_;
};

}  // namespace

Expected<std::unique_ptr<Workload>> make_bandwidth_workload(const RunContext& context,
                                                            const BandwidthSettings& settings) {
    auto workload = std::make_unique<BandwidthWorkload>(context, settings);
    ASSAY_TRY_VOID(workload->build(context));
    return std::unique_ptr<Workload>(std::move(workload));
}

}  // namespace assay::memory
