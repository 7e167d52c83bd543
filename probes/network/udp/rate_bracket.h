#pragma once

namespace assay::network::udp {

struct RateSample;

/// The rates between which the highest one without loss lies, as far as brief trials have shown.
/// Rates in datagrams a second. Pure.
class RateBracket {
  public:
    static constexpr double kLeastPerS = 1;

    /// `ceiling`: a sender in full flight offers no more, and that was too much.
    explicit RateBracket(double ceiling);

    /// false once there is nothing more to learn.
    bool note(double rate, const RateSample& sample);
    double lossless() const { return lossless_; }  ///< 0 = none known
    double lossy() const { return lossy_; }        ///< or the ceiling
    bool lossy_was_tried() const { return lossy_was_tried_; }
    /// The receiving host dropped what was lost at `lossy`, so that it may have been busy.
    bool lossy_at_receiver() const { return lossy_at_receiver_; }
    void note_flood(bool at_receiver) { lossy_at_receiver_ = at_receiver; }
    /// A full trial showed loss at `rate`.
    void note_lossy(double rate, bool at_receiver);
    bool closed(double resolution) const {
        return lossless_ > 0 && lossy_ <= lossless_ * resolution;
    }
    /// The rate to try after `last`.
    double next(double last);
    /// `rate` is without loss after all, and what is above it is as unknown as at first.
    void reopen(double rate);

  private:
    double ceiling_;
    double lossless_ = 0;
    double lossy_;
    bool lossy_was_tried_ = false, lossy_at_receiver_ = false;
    double delivered_per_s_ = 0;
    double step_up_, step_down_;
};

}  // namespace assay::network::udp
