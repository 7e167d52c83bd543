#include "probes/network/udp/rate_search.h"

#include <algorithm>
#include <cmath>

namespace assay::network::udp {
namespace {

using Clock = std::chrono::steady_clock;
using RunTrial = std::function<Expected<RateSample>(double, TrialLength)>;

/// A shaped link delivers its rate when it is given too much; just below it nothing is lost.
constexpr double kJustBelow = 0.998;
/// Steps down while no rate without loss is known, and after a full trial with loss.
constexpr double kStepDown = 0.85, kSmallStepDown = 0.99;
/// The first step up from a rate without loss; each further one is the square of the last.
constexpr double kStepUp = 1.03;
/// More was offered, and not more than this came: the path is full, and a queue took the rest.
constexpr double kPlateau = 1.003;
/// A sender that gets no closer than this to the rate asked for is at its own limit.
constexpr double kReached = 0.97;
constexpr double kLeastPerS = 1;
constexpr int kMostTrials = 64;

/// The rates between which the answer lies, as far as brief trials have shown.
class Bracket {
  public:
    explicit Bracket(double ceiling) : lossy_(ceiling) {}

    /// false once there is nothing more to learn.
    bool note(double rate, const RateSample& sample) {
        if (!sample.lossless) {
            lossy_ = rate;
            lossy_was_tried_ = true;
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
    double lossless() const { return lossless_; }  ///< 0 = none known
    bool closed(double resolution) const {
        return lossless_ > 0 && lossy_ <= lossless_ * resolution;
    }
    double next(double last) {
        if (lossless_ <= 0)
            return std::max(kLeastPerS, last * kStepDown);
        const double middle = std::sqrt(lossless_ * lossy_);
        if (lossy_was_tried_)
            return middle;
        const double up = lossless_ * step_up_;
        step_up_ *= step_up_;
        return std::min(up, middle);
    }

  private:
    double lossless_ = 0;
    double lossy_;  // at first only known to be too much for a sender in full flight
    bool lossy_was_tried_ = false;
    double delivered_per_s_ = 0;
    double step_up_ = kStepUp;
};

/// Closes in by brief trials from the guess `rate`; the best rate known to be without loss.
Expected<double> close_in(const SearchSettings& settings, double ceiling, double rate,
                          const RunTrial& trial, SearchResult& result) {
    Bracket bracket(ceiling);
    while (Clock::now() < settings.brief_until && result.brief_trials < kMostTrials) {
        ASSAY_TRY(const RateSample sample, trial(rate, TrialLength::brief));
        ++result.brief_trials;
        if (!bracket.note(rate, sample) || bracket.closed(settings.resolution))
            break;
        rate = bracket.next(rate);
    }
    return bracket.lossless() > 0 ? bracket.lossless() : rate;
}

}  // namespace

Expected<std::optional<SearchResult>> search_rate(const SearchSettings& settings,
                                                  const RunTrial& trial) {
    SearchResult result;
    ASSAY_TRY(const RateSample flood, trial(settings.most_per_s, TrialLength::brief));
    ++result.brief_trials;
    double rate = settings.most_per_s;
    if (!flood.lossless) {
        const double ceiling = std::max(flood.offered_per_s, kLeastPerS);
        const double guess = std::clamp(flood.delivered_per_s * kJustBelow, kLeastPerS, ceiling);
        ASSAY_TRY(rate, close_in(settings, ceiling, guess, trial, result));
    }
    while (result.full_trials == 0 ||
           (Clock::now() < settings.full_until && result.full_trials < kMostTrials)) {
        ASSAY_TRY(const RateSample sample, trial(rate, TrialLength::full));
        ++result.full_trials;
        if (sample.lossless) {
            result.delivered_per_s = sample.delivered_per_s;
            result.asked_per_s = rate;
            result.sender_bound = rate <= 0 || sample.offered_per_s < kReached * rate;
            return result;
        }
        const double offered =
            rate > 0 ? std::min(rate, sample.offered_per_s) : sample.offered_per_s;
        rate =
            std::max(kLeastPerS,
                     std::min(offered * kSmallStepDown,
                              std::max(sample.delivered_per_s * kJustBelow, offered * kStepDown)));
    }
    return std::nullopt;
}

}  // namespace assay::network::udp
