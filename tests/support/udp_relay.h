#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "probes/network/wire/socket.h"

namespace assay::test {

/// What the relay does with one datagram.
struct RelayRule {
    int copies = 1;                ///< 0 drops it
    std::uint64_t hold_until = 0;  ///< sent on just before datagram number `hold_until`; 0 = now
    std::uint64_t delay_ns = 0;    ///< sent on this long after it came
};

/// Stands between a sender and a receiver and mistreats datagrams by rule: the same datagrams in
/// the same way each time. It counts what comes from the sender's side from 0; what comes from the
/// other side is dropped. Over IPv4 loopback; a thread of its own, which ends with the object.
class UdpRelay {
  public:
    using Rule = std::function<RelayRule(std::uint64_t number)>;
    /// Errors: by errno.
    static Expected<std::unique_ptr<UdpRelay>> start(Rule rule);
    ~UdpRelay();

    /// The two ends, connected to the relay; each may be taken once.
    network::Socket take_sender() { return std::move(sender_); }
    network::Socket take_receiver() { return std::move(receiver_); }
    /// Sends bytes of our own to the receiver, as if they came from the sender. Errors: by errno.
    Expected<void> inject(std::span<const std::byte> bytes) const;
    std::uint64_t relayed() const { return came_; }  ///< once everything was sent

  private:
    explicit UdpRelay(Rule rule) : rule_(std::move(rule)) {}
    struct Held {
        std::vector<std::byte> bytes;
        RelayRule rule;
        std::int64_t due_ns = 0;
    };
    void work(const std::stop_token& stop);
    void hear(std::span<const std::byte> bytes);
    void release();
    void pass(std::span<const std::byte> bytes, int copies) const;

    Rule rule_;
    network::Socket sender_, receiver_, from_sender_, to_receiver_;
    std::vector<Held> held_;
    std::atomic<std::uint64_t> came_ = 0;
    std::jthread thread_;  // last: joined before anything above it goes away
};

}  // namespace assay::test
