#pragma once

#include <array>

#include "engine/core/metric.h"

namespace assay::storage {

// One sentence each, shared by the kinds of access that count in the same way.
inline constexpr std::string_view kIopsDefinition =
    "Operations of one block past the page cache that completed in full inside the round's window, "
    "divided by the window's length on our clock; a fixed number is kept in flight.";
inline constexpr std::string_view kBandwidthDefinition =
    "Bytes of the operations past the page cache that completed in full inside the round's window, "
    "divided by the window's length on our clock; a fixed number is kept in flight.";
inline constexpr std::string_view kLatencyDefinition =
    "Time of one operation, from just before the system call that submits it to the moment at "
    "which our thread sees its completion, on our clock; a round's sample is the median over its "
    "operations.";
inline constexpr std::string_view kResponseDefinition =
    "Open loop: time of one operation from the moment at which it was due, whether or not it could "
    "start then, to the moment at which our thread sees its completion, on our clock; a round's "
    "sample is the median over its operations.";

namespace metric_rows {
constexpr Metric iops(std::string_view id, std::string_view title) {
    return {id, title, kIopsDefinition, Unit::operations_per_second, Better::higher, ""};
}
constexpr Metric bandwidth(std::string_view id, std::string_view title) {
    return {id, title, kBandwidthDefinition, Unit::bytes_per_second, Better::higher, ""};
}
constexpr Metric latency(std::string_view id, std::string_view title) {
    return {id, title, kLatencyDefinition, Unit::nanoseconds, Better::lower, ""};
}
constexpr Metric response(std::string_view id, std::string_view title) {
    return {id, title, kResponseDefinition, Unit::nanoseconds, Better::lower, ""};
}
}  // namespace metric_rows

inline constexpr std::array kRandomReadMetrics{
    metric_rows::iops("storage.random_read.iops", "Random read IOPS"),
    metric_rows::latency("storage.random_read.latency", "Random read latency"),
    metric_rows::response("storage.random_read.response", "Random read response time")};

inline constexpr std::array kRandomWriteMetrics{
    metric_rows::iops("storage.random_write.iops", "Random write IOPS"),
    metric_rows::latency("storage.random_write.latency", "Random write latency"),
    metric_rows::response("storage.random_write.response", "Random write response time")};

inline constexpr std::array kMixedMetrics{
    metric_rows::iops("storage.mixed.iops", "Mixed 70/30 IOPS"),
    metric_rows::latency("storage.mixed.latency", "Mixed 70/30 latency"),
    metric_rows::latency("storage.mixed.read_latency", "Mixed 70/30 latency of reads"),
    metric_rows::latency("storage.mixed.write_latency", "Mixed 70/30 latency of writes"),
    metric_rows::response("storage.mixed.response", "Mixed 70/30 response time")};

inline constexpr std::array kSequentialReadMetrics{
    metric_rows::bandwidth("storage.sequential_read.bandwidth", "Sequential read bandwidth"),
    metric_rows::latency("storage.sequential_read.latency", "Sequential read latency")};

inline constexpr std::array kSequentialWriteMetrics{
    metric_rows::bandwidth("storage.sequential_write.bandwidth", "Sequential write bandwidth"),
    metric_rows::latency("storage.sequential_write.latency", "Sequential write latency")};

inline constexpr std::array kLoadCurveMetrics{
    Metric{"storage.load_curve.rate", "Reads served a second at a set rate",
           "Reads of one block that were due in the round's window and completed in full, divided "
           "by the window's length on our clock; they come evenly spaced at the rate in the "
           "conditions.",
           Unit::operations_per_second, Better::neither, ""},
    metric_rows::latency("storage.load_curve.service", "Service time at a set rate"),
    metric_rows::response("storage.load_curve.response", "Response time at a set rate")};

inline constexpr std::array kFsyncMetrics{
    Metric{"storage.fsync.latency", "Sync latency",
           "Time of one fdatasync(2) after an appended record, from call to return on our clock; "
           "of the methods that write and sync in one step, of that step. A round's sample is the "
           "median over its commits.",
           Unit::nanoseconds, Better::lower, ""},
    Metric{"storage.fsync.commit", "Commit latency",
           "Time to append one record and make it durable, write and sync together, on our clock; "
           "a round's sample is the median over its commits.",
           Unit::nanoseconds, Better::lower, ""},
    Metric{"storage.fsync.rate", "Commits a second",
           "Records that all writers together appended and made durable inside the round's window, "
           "divided by the window's length on our clock.",
           Unit::operations_per_second, Better::higher, ""}};

}  // namespace assay::storage
