#include "probes/network/udp/sequence_log.h"

#include <algorithm>

namespace assay::network::udp {

bool SequenceLog::test_and_set(std::uint64_t sequence) {
    std::uint64_t& word = bits_[(sequence % kWindow) / kWordBits];
    const std::uint64_t bit = std::uint64_t{1} << (sequence % kWordBits);
    const bool was_set = (word & bit) != 0;
    word |= bit;
    return was_set;
}

/// Clears the bits of [begin, end), which stood for numbers one window earlier.
void SequenceLog::forget(std::uint64_t begin, std::uint64_t end) {
    if (end - begin >= kWindow) {
        std::ranges::fill(bits_, 0);
        return;
    }
    for (std::uint64_t at = begin; at < end;) {
        std::uint64_t& word = bits_[(at % kWindow) / kWordBits];
        if (at % kWordBits == 0 && end - at >= kWordBits) {
            word = 0;
            at += kWordBits;
        } else {
            word &= ~(std::uint64_t{1} << (at % kWordBits));
            ++at;
        }
    }
}

SequenceLog::Arrival SequenceLog::add(std::uint64_t sequence) {
    if (sequence >= end_) {
        forget(end_, sequence);
        test_and_set(sequence);
        end_ = sequence + 1;
        ++delivered_;
        return Arrival::in_order;
    }
    if (end_ - sequence > kWindow) {
        ++beyond_window_;
        return Arrival::beyond_window;
    }
    if (test_and_set(sequence)) {
        ++duplicates_;
        return Arrival::duplicate;
    }
    ++delivered_;
    ++reordered_;
    largest_distance_ = std::max(largest_distance_, end_ - 1 - sequence);
    return Arrival::reordered;
}

}  // namespace assay::network::udp
