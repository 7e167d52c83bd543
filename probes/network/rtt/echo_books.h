#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/core/finding.h"
#include "engine/core/histogram.h"

namespace assay::network::rtt {

/// What became of the requests of one round. All times in ns, all ratios of `sent`.
struct EchoOutcome {
    Histogram response;  ///< from when a request was due to its answer
    Histogram service;   ///< from when it was really sent
    Histogram lateness;  ///< from due to sent, of every request
    std::uint64_t sent = 0;
    std::uint64_t answered = 0;
    std::uint64_t duplicates = 0;  ///< further answers to a request
    std::uint64_t strangers = 0;   ///< answers to what was never asked
    std::uint64_t late_sends = 0;  ///< later than `late_from_ns`
    std::int64_t late_from_ns = 0;
    std::optional<double> jitter_ns;  ///< RFC 3550; nullopt below two answers

    std::uint64_t lost() const { return sent - answered; }
};

/// Keeps the times of each request of a round; nothing is computed before `outcome`. Not
/// thread-safe.
class EchoBooks {
  public:
    /// Requests 0 .. `requests` - 1, one each `interval_ns`.
    EchoBooks(std::size_t requests, std::int64_t interval_ns);

    void sent(std::uint64_t sequence, std::int64_t due_ns, std::int64_t sent_ns);
    void answered(std::uint64_t sequence, std::int64_t received_ns);

    std::size_t requests() const { return entries_.size(); }
    std::uint64_t still_open() const { return open_; }
    EchoOutcome outcome() const;

  private:
    struct Entry {
        std::int64_t due_ns = 0, sent_ns = 0;
        std::int64_t received_ns = 0;  ///< 0 = no answer
        bool is_sent = false;
    };
    std::vector<Entry> entries_;
    std::int64_t interval_ns_;
    std::uint64_t open_ = 0, duplicates_ = 0, strangers_ = 0;
};

/// late_sends (over 0.1 % of the requests, and at least two) and echoes_lost, with their counts.
std::vector<Finding> echo_findings(const EchoOutcome& outcome);

}  // namespace assay::network::rtt
