#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace assay::network {

/// The bytes of one stream, so that a receiver can tell them from any others at any position.
///
/// The stream is a sequence of blocks of kBlockBytes. Each block starts with its own number (8
/// bytes, little-endian); the rest is the same in all blocks of a stream: random bytes
/// (xoshiro256**) from the stream's key. So nothing on the way can compress it away, a lost,
/// doubled or shifted byte changes nearly every later comparison, and a lost whole block shows in
/// the numbers. Sending costs one 8-byte store a block. Not thread-safe: one object a thread.
class Payload {
  public:
    /// 256 KiB is one system call's worth: twice what iperf3 writes at a time, and still inside a
    /// core's second-level cache on both sides of a loopback.
    static constexpr std::size_t kBlockBytes = std::size_t{1} << 18;
    static constexpr std::size_t kNumberBytes = sizeof(std::uint64_t);

    explicit Payload(std::uint64_t key);

    /// The bytes from stream position `position` to the end of its block. Valid until the next
    /// call.
    std::span<const std::byte> from(std::uint64_t position);

    /// Are these the bytes that the stream has at `position`? Compares all of them.
    bool matches(std::uint64_t position, std::span<const std::byte> bytes) const;

  private:
    std::vector<std::byte> block_;  // [kBlockBytes]; the first 8 are those of the last from()
};

/// Looks at what a receiver got, cheaply: of each received piece the first bytes, the last bytes,
/// and the block number in it.
class PayloadSampler {
  public:
    explicit PayloadSampler(std::uint64_t key) : payload_(key) {}
    /// `piece` was received at stream position `position`; at most kBlockBytes long.
    void look_at(std::uint64_t position, std::span<const std::byte> piece);

    std::uint64_t checked_bytes() const { return checked_bytes_; }
    std::uint64_t wrong_samples() const { return wrong_samples_; }

  private:
    void compare(std::uint64_t position, std::span<const std::byte> bytes);

    Payload payload_;
    std::uint64_t checked_bytes_ = 0;
    std::uint64_t wrong_samples_ = 0;
};

}  // namespace assay::network
