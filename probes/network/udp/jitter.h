#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

namespace assay::network::udp {

/// Interarrival jitter of RFC 3550, section 6.4.1: D is the change of the transit time from one
/// arrival to the next, J += (|D| - J) / 16. J remembers some 16 datagrams only, so what is
/// reported is its mean over the round, from the datagram at which J has settled.
class Jitter {
  public:
    /// J starts at 0; after 64 steps (15/16)^64 = 1.6 % of that is left.
    static constexpr std::uint64_t kSettling = 64;

    /// The two clocks need not be set alike: only differences count.
    void add(std::int64_t sent_ns, std::int64_t arrived_ns) {
        const std::int64_t transit_ns = arrived_ns - sent_ns;
        if (last_transit_ns_) {
            constexpr double kGain = 16;
            const auto change_ns = static_cast<double>(transit_ns - *last_transit_ns_);
            jitter_ns_ += (std::abs(change_ns) - jitter_ns_) / kGain;
            if (++changes_ > kSettling)
                sum_ns_ += jitter_ns_;
        }
        last_transit_ns_ = transit_ns;
    }

    /// nullopt where too few datagrams came for J to settle.
    std::optional<double> mean_ns() const {
        if (changes_ <= kSettling)
            return std::nullopt;
        return sum_ns_ / static_cast<double>(changes_ - kSettling);
    }

  private:
    std::optional<std::int64_t> last_transit_ns_;
    double jitter_ns_ = 0;
    double sum_ns_ = 0;
    std::uint64_t changes_ = 0;
};

}  // namespace assay::network::udp
