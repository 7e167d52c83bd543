#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/metric.h"
#include "engine/core/profile.h"
#include "probes/storage/io_loop.h"

namespace assay::storage {

/// Two tests that are never mixed. Latency: completions are taken and operations handed over one by
/// one, so that a latency is the device's. Peak: in batches, which costs less CPU and lets a fast
/// device do more, but makes the latencies those of batches; they are not reported.
enum class Batching { latency, peak };
std::string_view name_of(Batching batching);  ///< "latency", "peak"

/// One way of access that is measured.
struct AccessCase {
    std::uint64_t block_bytes = 0;
    unsigned depth = 1;  ///< per thread; open loop: most in flight
    Batching batching = Batching::latency;
    std::uint64_t rate = 0;  ///< operations a second that come, of all threads; 0 = closed loop
    double round_share = 1;

    std::string name() const;  ///< "depth 32, peak", "1048576 B, depth 8", "10000 op/s"
    bool operator==(const AccessCase&) const = default;
};

/// The metrics that a kind of access reports; nullptr = it has none such.
struct AccessMetrics {
    const Metric* iops = nullptr;
    const Metric* bandwidth = nullptr;
    const Metric* latency = nullptr;  ///< of all operations; open loop: service time
    const Metric* read_latency = nullptr;
    const Metric* write_latency = nullptr;
    const Metric* response = nullptr;  ///< open loop, from when an operation was due
};

/// What tells one of the access probes from the other: a row of data.
struct AccessStyle {
    std::string_view id;
    std::string_view verb;  ///< for sentences: "reads", "writes"
    AccessOrder order = AccessOrder::random;
    double read_ratio = 1;
    std::uint64_t block_bytes = 0;  ///< unless asked for otherwise
    unsigned depth = 32;            ///< likewise, of an open loop and of --mode
    AccessMetrics metrics;
    std::vector<AccessCase> (*cases)(Extent extent);

    bool writes() const { return read_ratio < 1; }
};

extern const AccessStyle kRandomReadStyle;
extern const AccessStyle kRandomWriteStyle;
extern const AccessStyle kMixedStyle;
extern const AccessStyle kSequentialReadStyle;
extern const AccessStyle kSequentialWriteStyle;
extern const AccessStyle kLoadCurveStyle;

}  // namespace assay::storage
