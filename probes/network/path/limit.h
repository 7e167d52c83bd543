#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/finding.h"

namespace assay::network::path {

/// What kept a transfer from being faster, or its datagrams from arriving.
enum class Limit {
    unknown,  ///< the facts name none: an answer, not a failure
    none,     ///< the rate that was wished for was reached, and what was sent arrived
    same_host,
    sender_cpu,
    receiver_cpu,
    receiver_window,
    send_buffer,
    shaped_link,
    random_loss,
    receiver_socket,
    sender_qdisc,
    competing_traffic,
};
std::string_view name_of(Limit limit);  ///< "receiver_window": as in result files

/// The facts of both ends about one transfer, TCP or UDP. Everything may be absent; a share is of
/// the measured window, 0 to 1.
struct LimitEvidence {
    std::optional<bool> same_host;

    /// Of the busiest data thread of each end: CPU time over wall time, without deliberate
    /// spinning, and the time for which it was runnable but had no CPU
    /// (/proc/thread-self/schedstat, or a control group's throttled time).
    std::optional<double> sender_cpu_share, receiver_cpu_share;
    std::optional<double> sender_cpu_wait_share, receiver_cpu_wait_share;

    // TCP_INFO of the sender: tcpi_busy_time, tcpi_rwnd_limited, tcpi_sndbuf_limited over the
    // window; the largest of the streams.
    std::optional<double> busy_share, receiver_window_share, send_buffer_share;
    /// Retransmitted over sent segments.
    std::optional<double> retransmit_ratio;
    /// Round trip without load (tcpi_min_rtt, or an idle echo), and while the transfer ran.
    std::optional<double> idle_rtt_ns, loaded_rtt_ns;

    /// Payload that arrived, in equal stretches of the window, after the ramp: [n], B/s.
    std::vector<double> rates_bytes_per_s;
    std::optional<double> wished_bytes_per_s;      ///< of a paced sender
    std::optional<double> link_speed_bytes_per_s;  ///< of the slower of the two interfaces

    // Datagrams in the window (UDP), or segments (TCP): where they were lost.
    std::optional<std::uint64_t> sent;
    std::optional<std::uint64_t> network_lost;    ///< neither end's host saw them die
    std::optional<std::uint64_t> sender_dropped;  ///< refused by the socket, dropped by the qdisc
    std::optional<std::uint64_t> receiver_socket_dropped;  ///< SO_RXQ_OVFL, RcvbufErrors
    /// The share of `network_lost` in what was sent at half of the rate or less.
    std::optional<double> loss_ratio_when_slower;

    std::string sender_queue_kind;                   ///< "tbf"; empty = unknown
    bool sender_queue_is_shaper = false;             ///< QueueDiscipline::is_shaper
    std::optional<std::uint64_t> sender_queue_held;  ///< how often a shaper held a packet back

    std::optional<double> others_share;  ///< share_of_others, the larger of the two ends
};

struct LimitReason {
    Limit limit = Limit::unknown;
    std::string evidence;  ///< "the receive window was full for 83 % of the time (limit 30 %)"
};

struct LimitJudgement {
    Limit limit = Limit::unknown;
    std::string sentence;              ///< names the limit and its evidence
    std::vector<LimitReason> reasons;  ///< the first is that of `limit`; the others hold as well
};

/// Names what limited a transfer. Pure. The order of the rules is the order in which one cause
/// explains the signs of another: a receiver without CPU fills the receive window and the socket's
/// buffer, so the CPU is named; loss with a standing queue is a full link, without one it is
/// random. Source of the TCP shares: Linux tcp(7), TCP_INFO ("tcp: instrument tcp sender limits
/// chronographs", 2016).
LimitJudgement judge_limit(const LimitEvidence& evidence);

/// `network_limit` with the judgement's sentence; nothing where the limit is `none`.
std::vector<Finding> limit_findings(const LimitJudgement& judgement);

}  // namespace assay::network::path
