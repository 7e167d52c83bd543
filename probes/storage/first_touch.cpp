#include "probes/storage/first_touch.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <vector>

#include "engine/core/random.h"
#include "engine/core/units.h"
#include "engine/host/buffer.h"
#include "probes/storage/latency_judges.h"
#include "probes/storage/patience.h"

namespace assay::storage {
namespace {

constexpr std::size_t kTouches = 128;
constexpr std::uint64_t kTouchBytes = 4 * kKiB;
constexpr auto kTouchTime = std::chrono::seconds(5);  // 256 reads of a disk of 50 a second

using Time = std::chrono::steady_clock;

// Shared with the thread that a hung device holds.
struct Touch {
    std::shared_ptr<const Target> target;
    host::Clock clock;
    std::uint64_t seed;
    std::stop_token stop;
    Time::time_point deadline;
    Histogram first_ticks, second_ticks;
};

Expected<void> read_once(const Touch& touch, const std::vector<std::uint64_t>& offsets,
                         std::span<std::byte> block, Histogram& ticks) {
    const Target& target = *touch.target;
    for (const std::uint64_t offset : offsets) {
        if (touch.stop.stop_requested() || Time::now() > touch.deadline)
            return failure(ErrorKind::timed_out, "no time for first reads of " + target.path);
        const std::uint64_t begin = touch.clock.ticks();
        const ssize_t got =
            pread(target.file.number(), block.data(), block.size(), static_cast<off_t>(offset));
        if (got != static_cast<ssize_t>(block.size()))
            return system_failure("read " + target.path + " at byte " + std::to_string(offset),
                                  got < 0 ? errno : EIO);
        ticks.record(touch.clock.ticks() - begin);
    }
    return {};
}

Expected<void> touch_twice(Touch& touch) {
    const std::uint64_t bytes = std::max(kTouchBytes, touch.target->align_bytes);
    const std::uint64_t blocks = std::max<std::uint64_t>(1, touch.target->size_bytes / bytes);
    ASSAY_TRY(const host::Buffer buffer,
              host::Buffer::allocate({bytes, host::PagePreference::small, std::nullopt}));
    Xoshiro256 random(SplitMix64(touch.seed).next());
    std::vector<std::uint64_t> offsets;
    for (std::size_t number = 0; number < kTouches; ++number)
        offsets.push_back(random.below(blocks) * bytes);
    const auto block = buffer.bytes().first(bytes);
    ASSAY_TRY_VOID(read_once(touch, offsets, block, touch.first_ticks));
    return read_once(touch, offsets, block, touch.second_ticks);
}

}  // namespace

std::optional<Finding> judge_touch(const RunContext& context,
                                   const std::shared_ptr<const Target>& target,
                                   std::uint64_t seed) {
    const auto deadline = Time::now() + kTouchTime;
    auto touch = std::make_shared<Touch>(
        Touch{target, context.host.clock, seed, context.stop, deadline, {}, {}});
    const auto outcome = run_patiently([touch] { return touch_twice(*touch); }, deadline,
                                       context.stop, target->path, "answer the first reads");
    if (!outcome)
        return std::nullopt;
    return judge_first_touch(touch->first_ticks, touch->second_ticks, touch->clock.ns_per_tick());
}

}  // namespace assay::storage
