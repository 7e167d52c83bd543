#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

namespace assay {

__extension__ typedef unsigned __int128 Uint128;

/// A log-linear histogram of unsigned 64-bit values (clock ticks or ns), with exact count, min, max
/// and sum.
///
/// Values below 256 have a bucket each; above, each octave has 128 buckets, and a bucket is
/// reported by its middle, so a quantile is within 1/256 = 0.39 % of the sample that sorting would
/// give. The whole 64-bit range has buckets: nothing saturates. 58 KiB. Not thread-safe: one
/// histogram a thread, then `merge`.
class Histogram {
  public:
    Histogram() : buckets_(kBucketCount) {}

    /// O(1), no allocation, no floating point.
    void record(std::uint64_t value) {
        ++buckets_[bucket_of(value)];
        ++count_;
        sum_ += value;
        if (value < min_)
            min_ = value;
        if (value > max_)
            max_ = value;
    }

    /// Afterwards equal to a histogram that recorded both sequences.
    void merge(const Histogram& other);
    void clear();

    std::uint64_t count() const { return count_; }
    Uint128 sum() const { return sum_; }
    std::optional<std::uint64_t> min() const { return count_ ? std::optional(min_) : std::nullopt; }
    std::optional<std::uint64_t> max() const { return count_ ? std::optional(max_) : std::nullopt; }
    std::optional<double> mean() const;

    /// The smallest recorded value with at least `fraction` of the count at or below it, within
    /// 0.39 %, and never outside [min, max]. fraction in (0, 1]. nullopt when nothing was recorded.
    std::optional<double> quantile(double fraction) const;

    /// How many of the recorded were larger than all values of `value`'s bucket. O(buckets).
    std::uint64_t count_above(std::uint64_t value) const;

    bool operator==(const Histogram&) const = default;

  private:
    static constexpr unsigned kSubBits = 7;
    static constexpr std::size_t kLinear = std::size_t{1}
                                           << (kSubBits + 1);  // values with a bucket each
    static constexpr std::size_t kBucketCount =
        kLinear + (64 - kSubBits - 1) * (std::size_t{1} << kSubBits);

    static std::size_t bucket_of(std::uint64_t value) {
        if (value < kLinear)
            return value;
        const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
        return (std::size_t{shift} << kSubBits) + (value >> shift);
    }
    static double middle_of(std::size_t bucket);

    std::vector<std::uint64_t> buckets_;
    std::uint64_t count_ = 0;
    std::uint64_t min_ = ~std::uint64_t{0};
    std::uint64_t max_ = 0;
    Uint128 sum_ = 0;
};

}  // namespace assay
