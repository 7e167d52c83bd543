#pragma once

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include "engine/host/host.h"
#include "engine/probe.h"

/// Rounds without a run around them.
namespace assay::test {

inline double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values.at(values.size() / 2);
}

inline RunContext context_of(const host::Host& host) {
    return {.host = host,
            .stop = {},
            .prepare_deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60),
            .memory_allowance_bytes = host.memory_allowance_bytes()};
}

inline RoundRequest round_of(std::chrono::milliseconds duration) {
    return {.duration = duration,
            .seed = 1,
            .stop = {},
            .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60)};
}

inline bool has(const std::vector<Finding>& findings, std::string_view id) {
    return std::ranges::any_of(findings, [&](const Finding& found) { return found.id == id; });
}

}  // namespace assay::test
