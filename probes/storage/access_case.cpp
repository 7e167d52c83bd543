#include "probes/storage/access_case.h"

#include <algorithm>
#include <iterator>

#include "engine/core/units.h"
#include "probes/storage/metrics.h"

namespace assay::storage {
namespace {

constexpr std::uint64_t kPage = 4 * kKiB;
constexpr double kSweepShare = 0.3;  // points of a sweep show a shape, not a certified number
constexpr unsigned kOpenLoopDepth = 1024;
// A device that cannot carry a rate is given no more than 50 ms of it at a time: what it has taken
// must be served before any other probe gets its turn. The rest waits here, and its time counts.
constexpr std::uint64_t kMostTakenPerSecond = 20;
constexpr unsigned kLeastOpenLoopDepth = 64;

unsigned open_loop_depth(std::uint64_t rate) {
    return static_cast<unsigned>(
        std::clamp<std::uint64_t>(rate / kMostTakenPerSecond, kLeastOpenLoopDepth, kOpenLoopDepth));
}

void sweep_depths(std::vector<AccessCase>& cases, std::initializer_list<unsigned> depths) {
    for (const unsigned depth : depths)
        cases.push_back({kPage, depth, Batching::latency, 0, kSweepShare});
}

void sweep_blocks(std::vector<AccessCase>& cases, std::initializer_list<std::uint64_t> blocks) {
    for (const std::uint64_t block : blocks)
        cases.push_back({block, 32, Batching::latency, 0, kSweepShare});
}

// Depth 1 is what one waiting client sees; 32 is what a busy database keeps in flight.
std::vector<AccessCase> random_read_cases(Extent extent) {
    std::vector<AccessCase> cases{{kPage, 1, Batching::latency, 0, 1},
                                  {kPage, 32, Batching::peak, 0, 1}};
    if (extent == Extent::smoke)
        return cases;
    cases.push_back({kPage, 32, Batching::latency, 0, 1});
    if (extent == Extent::quick)
        return cases;
    sweep_depths(cases, {2, 4, 8, 16, 64, 128});
    sweep_blocks(cases, {8 * kKiB, 16 * kKiB, 64 * kKiB, 256 * kKiB});
    return cases;
}

std::vector<AccessCase> random_write_cases(Extent extent) {
    if (extent == Extent::smoke)
        return {{kPage, 32, Batching::latency, 0, 1}};
    std::vector<AccessCase> cases{{kPage, 1, Batching::latency, 0, 1},
                                  {kPage, 32, Batching::latency, 0, 1}};
    if (extent == Extent::quick)
        return cases;
    sweep_depths(cases, {4, 128});
    sweep_blocks(cases, {16 * kKiB, 64 * kKiB});
    return cases;
}

std::vector<AccessCase> mixed_cases(Extent extent) {
    std::vector<AccessCase> cases{{kPage, 32, Batching::latency, 0, 1}};
    if (extent == Extent::standard || extent == Extent::deep)
        sweep_depths(cases, {1, 8, 128});
    return cases;
}

// Eight requests of 1 MiB in flight: enough for arrays that stripe, few enough for one disk.
std::vector<AccessCase> sequential_cases(Extent extent) {
    std::vector<AccessCase> cases{{kMiB, 8, Batching::latency, 0, 1}};
    if (extent == Extent::standard || extent == Extent::deep)
        for (const AccessCase& extra :
             {AccessCase{kMiB, 1, Batching::latency, 0, kSweepShare},
              AccessCase{128 * kKiB, 32, Batching::latency, 0, kSweepShare}})
            cases.push_back(extra);
    return cases;
}

// Rates that no host's own capacity chooses, so that two hosts are asked for the same.
std::vector<AccessCase> load_cases(Extent extent) {
    std::vector<std::uint64_t> rates;
    switch (extent) {
        case Extent::smoke:
        case Extent::quick:
            rates = {1'000, 5'000};
            break;
        case Extent::standard:
            rates = {100, 1'000, 2'000, 5'000, 10'000, 20'000, 50'000};
            break;
        case Extent::deep:
            rates = {100,    500,    1'000,   2'000,   5'000,  10'000,
                     20'000, 50'000, 100'000, 200'000, 500'000};
            break;
    }
    std::vector<AccessCase> cases;
    for (const std::uint64_t rate : rates)
        cases.push_back({kPage, open_loop_depth(rate), Batching::latency, rate,
                         extent == Extent::quick ? 1 : 0.5});
    return cases;
}

}  // namespace

std::string_view name_of(Batching batching) {
    return batching == Batching::latency ? "latency" : "peak";
}

std::string AccessCase::name() const {
    std::string text;
    if (block_bytes != kPage)
        text = std::to_string(block_bytes / kKiB) + " KiB, ";
    if (rate != 0)
        return text + std::to_string(rate) + " op/s";
    text += "depth " + std::to_string(depth);
    return batching == Batching::peak ? text + ", peak" : text;
}

constinit const AccessStyle kRandomReadStyle{
    "storage.random_read",
    "reads",
    AccessOrder::random,
    1,
    kPage,
    32,
    {&kRandomReadMetrics[0], nullptr, &kRandomReadMetrics[1], nullptr, nullptr,
     &kRandomReadMetrics[2]},
    &random_read_cases};

constinit const AccessStyle kRandomWriteStyle{
    "storage.random_write",
    "writes",
    AccessOrder::random,
    0,
    kPage,
    32,
    {&kRandomWriteMetrics[0], nullptr, &kRandomWriteMetrics[1], nullptr, nullptr,
     &kRandomWriteMetrics[2]},
    &random_write_cases};

constinit const AccessStyle kMixedStyle{"storage.mixed",
                                        "reads and writes",
                                        AccessOrder::random,
                                        0.7,
                                        kPage,
                                        32,
                                        {&kMixedMetrics[0], nullptr, &kMixedMetrics[1],
                                         &kMixedMetrics[2], &kMixedMetrics[3], &kMixedMetrics[4]},
                                        &mixed_cases};

constinit const AccessStyle kSequentialReadStyle{
    "storage.sequential_read",
    "reads",
    AccessOrder::sequential,
    1,
    kMiB,
    8,
    {nullptr, &kSequentialReadMetrics[0], &kSequentialReadMetrics[1], nullptr, nullptr, nullptr},
    &sequential_cases};

constinit const AccessStyle kSequentialWriteStyle{
    "storage.sequential_write",
    "writes",
    AccessOrder::sequential,
    0,
    kMiB,
    8,
    {nullptr, &kSequentialWriteMetrics[0], &kSequentialWriteMetrics[1], nullptr, nullptr, nullptr},
    &sequential_cases};

constinit const AccessStyle kLoadCurveStyle{"storage.load_curve",
                                            "reads",
                                            AccessOrder::random,
                                            1,
                                            kPage,
                                            kOpenLoopDepth,
                                            {&kLoadCurveMetrics[0], nullptr, &kLoadCurveMetrics[1],
                                             nullptr, nullptr, &kLoadCurveMetrics[2]},
                                            &load_cases};

}  // namespace assay::storage
