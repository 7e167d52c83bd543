#pragma once

#include <optional>
#include <span>
#include <string>

#include "engine/host/counters.h"
#include "engine/probe.h"
#include "probes/storage/access_case.h"
#include "probes/storage/io_loop.h"
#include "probes/storage/ring.h"
#include "probes/storage/round_times.h"
#include "probes/storage/target.h"

namespace assay::storage {

/// All that is known of one round: what the detectors judge.
struct RoundFacts {
    const AccessStyle* style = nullptr;
    AccessCase access;
    LoopTally tally;               ///< of all threads together
    double busiest_cpu_ratio = 0;  ///< CPU time over wall of the busiest thread
    double window_s = 0;           ///< of the thread that ended first
    double operations_per_s = 0;   ///< sum of the threads' own rates: at a write limit they end
                                   ///< at different times
    double slice_s = 0;            ///< of the tally's slices
    double ns_per_tick = 0;
    std::string path;
    std::optional<CountedDisk> disk;
    std::optional<host::DiskCounters> before, after;
    Polling polling = Polling::none;
    std::optional<bool> device_polls;  ///< queue/io_poll
    bool is_limited = false;           ///< a control group limits the device, as it says itself

    std::uint64_t issued_bytes() const { return tally.issued * access.block_bytes; }
};

/// Adds what one thread saw to what others saw. Slices of the same length are added one by one.
void merge(LoopTally& sum, const LoopTally& one);

RoundFacts facts_of(const AccessStyle& style, const AccessCase& access,
                    std::span<const LoopTally* const> tallies, const RoundTimes& times,
                    const host::Clock& clock, const std::string& path,
                    const std::optional<CountedDisk>& disk,
                    const std::optional<host::DiskCounters>& before,
                    const std::optional<host::DiskCounters>& after);

/// The latencies that the style reports, with their slowest operations and their series.
void add_latencies(const RoundFacts& facts, const AccessMetrics& metrics, RoundResult& result);

}  // namespace assay::storage
