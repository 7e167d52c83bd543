#pragma once

#include <memory>
#include <vector>

#include "engine/probe.h"
#include "probes/network/control/session.h"
#include "probes/network/tcp/reports.h"
#include "probes/network/tcp/settings.h"

namespace assay::network::tcp {

/// How a round's time is spent: at most a quarter, and at most five seconds, for the ramp; the rest
/// is the window.
struct RoundTimes {
    std::chrono::nanoseconds longest_ramp{};
    std::chrono::nanoseconds window{};
};
RoundTimes split_round(std::chrono::nanoseconds duration);

/// One direction of a round, as both its ends tell it.
struct Flow {
    SenderReport sender;
    ReceiverReport receiver;
};

/// Payload per second of the window.
double bytes_per_s(const Flow& flow);
/// The values and findings of a round of one flow, or of two at once.
RoundResult result_of(const TcpCase& measured, const std::vector<Flow>& flows,
                      bool same_host = false);
/// `tcp_ends_differ`, or nothing: what was acknowledged when the window closed must have come, but
/// for what a receive buffer and a round trip can hold.
std::optional<Finding> difference_of_ends(const Flow& flow);

/// Plays one end of each round here and asks the peer's agent for the other. Streams are made anew
/// each round, so that each begins with the same slow start and ends with the two ends' sums.
class TcpWorkload : public Workload {
  public:
    /// `conditions` are those of the peer. `host` outlives it.
    TcpWorkload(const host::Host& host, std::shared_ptr<control::Peer> peer, TcpSettings settings,
                const std::vector<Condition>& conditions);

    std::span<const Case> cases() const override { return cases_; }
    std::vector<Finding> findings() const override;
    Expected<RoundResult> measure(std::size_t case_index, const RoundRequest& request) override;
    Expected<void> verify() override;

  private:
    /// What all rounds together proved; the data of verify.
    struct Evidence {
        std::size_t rounds = 0, flows_that_differ = 0;
        std::uint64_t sent_bytes = 0, received_bytes = 0;
        std::uint64_t copied_bytes = 0, checked_bytes = 0, wrong_samples = 0;
        void add(const TcpCase& measured, const Flow& flow);
    };
    Expected<std::vector<Flow>> play(const TcpCase& measured, const RoundTimes& times,
                                     const Interrupt& interrupt);
    std::string path() const;

    const host::Host& host_;
    std::shared_ptr<control::Peer> peer_;
    TcpSettings settings_;
    std::vector<Case> cases_;  // [settings_.cases], same order
    Evidence evidence_;
};

}  // namespace assay::network::tcp
