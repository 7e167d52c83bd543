#include "probes/network/tcp/settling.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::network::tcp {
namespace {

using std::chrono::nanoseconds;

double seconds(nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

std::optional<double> rate_change(std::span<const Arrived> samples, nanoseconds window) {
    constexpr std::size_t kWindows = 3;
    std::array<double, kWindows> rates{};  // [0] is the newest
    std::array<double, kWindows> middles{};
    std::size_t end = samples.size();
    for (std::size_t at = 0; at < kWindows; ++at) {
        if (end < 2)
            return std::nullopt;
        const Arrived& last = samples[end - 1];
        std::size_t first = end - 1;
        while (first > 0 && last.at - samples[first].at < window)
            --first;
        const double length = seconds(last.at - samples[first].at);
        if (last.at - samples[first].at < window || length <= 0)
            return std::nullopt;
        rates[at] = static_cast<double>(last.bytes - samples[first].bytes) / length;
        middles[at] = seconds(last.at) - length / 2;
        end = first + 1;
    }
    const double mean = (rates[0] + rates[1] + rates[2]) / 3;
    if (mean <= 0)
        return std::nullopt;
    const double change = (rates[0] - rates[2]) / mean;
    return change / std::max(1.0, middles[0] - middles[2]);
}

nanoseconds settling_window(nanoseconds longest_ramp, std::optional<nanoseconds> rtt) {
    constexpr int kRoundTripsInThree = 5;
    return std::max(
        {nanoseconds(1), longest_ramp / 12, rtt.value_or(nanoseconds(0)) * kRoundTripsInThree / 3});
}

std::optional<double> jain_index(std::span<const std::uint64_t> bytes) {
    double sum = 0;
    double squares = 0;
    for (const std::uint64_t one : bytes) {
        sum += static_cast<double>(one);
        squares += static_cast<double>(one) * static_cast<double>(one);
    }
    if (squares <= 0)
        return std::nullopt;
    return sum * sum / (static_cast<double>(bytes.size()) * squares);
}

}  // namespace assay::network::tcp
