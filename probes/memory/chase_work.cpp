#include "probes/memory/chase_work.h"

#include <algorithm>

#include "engine/core/units.h"

namespace assay::memory {
namespace {

constexpr std::uint64_t kSamplesABlock = 8;

}  // namespace

std::uint64_t hops_per_sample(std::size_t lines) {
    // Sizes that lie in first-, second- and third-level caches of today: 4, 3 and over 4 us.
    const std::size_t bytes = lines * kLineBytes;
    if (bytes <= 64 * kKiB)
        return 64 * kHopsAPass;
    if (bytes <= 4 * kMiB)
        return 16 * kHopsAPass;
    return kHopsAPass;
}

std::uint64_t clock_cost_ticks(const host::Clock& clock) {
    constexpr int kTries = 1000;
    const void* self = &self;  // a ring of one
    std::uint64_t least = ~std::uint64_t{0};
    for (int attempt = 0; attempt < kTries; ++attempt) {
        const std::uint64_t before = clock.ticks();
        static_cast<void>(chase(self, 0));
        least = std::min(least, clock.ticks() - before);
    }
    return least;
}

ChaseWork::ChaseWork(const host::Clock& clock, const ChaseRing& ring,
                     std::chrono::nanoseconds lead_in, std::uint64_t cost_ticks)
    : clock_(clock),
      ring_(ring),
      hops_(hops_per_sample(ring.lines())),
      lead_in_ticks_(clock.ticks_of_ns(lead_in.count())),
      cost_ticks_(cost_ticks) {}

void ChaseWork::enter(std::size_t /*worker*/) {
    samples_.clear();
    place_ = ring_.at(0);
    hops_done_ = 0;
    count_from_ = 0;
}

std::uint64_t ChaseWork::block(std::size_t /*worker*/) {
    std::uint64_t before = clock_.ticks();
    if (count_from_ == 0)
        count_from_ = before + lead_in_ticks_;
    for (std::uint64_t sample = 0; sample < kSamplesABlock; ++sample) {
        place_ = chase(place_, hops_);
        const std::uint64_t after = clock_.ticks();
        const std::uint64_t took = after - before;
        if (before >= count_from_)
            samples_.record(took > cost_ticks_ ? took - cost_ticks_ : 0);
        before = after;
    }
    hops_done_ += kSamplesABlock * hops_;
    return kSamplesABlock * hops_;
}

void ChaseWork::leave(std::size_t /*worker*/) {
    ended_well_ = place_ == ring_.at(hops_done_);
}

ParallelChaseWork::ParallelChaseWork(const ChaseRing& ring, std::size_t chains)
    : ring_(ring), hops_(8 * hops_per_sample(ring.lines())), heads_(chains) {}

std::uint64_t ParallelChaseWork::start_of(std::size_t chain) const {
    return ring_.lines() * chain / heads_.size();
}

void ParallelChaseWork::enter(std::size_t /*worker*/) {
    hops_done_ = 0;
    for (std::size_t chain = 0; chain < heads_.size(); ++chain)
        heads_[chain] = ring_.at(start_of(chain));
}

std::uint64_t ParallelChaseWork::block(std::size_t /*worker*/) {
    // False leaves the heads where they are, and the end shows it.
    static_cast<void>(chase_parallel(heads_, hops_));
    hops_done_ += hops_;
    return hops_ * heads_.size();
}

void ParallelChaseWork::leave(std::size_t /*worker*/) {
    ended_well_ = hops_done_ > 0;
    for (std::size_t chain = 0; chain < heads_.size(); ++chain)
        ended_well_ = ended_well_ && heads_[chain] == ring_.at(start_of(chain) + hops_done_);
}

}  // namespace assay::memory
