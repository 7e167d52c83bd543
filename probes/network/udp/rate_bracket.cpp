#include "probes/network/udp/rate_bracket.h"

#include <algorithm>
#include <cmath>

#include "probes/network/udp/rate_search.h"

namespace assay::network::udp {
namespace {

/// The first steps; each further one in the same direction is the square of the last, so that even
/// a guess that is far off costs few trials.
constexpr double kStepUp = 1.03, kStepDown = 0.9;
/// No step down is larger: it would pass over too many rates.
constexpr double kLargestStepDown = 0.2;
/// More was offered, and not more than this came: the path is full, and a queue took the rest.
constexpr double kPlateau = 1.003;
/// A sender that gets no closer than this to the rate asked for is at its own limit.
constexpr double kReached = 0.97;

}  // namespace

RateBracket::RateBracket(double ceiling)
    : ceiling_(std::max(ceiling, kLeastPerS)),
      lossy_(ceiling_),
      step_up_(kStepUp),
      step_down_(kStepDown) {}

bool RateBracket::note(double rate, const RateSample& sample) {
    if (!sample.lossless) {
        note_lossy(rate, sample.lost_at_receiver);
        return true;
    }
    // A sender that cannot go faster will not find a rate that is too high.
    const bool at_limit = sample.offered_per_s < kReached * rate;
    const bool plateau = lossless_ > 0 && sample.delivered_per_s <= kPlateau * delivered_per_s_;
    delivered_per_s_ = std::max(delivered_per_s_, sample.delivered_per_s);
    if (!plateau)
        lossless_ = rate;
    return !at_limit && !plateau;
}

void RateBracket::note_lossy(double rate, bool at_receiver) {
    lossy_ = rate;
    lossy_was_tried_ = true;
    lossy_at_receiver_ = at_receiver;
}

double RateBracket::next(double last) {
    if (lossless_ <= 0) {
        const double down = std::max(kLeastPerS, last * step_down_);
        step_down_ = std::max(kLargestStepDown, step_down_ * step_down_);
        return down;
    }
    const double middle = std::sqrt(lossless_ * lossy_);
    if (lossy_was_tried_)
        return middle;
    const double up = lossless_ * step_up_;
    step_up_ *= step_up_;
    return std::min(up, middle);
}

void RateBracket::reopen(double rate) {
    lossless_ = rate;
    lossy_ = std::max(ceiling_, rate);
    lossy_was_tried_ = false;
    step_up_ = kStepUp;
}

}  // namespace assay::network::udp
