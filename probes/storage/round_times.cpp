#include "probes/storage/round_times.h"

#include <algorithm>

#include "engine/core/units.h"

namespace assay::storage {
namespace {

using Time = std::chrono::steady_clock;
using std::chrono::nanoseconds;

// The first 5 % of a round, about, fill the queue and are not counted.
constexpr std::int64_t kRampShare = 20;
// Rate limiters hand out a whole slice's operations at once: blk-throttle and QEMU each 100 ms. A
// window of whole slices holds as many as it should; any other is off by up to one. It begins half
// a slice off, because the bursts come in whole slices after the first operation.
constexpr std::int64_t kLimiterSliceNs = 100 * kNanosecondsPerMillisecond;
// What is not back this long after the round will not come back.
constexpr nanoseconds kHangPatience = std::chrono::seconds(5);
constexpr nanoseconds kLeastHangPatience = std::chrono::seconds(1);
constexpr nanoseconds kShortest = std::chrono::milliseconds(1);
// The series has a point a second; of short rounds ten points at least, of long ones sixty at most.
constexpr std::int64_t kShortWindowNs = 5 * kNanosecondsPerSecond;
constexpr std::int64_t kMostPoints = 60;
static_assert(kShortestRound == nanoseconds(7 * kLimiterSliceNs / 2));
// Slower than any device that answers: its rounds are as long as a run allows.
constexpr double kSlowestPerS = 0.001;

std::int64_t slice_ns(std::int64_t window_ns) {
    if (window_ns < kShortWindowNs)
        return kLimiterSliceNs;
    const std::int64_t seconds = window_ns / (kMostPoints * kNanosecondsPerSecond);
    return std::max<std::int64_t>(1, seconds) * kNanosecondsPerSecond;
}

}  // namespace

RoundTimes round_times(const host::Clock& clock, const RoundRequest& request,
                       nanoseconds least_ramp) {
    const auto now = Time::now();
    auto length = std::chrono::duration_cast<nanoseconds>(request.duration);
    nanoseconds patience = kHangPatience;
    if (request.deadline != Time::time_point{}) {
        const auto left = request.deadline - now;
        length = std::max(std::min<nanoseconds>(length, left), kShortest);
        patience = std::clamp<nanoseconds>(left - length, kLeastHangPatience, kHangPatience);
    }
    const std::uint64_t start = clock.ticks();
    const std::int64_t length_ns = length.count();
    std::int64_t ramp_ns = length_ns / kRampShare;
    if (least_ramp.count() > ramp_ns)  // half a slice more, since it is cut to slices below
        ramp_ns = std::min<std::int64_t>(least_ramp.count() + kLimiterSliceNs / 2, length_ns / 2);
    std::int64_t window_ns = length_ns - ramp_ns;
    if (2 * length_ns >= 5 * kLimiterSliceNs) {  // half a slice of ramp, and two whole ones
        ramp_ns += kLimiterSliceNs / 2 - ramp_ns % kLimiterSliceNs;
        window_ns = length_ns - ramp_ns;
        window_ns -= window_ns % kLimiterSliceNs;
    }
    const std::int64_t end_ns = ramp_ns + window_ns;
    return {start + clock.ticks_of_ns(ramp_ns), start + clock.ticks_of_ns(end_ns),
            start + clock.ticks_of_ns(end_ns + patience.count()),
            clock.ticks_of_ns(slice_ns(window_ns)), now + length + patience + kLeastHangPatience};
}

nanoseconds ramp_for(double operations_per_s, std::size_t depth) {
    const double seconds = static_cast<double>(depth) / std::max(operations_per_s, kSlowestPerS);
    return nanoseconds(static_cast<std::int64_t>(seconds * kNanosecondsPerSecond));
}

nanoseconds round_for(double operations_per_s, std::size_t depth, std::size_t operations) {
    return std::max(kShortestRound,
                    ramp_for(operations_per_s, depth + operations) + nanoseconds(kLimiterSliceNs));
}

}  // namespace assay::storage
