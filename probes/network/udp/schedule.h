#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace assay::network::udp {

/// When which datagram is due: an open loop, datagram n at n / rate after the start, in bursts that
/// a path hardly sees. All times are ns since the start. Pure.
class Schedule {
  public:
    /// Datagrams that are due within this time leave together: at 1 Gbit/s some 8 of them, less
    /// than any switch buffers.
    static constexpr double kBurstNs = 100'000;
    /// A sender that lost its CPU makes up for it where this is less than the queues of most paths
    /// hold. Beyond, that would be a burst that nobody asked for: it goes on from there, and says
    /// by how much it fell behind.
    static constexpr double kMostBehindNs = 10'000'000;

    /// `datagrams_per_s` 0: everything is due at once. `most_burst`: what one call can take, >= 1.
    Schedule(double datagrams_per_s, std::size_t most_burst)
        : gap_ns_(datagrams_per_s > 0 ? kSecondNs / datagrams_per_s : 0),
          most_burst_(most_burst),
          burst_(gap_ns_ > 0 ? static_cast<std::size_t>(std::clamp(kBurstNs / gap_ns_, 1.0,
                                                                   static_cast<double>(most_burst)))
                             : most_burst) {}

    /// How many to send at `now_ns`, after `offered` before; 0 until due_ns(offered).
    std::size_t due(double now_ns, std::uint64_t offered) {
        if (gap_ns_ <= 0)
            return most_burst_;
        const double late_ns = now_ns - due_ns(offered);
        if (late_ns < 0)
            return 0;
        if (late_ns > kMostBehindNs) {
            behind_ns_ += late_ns;
            return burst_;
        }
        return std::min(most_burst_,
                        std::max(burst_, static_cast<std::size_t>(late_ns / gap_ns_) + 1));
    }
    double due_ns(std::uint64_t offered) const {
        return static_cast<double>(offered) * gap_ns_ + behind_ns_;
    }
    double behind_ns() const { return behind_ns_; }  ///< given up, in all
    std::size_t burst() const { return burst_; }

  private:
    static constexpr double kSecondNs = 1e9;
    double gap_ns_;
    std::size_t most_burst_, burst_;
    double behind_ns_ = 0;
};

}  // namespace assay::network::udp
