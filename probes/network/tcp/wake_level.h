#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "probes/network/wire/socket.h"

namespace assay::network::tcp {

/// How many bytes should lie ready before the kernel wakes a reader: what arrives in 250 us at this
/// rate, so that no reading is late by more; at most 512 KiB and an eighth of the receive buffer,
/// so that the sender never waits for it. At least 1. Each wake-up costs the CPU that works off the
/// arriving segments, which on a fast path is the one that limits.
std::size_t wake_level(double bytes_per_s, std::uint64_t receive_buffer_bytes);

/// Keeps one stream's level (SO_RCVLOWAT) near its rate. Not thread-safe.
class WakeLevel {
  public:
    using Time = std::chrono::steady_clock::time_point;
    /// `bytes` were just read from `socket`; 0: a wait ended with nothing, which sets the level
    /// back to 1. A kernel that refuses the option is not asked again.
    void note(const Socket& socket, std::size_t bytes, Time now);

  private:
    void set(const Socket& socket, std::size_t level);

    std::size_t level_ = 1;
    std::uint64_t bytes_ = 0;
    Time since_{};
    bool is_refused_ = false;
};

}  // namespace assay::network::tcp
