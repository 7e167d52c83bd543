#include "probes/network/udp/rate_search.h"

#include <algorithm>
#include <cmath>

#include "probes/network/udp/rate_bracket.h"

namespace assay::network::udp {
namespace {

using Clock = std::chrono::steady_clock;
using RunTrial = std::function<Expected<RateSample>(double, TrialLength)>;

/// A shaped link delivers its rate when it is given too much; just below it nothing is lost.
constexpr double kJustBelow = 0.998;
/// A receiver that was given too much delivers less than it could: it works for what it drops.
constexpr double kBelowOverload = 0.9;
/// Steps down after a full trial with loss: on the path, at the receiving host, and where the time
/// for finding the highest rate is over.
constexpr double kStepDown = 0.85, kSmallStepDown = 0.99, kLastStepDown = 0.6;
/// A sender that gets no closer than this to the rate asked for is at its own limit.
constexpr double kReached = 0.97;
constexpr int kMostTrials = 96;
constexpr int kMostRaises = 6;

class Search {
  public:
    Search(const SearchSettings& settings, const RunTrial& trial)
        : settings_(settings), trial_(trial) {}

    Expected<std::optional<SearchResult>> run() {
        ASSAY_TRY(double rate, begin());
        ASSAY_TRY_VOID(confirm(rate));
        for (int raise = 0; found_ && raise < kMostRaises; ++raise) {
            ASSAY_TRY(const bool is_higher, raise_again());
            if (!is_higher)
                break;
        }
        if (!found_)
            return std::nullopt;
        found_->receiver_bound = bracket_.lossy_at_receiver() && !found_->sender_bound;
        found_->brief_trials = brief_trials_;
        found_->full_trials = full_trials_;
        return found_;
    }

  private:
    int trials() const { return brief_trials_ + full_trials_; }
    bool may_begin(TrialLength length) const {
        const auto until =
            length == TrialLength::brief ? settings_.brief_until : settings_.full_until;
        return Clock::now() < until && trials() < kMostTrials;
    }

    Expected<RateSample> one(double rate, TrialLength length) {
        ++(length == TrialLength::brief ? brief_trials_ : full_trials_);
        return trial_(rate, length);
    }

    /// The first trial at a rate is made in any case; what a host lost in it may not be the rate's
    /// doing, so that it is repeated while there is time. The last one is the answer.
    Expected<RateSample> try_rate(double rate, TrialLength length) {
        ASSAY_TRY(RateSample sample, one(rate, length));
        for (int losses = 1; losses < settings_.host_losses_believed && !sample.lossless &&
                             sample.lost_at_receiver && may_begin(length);
             ++losses) {
            ASSAY_TRY(sample, one(rate, length));
        }
        return sample;
    }

    /// As fast as the sender can, or as was asked for; then from what came of it. The rate to
    /// confirm.
    Expected<double> begin() {
        ASSAY_TRY(const RateSample flood, one(settings_.most_per_s, TrialLength::brief));
        if (flood.lossless)
            return settings_.most_per_s;
        bracket_ = RateBracket(flood.offered_per_s);
        bracket_.note_flood(flood.lost_at_receiver);
        const double below = flood.lost_at_receiver ? kBelowOverload : kJustBelow;
        return close_in(
            std::clamp(flood.delivered_per_s * below, RateBracket::kLeastPerS, bracket_.lossy()));
    }

    /// Closes in by brief trials from the guess `rate`; the best rate known to be without loss.
    Expected<double> close_in(double rate) {
        while (may_begin(TrialLength::brief)) {
            ASSAY_TRY(const RateSample sample, try_rate(rate, TrialLength::brief));
            if (!bracket_.note(rate, sample) || bracket_.closed(settings_.resolution))
                break;
            rate = bracket_.next(rate);
        }
        return bracket_.lossless() > 0 ? bracket_.lossless() : rate;
    }

    /// Full trials from `rate` down until one is without loss, and then `found_` is it.
    Expected<void> confirm(double rate) {
        while (may_confirm()) {
            ASSAY_TRY(const RateSample sample, try_rate(rate, TrialLength::full));
            if (sample.lossless) {
                if (!found_ || sample.delivered_per_s > found_->delivered_per_s)
                    found_ = SearchResult{
                        .delivered_per_s = sample.delivered_per_s,
                        .asked_per_s = rate,
                        .sender_bound = rate <= 0 || sample.offered_per_s < kReached * rate};
                return {};
            }
            const double offered =
                rate > 0 ? std::min(rate, sample.offered_per_s) : sample.offered_per_s;
            bracket_.note_lossy(offered, sample.lost_at_receiver);
            rate = std::max(RateBracket::kLeastPerS, lower(offered, sample));
            // What a full trial at a higher rate proved is not asked for again.
            if (found_ && rate <= found_->delivered_per_s)
                return {};
        }
        return {};
    }
    bool may_confirm() const {
        return full_trials_ == 0 || may_begin(TrialLength::full) ||
               (!found_ && Clock::now() < settings_.last_until && trials() < kMostTrials);
    }
    /// Below a rate at which a full trial had loss.
    double lower(double offered, const RateSample& sample) const {
        if (Clock::now() >= settings_.full_until)
            return offered * kLastStepDown;
        return std::min(offered * kSmallStepDown,
                        std::max(sample.delivered_per_s * kJustBelow, offered * kStepDown));
    }

    /// Was the rate above the confirmed one too high, or a host busy? false: it stands.
    Expected<bool> raise_again() {
        const double suspect = bracket_.lossy();
        if (found_->asked_per_s <= 0 || found_->sender_bound || !bracket_.lossy_was_tried() ||
            !bracket_.lossy_at_receiver() || !may_begin(TrialLength::brief) ||
            !may_begin(TrialLength::full))
            return false;
        ASSAY_TRY(const RateSample sample, try_rate(suspect, TrialLength::brief));
        if (!sample.lossless)
            return false;
        bracket_.reopen(suspect);
        ASSAY_TRY(const double rate, close_in(bracket_.next(suspect)));
        const double before = found_->delivered_per_s;
        ASSAY_TRY_VOID(confirm(std::max(rate, suspect)));
        return found_->delivered_per_s > before;
    }

    const SearchSettings& settings_;
    const RunTrial& trial_;
    RateBracket bracket_{0};
    std::optional<SearchResult> found_;
    int brief_trials_ = 0, full_trials_ = 0;
};

}  // namespace

Expected<std::optional<SearchResult>> search_rate(const SearchSettings& settings,
                                                  const RunTrial& trial) {
    return Search(settings, trial).run();
}

}  // namespace assay::network::udp
