#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay::network::udp {

/// Which sequence numbers have come, in which order: counts each datagram once, whatever the path
/// does to it. A bitmap over the newest kWindow numbers; O(1) a datagram. Not thread-safe.
///
/// Reordered is what RFC 4737 says: a datagram that comes after one with a higher number.
/// Duplicates are neither reordered nor delivered again.
class SequenceLog {
  public:
    /// A second at a million datagrams a second; 128 KiB.
    static constexpr std::uint64_t kWindow = std::uint64_t{1} << 20;

    enum class Arrival {
        in_order,
        reordered,
        duplicate,
        beyond_window,  ///< so old that nobody knows whether it came before
    };

    SequenceLog() : bits_(kWindow / kWordBits) {}
    Arrival add(std::uint64_t sequence);

    std::uint64_t delivered() const { return delivered_; }  ///< different ones
    std::uint64_t reordered() const { return reordered_; }  ///< of those
    std::uint64_t duplicates() const { return duplicates_; }
    std::uint64_t beyond_window() const { return beyond_window_; }
    /// One more than the highest number that came; 0 before the first.
    std::uint64_t end() const { return end_; }
    /// How far behind the highest number before it the worst reordered one came; 0 if none.
    std::uint64_t largest_distance() const { return largest_distance_; }

  private:
    static constexpr std::uint64_t kWordBits = 64;

    bool test_and_set(std::uint64_t sequence);
    void forget(std::uint64_t begin, std::uint64_t end);

    std::vector<std::uint64_t> bits_;  // [kWindow / kWordBits], a ring over sequence % kWindow
    std::uint64_t end_ = 0;
    std::uint64_t delivered_ = 0, reordered_ = 0, duplicates_ = 0, beyond_window_ = 0;
    std::uint64_t largest_distance_ = 0;
};

}  // namespace assay::network::udp
