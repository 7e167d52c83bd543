#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "probes/network/control/role.h"
#include "probes/network/rtt/bulk_load.h"

namespace assay::network::rtt {

/// What the prober wishes of the agent's end.
struct EchoWishes {
    /// `connect` answers with a port of its own to which TCP connects and SYNs may be sent; `none`
    /// takes the stream alone, so that both ends know each other's address (ICMP).
    enum class Over { udp, tcp, connect, none } over = Over::udp;
    std::size_t payload_bytes = 64;
    std::size_t streams_up = 0, streams_down = 0;  ///< of load, seen from the prober
    std::chrono::nanoseconds longest = std::chrono::seconds(10);
    std::string congestion;  ///< control of the load's senders on both ends; empty = each its own

    static constexpr std::size_t kMostPayloadBytes = 65507;  ///< of a UDP datagram over IPv4
    static constexpr std::size_t kMostStreams = 16;

    Fields fields() const;
    /// Bytes from outside. Errors: bad_input, unsupported (a kind of echo we do not know).
    static Expected<EchoWishes> of(const Fields& fields);
};

/// Streams of a door: 0 is that of the echoes, then those of the load, up before down.
std::uint32_t first_up_stream();
std::uint32_t first_down_stream(const EchoWishes& wishes);

/// The agent's end, "rtt.echo": sends back what it is asked for, never more than it was sent, to
/// nobody but the door's other end; and plays its end of the load.
///
/// prepare answers: "port" (with Over::connect), "payload_bytes", "load_bytes_per_s" (the cap; 0 =
/// none). play reports: "echoed", "foreign", "load_sent_bytes", "load_received_bytes",
/// "load_rates" (B/s received, one each 100 ms), "load_death" (text, if a stream died), "cpu_ns"
/// and "wall_ns" of the echoing thread, "accepted" (connects).
class EchoRole : public control::Role {
  public:
    explicit EchoRole(const EchoWishes& wishes) : wishes_(wishes) {}
    Expected<Fields> prepare(control::RoleContext& context, const Interrupt& interrupt) override;
    Expected<Fields> play(std::stop_token finish, const Interrupt& interrupt) override;
    Fields progress() const override;
    std::uint64_t datagram_bytes() const override { return sent_datagram_bytes_.load(); }

  private:
    Expected<void> take_streams(control::RoleContext& context, const Interrupt& interrupt);
    Expected<void> serve();
    Expected<void> serve_udp();
    Expected<void> serve_tcp();
    Expected<void> accept_connects();
    void note_rate();

    EchoWishes wishes_;
    Socket echo_, listener_;
    std::uint64_t key_ = 0;
    std::vector<BulkLoad::Stream> streams_;
    BulkLoad::Settings load_settings_;
    std::unique_ptr<BulkLoad> load_;
    std::vector<std::byte> buffer_;
    std::size_t have_ = 0;     ///< bytes of a TCP request that is not whole yet
    std::size_t to_send_ = 0;  ///< bytes of a TCP answer that the kernel has not taken yet
    std::atomic<std::uint64_t> echoed_{0}, load_received_{0};  // progress reads them
    std::atomic<std::uint64_t> sent_datagram_bytes_{0};
    std::uint64_t foreign_ = 0, accepted_ = 0;
    std::vector<double> rates_;
    std::int64_t last_rate_ns_ = 0;
    std::uint64_t last_received_ = 0;
};

Expected<std::unique_ptr<control::Role>> make_echo_role(const Fields& wishes,
                                                        const control::Caps& caps);
inline constexpr std::array<control::RoleRow, 1> kRttRoles{
    control::RoleRow{.name = "rtt.echo", .make = make_echo_role}};

}  // namespace assay::network::rtt
