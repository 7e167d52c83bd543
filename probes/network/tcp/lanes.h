#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "engine/core/error.h"
#include "engine/host/topology.h"
#include "probes/network/wire/socket.h"

/// Threads that serve streams: one a stream up to the number of CPUs, then several streams a
/// thread.
namespace assay::network::tcp {

struct Lane {
    std::vector<std::size_t> streams;  ///< never empty
    std::optional<int> cpu;            ///< bound to it; nullopt: wherever the scheduler likes
};

enum class Side { sending, receiving };

/// Streams 0 ... `streams` - 1, dealt round. Where each has a thread and a CPU of its own the
/// threads are bound, from the end of the pinning order, away from CPU 0 with its interrupts: a
/// sender and a receiver of the same stream on one host get neighbouring CPUs, never the same.
std::vector<Lane> lanes_for(std::size_t streams, Side side, const host::Topology& topology);

/// What a thread does with one of its streams, a call's worth. false: that stream is through.
using Turn = std::function<Expected<bool>(std::size_t stream)>;

/// Gives each stream of a lane its turn when its socket is ready, until all are through or `ended`.
/// A lane of one stream just takes turns: its calls block, for a slice at most. `action` is for the
/// sentence. Errors: interrupted, timed_out, or a turn's own.
Expected<void> serve(const Lane& lane, std::span<const Socket> sockets, Side side, const Turn& turn,
                     const std::stop_token& ended, const Interrupt& interrupt);

class LaneTeam {
  public:
    using Work = std::function<Expected<void>(const Lane&, const std::stop_token& ended)>;

    LaneTeam() = default;
    LaneTeam(LaneTeam&&) = delete;
    ~LaneTeam();  ///< as request_stop, then waits

    /// A thread a lane. Call once. Errors: unavailable, when no thread can be had.
    Expected<void> start(const std::vector<Lane>& lanes, const Work& work);
    bool all_ended() const;
    /// CPU time of each thread so far.
    std::vector<std::uint64_t> cpu_ns() const;
    void request_stop();
    /// Waits for all. Errors: of the first lane that has one.
    Expected<void> join();

  private:
    struct Runner {
        Lane lane;
        Expected<void> outcome;
        std::atomic<bool> has_ended = false;
        std::atomic<std::uint64_t> final_cpu_ns = 0;  // once has_ended
        std::jthread thread;
    };
    std::vector<std::unique_ptr<Runner>> runners_;
};

}  // namespace assay::network::tcp
