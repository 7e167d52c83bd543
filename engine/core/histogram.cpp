#include "engine/core/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace assay {

void Histogram::merge(const Histogram& other) {
    for (std::size_t index = 0; index < kBucketCount; ++index)
        buckets_[index] += other.buckets_[index];
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
}

void Histogram::clear() {
    *this = Histogram{};
}

std::optional<double> Histogram::mean() const {
    if (count_ == 0)
        return std::nullopt;
    return static_cast<double>(sum_) / static_cast<double>(count_);
}

double Histogram::middle_of(std::size_t bucket) {
    if (bucket < kLinear)
        return static_cast<double>(bucket);
    const std::size_t shift = (bucket >> kSubBits) - 1;
    const std::size_t mantissa = bucket - (shift << kSubBits);
    // The bucket holds the integers mantissa * 2^shift ... (mantissa + 1) * 2^shift - 1.
    const double low = std::ldexp(static_cast<double>(mantissa), static_cast<int>(shift));
    return low + (std::ldexp(1.0, static_cast<int>(shift)) - 1) / 2;
}

std::optional<double> Histogram::quantile(double fraction) const {
    if (count_ == 0)
        return std::nullopt;
    const auto wanted =
        static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(count_)));
    const std::uint64_t rank = std::min(wanted, count_);
    std::size_t bucket = 0;
    for (std::uint64_t seen = buckets_[0]; seen < rank; seen += buckets_[bucket])
        ++bucket;
    return std::clamp(middle_of(bucket), static_cast<double>(min_), static_cast<double>(max_));
}

std::uint64_t Histogram::count_above(std::uint64_t value) const {
    const auto first = buckets_.begin() + static_cast<std::ptrdiff_t>(bucket_of(value)) + 1;
    return std::accumulate(first, buckets_.end(), std::uint64_t{0});
}

}  // namespace assay
