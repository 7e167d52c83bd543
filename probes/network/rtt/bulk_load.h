#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "probes/network/wire/socket.h"

namespace assay::network::rtt {

/// What the kernel says of a load stream's sender (TCP_INFO). Absent = this kernel does not.
struct LoadStreamFacts {
    std::optional<double> busy_ns, receiver_window_ns, send_buffer_ns;
    std::optional<std::uint64_t> segments_sent, segments_received, retransmitted;
    std::optional<std::uint64_t> bytes_sent;  ///< retransmits included
    std::optional<double> least_rtt_ns, rtt_ns;
};
LoadStreamFacts stream_facts(const Socket& socket);

/// The congestion control with which a load shows how deep a queue is: one that fills it until it
/// overflows. The first of cubic and reno that this user may choose; reno always is.
std::string queue_filling_congestion_control();

/// The load beside the echoes: TCP streams that send as fast as the path takes it, or swallow what
/// comes. A thread for each stream; all end with the object.
class BulkLoad {
  public:
    struct Stream {
        Socket socket;
        enum class Does { send, receive } does = Does::send;
    };
    struct Settings {
        std::uint64_t key = 0;         ///< of the payload, so that nothing can compress it
        double most_bytes_per_s = 0;   ///< of what is sent, all streams together; 0 = no limit
        std::uint64_t most_bytes = 0;  ///< likewise; a stream that has had its share dies
        std::string congestion{};  ///< control of what is sent: "cubic"; empty = the host\'s own
    };
    /// Starts sending at once. Errors: by errno.
    static Expected<std::unique_ptr<BulkLoad>> start(std::vector<Stream> streams,
                                                     const Settings& settings);
    ~BulkLoad();

    std::uint64_t sent_bytes() const { return sent_; }
    std::uint64_t received_bytes() const { return received_; }
    /// Why a stream ended before it was told to; empty while all live.
    std::string death() const;
    /// Of the first sending stream; nullopt without one.
    std::optional<LoadStreamFacts> facts() const;
    /// Ends all streams within a slice, with a reset: what is still queued in this host must not
    /// linger on the path. Called by the destructor as well.
    void stop();

  private:
    BulkLoad(std::vector<Stream> streams, const Settings& settings);
    void send_from(Stream& stream);
    void receive_into(Stream& stream);
    void die(std::string reason);

    std::vector<Stream> streams_;
    Settings settings_;
    std::uint64_t most_bytes_ = std::numeric_limits<std::uint64_t>::max();  // of one that sends
    std::atomic<std::uint64_t> sent_{0}, received_{0};
    mutable std::mutex mutex_;
    std::string death_;
    std::stop_source stop_;
    std::vector<std::jthread> threads_;
};

}  // namespace assay::network::rtt
