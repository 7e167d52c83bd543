#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

namespace assay::network::tcp {

/// How many bytes had arrived when.
struct Arrived {
    std::chrono::nanoseconds at{};  ///< since the first byte
    std::uint64_t bytes = 0;
    bool operator==(const Arrived&) const = default;
};

/// Of the last three windows of at least `window` each: by how much of their mean the rate changed
/// from the first to the third, as a share a second where they last longer than a second together,
/// else as a share. nullopt before there are three windows, and while nothing arrives. `samples` in
/// time order, evenly spaced or not.
std::optional<double> rate_change(std::span<const Arrived> samples,
                                  std::chrono::nanoseconds window);

/// Below this the ramp is over.
inline constexpr double kSettledChange = 0.01;

/// How wide those windows are: a twelfth of the longest ramp, and so that three hold five round
/// trips (RFC 6349 wants a steady state; slow start doubles each round trip).
std::chrono::nanoseconds settling_window(std::chrono::nanoseconds longest_ramp,
                                         std::optional<std::chrono::nanoseconds> rtt);

/// Jain's index of fairness: (sum x)^2 / (n * sum x^2); 1 = all alike, 1/n = one has all. nullopt
/// without any byte. Source: Jain, Chiu, Hawe (1984), DEC-TR-301.
std::optional<double> jain_index(std::span<const std::uint64_t> bytes);

}  // namespace assay::network::tcp
