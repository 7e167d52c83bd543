#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "engine/core/error.h"
#include "engine/host/files.h"
#include "engine/host/topology.h"
#include "probes/network/wire/socket.h"

/// Threads that serve streams: one a stream up to the number of CPUs, then several streams a
/// thread.
namespace assay::network::tcp {

struct Lane {
    std::vector<std::size_t> streams;  ///< never empty
};

enum class Side { sending, receiving };

/// Streams 0 ... `streams` - 1, dealt round. The threads are not bound to CPUs: an application's
/// are not either, and on one host the kernel brings the two ends of a stream together, which moves
/// a byte in a third of the CPU time that two CPUs apart need.
std::vector<Lane> lanes_for(std::size_t streams, const host::Topology& topology);

/// What a thread had of the CPUs since it began.
struct ThreadUse {
    std::uint64_t cpu_ns = 0;
    std::uint64_t waited_ns = 0;  ///< for a CPU that others had; 0 too where nobody counts that
    std::uint64_t wanted_ns() const { return cpu_ns + waited_ns; }
};

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
    /// Of each thread so far; never less than before. From one thread at a time.
    std::vector<ThreadUse> use(const host::Files& files) const;
    void request_stop();
    /// Waits for all. Errors: of the first lane that has one.
    Expected<void> join();

  private:
    struct Runner {
        Lane lane;
        Expected<void> outcome;
        std::atomic<bool> has_ended = false;
        std::atomic<std::uint64_t> final_cpu_ns = 0;  // once has_ended
        std::atomic<pid_t> thread_id = 0;
        std::uint64_t waited_ns = 0;  // as last read, while it ran
        std::uint64_t cpu_ns = 0;     // the most that was read: what it used never falls
        std::jthread thread;
    };
    std::vector<std::unique_ptr<Runner>> runners_;
};

}  // namespace assay::network::tcp
