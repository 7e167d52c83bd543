#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/histogram.h"
#include "engine/core/measurement.h"
#include "engine/core/metric.h"
#include "engine/core/profile.h"
#include "engine/core/shelf.h"
#include "engine/host/host.h"

/// The only contract between a probe and the rest of the house. A probe is a row of data and
/// functions, so that its label and its code cannot drift apart; flags, `list`, `plan`, `doctor`
/// and help all follow from the row.
namespace assay {

enum class OptionKind { bytes, count, duration, rate, text, choice, flag };

/// A flag of `assay probe ID`. Names are shared between probes (DESIGN, "Command line").
struct Option {
    std::string_view name;  ///< without dashes: "block"
    OptionKind kind = OptionKind::text;
    std::string_view default_text;  ///< what an absent flag means, for help; empty = the probe
                                    ///< decides, and `help` says how
    std::string_view choices;       ///< "auto|io_uring|sync" for OptionKind::choice
    std::string_view help;          ///< one line
};

/// What the user asked for: values of options by name, already checked against kind and choices,
/// still as text.
struct Request {
    std::map<std::string, std::string, std::less<>> values;
    std::uint64_t seed = 1;
    /// The profile's or the command's choice for the whole run; a probe may make smaller sizes for
    /// a smaller budget.
    std::chrono::nanoseconds budget{};
    /// How many cases to measure where the options leave that open. One probe alone looks as wide
    /// as a quick run.
    Extent extent = Extent::quick;
    /// How often a case is measured at most, warm-up and repeats included: what a plan multiplies
    /// by what one round writes.
    std::size_t most_rounds = 1;

    const std::string* find(std::string_view name) const;  ///< nullptr if not given
    /// The value of an option of that kind, or `otherwise` where it was not given. Errors: usage.
    Expected<std::uint64_t> bytes(std::string_view name, std::uint64_t otherwise) const;
    Expected<std::uint64_t> count(std::string_view name, std::uint64_t otherwise) const;
    std::string text(std::string_view name, std::string_view otherwise) const;
};

/// What a probe needs of the run that it is part of. Outlives every workload.
struct RunContext {
    const host::Host& host;
    std::stop_token stop;
    std::chrono::steady_clock::time_point
        prepare_deadline;                      ///< prepare gives up, or makes do with less, by then
    std::uint64_t memory_allowance_bytes = 0;  ///< what is left for this probe's buffers
    Shelf* shelf = nullptr;  ///< of the run; nullptr where nothing is prepared, or one probe alone
};

enum class CheckLevel { ok, warn, block };

/// A line of `assay doctor`. The run makes the same checks through the same function; a block keeps
/// the probe from starting.
struct CheckLine {
    CheckLevel level = CheckLevel::ok;
    std::string subject;                      ///< "O_DIRECT on /data"
    std::string message;                      ///< what was found
    std::string advice;                       ///< the way out; empty for ok
    ErrorKind kind = ErrorKind::unsupported;  ///< of a block: becomes the skip or fail reason and
                                              ///< the exit status
    bool operator==(const CheckLine&) const = default;
};

/// How a case is taken that looks at what the host keeps up: seldom, and long. What the host takes
/// from it meanwhile (steal, throttling) is what it shows: named as ever, but no reason to refuse.
struct Lasting {
    std::size_t rounds = 1;             ///< instead of the plan's, if fewer
    std::chrono::nanoseconds length{};  ///< of a round, where the budget allows
};

/// What a probe would do to the host: the rows of `assay plan`.
struct Footprint {
    std::uint64_t bytes_written = 0;  ///< to the filesystem, while preparing and measuring, at most
    std::uint64_t free_space_bytes = 0;  ///< that must be free, at most
    /// Of a file that all probes of a run with the same `shared_file` use: written once, and free
    /// space for it needed once, as large as the largest of them wants. Not part of the two above.
    std::uint64_t shared_bytes = 0;
    std::uint64_t shared_written_bytes = 0;  ///< more where it is written more than once
    std::string shared_file{};
    /// Over the network, at most; 0 = nothing leaves the host, nullopt = as much as the path
    /// carries meanwhile.
    std::optional<std::uint64_t> bytes_sent = 0;
    std::uint64_t memory_bytes = 0;
    std::size_t threads = 0;                  ///< busy at the same time, at most
    std::size_t cases = 0;                    ///< each is measured `rounds` times
    std::vector<Lasting> lasting{};           ///< cases taken seldom and long, not in `cases`
    std::optional<double> round_shares{};     ///< sum over the cases; absent = 1 for each
    std::chrono::nanoseconds prepare_time{};  ///< estimate
    std::string note;                         ///< one line for people; may be empty
};

/// One way in which a workload is measured: depth 1, depth 32. Its rounds are interleaved with
/// everybody else's.
struct Case {
    std::string name;  ///< short, unique in the probe: "depth 32", "avx512, 2 threads"
    std::vector<Condition> conditions;
    /// Length of its rounds, of what the run gives to a full one; in (0, 1]. A kernel that repeats
    /// within milliseconds needs no seconds.
    double round_share = 1;
    /// Then round_share is that of its warm-up alone.
    std::optional<Lasting> lasting{};
};

struct RoundRequest {
    std::chrono::nanoseconds duration{};             ///< aim for this much timed work
    std::uint64_t seed = 0;                          ///< fresh each round
    std::stop_token stop;                            ///< leave within 100 ms of a request
    std::chrono::steady_clock::time_point deadline;  ///< never work past this
};

struct RoundValue {
    const Metric* metric;  ///< of the probe's own table
    double value;          ///< in the metric's unit, finite
    /// How a rate came about: of each equal stretch of the round, `per_second` alone, in the
    /// metric's unit. Empty where nobody looked.
    std::vector<SeriesPoint> series{};
    double series_interval_s = 0;
};

/// The operations of one round. The round's sample is their median; percentiles come from all valid
/// rounds together.
struct RoundLatency {
    const Metric* metric;  ///< in ns
    Histogram ticks;
    double ns_per_tick;
    std::vector<SlowOperationRecord> slowest{};  ///< slowest first, at most kSlowestKept
    std::vector<SeriesPoint> series{};           ///< of equal stretches of the round
    double series_interval_s = 0;
};

/// How the busy threads of a CPU-bound round fared; the gates need it. Absent for workloads that
/// wait (storage, network).
struct CpuUse {
    std::int64_t wall_ns = 0;  ///< sum over the threads
    std::int64_t cpu_ns = 0;   ///< sum over the threads of CLOCK_THREAD_CPUTIME_ID
    std::int64_t gap_ns =
        0;  ///< sum of the clock jumps over 20 us that the threads saw between blocks
};

struct RoundResult {
    std::vector<RoundValue> values;
    std::vector<RoundLatency> latencies;
    std::vector<Finding> findings;  ///< one of severity `invalid` makes the round invalid
    std::optional<CpuUse> cpu_use;
};

/// A prepared probe: owns its files, rings, buffers and threads; its destructor gives everything
/// back.
class Workload {
  public:
    virtual ~Workload() = default;
    virtual std::span<const Case> cases() const = 0;
    /// Findings about the workload as prepared (small_file, small_pages). They weaken all its
    /// measurements.
    virtual std::vector<Finding> findings() const { return {}; }
    /// One round of one case: the only timed call. Called from one thread at a time, any number of
    /// times.
    virtual Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) = 0;
    /// How long a round of this case must be for its number to hold, from what the warm-up showed:
    /// a slow device needs time for its operations. The run gives it where its budget allows.
    virtual std::chrono::nanoseconds least_round(std::size_t /*case_index*/) const { return {}; }
    /// Below this its number is not coarse but wrong: where the budget is too small for all, the
    /// run takes fewer rounds, never shorter ones.
    virtual std::chrono::nanoseconds shortest_round(std::size_t /*case_index*/) const { return {}; }
    /// How long `verify` will take, about, after what was measured so far. The run keeps it free at
    /// its end.
    virtual std::chrono::nanoseconds verify_time() const { return {}; }
    /// Proof that the work was really done; fails if it was skipped. Called once, after the last
    /// round.
    virtual Expected<void> verify() = 0;
};

struct Probe {
    std::string_view id;              ///< "storage.random_read"
    std::string_view title;           ///< one line for `assay list`
    std::span<const Metric> metrics;  ///< everything that it may report
    std::span<const Option> options;
    /// Can it run here, with this request? Read-only and quick. Never empty.
    std::vector<CheckLine> (*check)(const RunContext&, const Request&);
    /// What would it do? Read-only. Errors: usage.
    Expected<Footprint> (*plan)(const RunContext&, const Request&);
    /// Allocates, opens, fills, pins. Honours context.stop and context.prepare_deadline.
    Expected<std::unique_ptr<Workload>> (*prepare)(const RunContext&, const Request&);
};

}  // namespace assay
