#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "engine/core/error.h"
#include "probes/network/wire/endpoint.h"

namespace assay::network {

using SteadyTime = std::chrono::steady_clock::time_point;

/// No call of this room blocks longer than this without looking at its stop token and its deadline.
/// 50 ms is half of what a workload may take to leave (RoundRequest::stop).
inline constexpr std::chrono::milliseconds kWaitSlice{50};

/// What ends a wait early: both are looked at in each slice of it.
struct Interrupt {
    std::stop_token stop;
    SteadyTime deadline;
    /// Errors: interrupted, or timed_out with `action` in the sentence ("accept 4 streams").
    Expected<void> check(std::string_view action) const;
};

/// Sleeps until `time`. Errors: as Interrupt::check.
Expected<void> sleep_until(SteadyTime time, const Interrupt& interrupt, std::string_view action);

/// A TCP socket, closed when destroyed. After `connect_to` and `accept_from` its send and recv
/// block for at most kWaitSlice and then return what they have.
class Socket {
  public:
    Socket() = default;
    explicit Socket(int descriptor) : descriptor_(descriptor) {}
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&& other) noexcept;
    ~Socket();

    int descriptor() const { return descriptor_; }
    bool is_open() const { return descriptor_ >= 0; }
    void close();

  private:
    int descriptor_ = -1;
};

/// How many bytes a call moved. 0 with `end`: the other side has finished. 0 without: the slice is
/// over.
struct Transfer {
    std::size_t bytes = 0;
    bool end = false;
};

/// Listens with a backlog of `backlog` connections. Port 0 takes a free one: Endpoint::of_socket
/// tells which. Errors: by errno (address in use, permission, no such address).
Expected<Socket> listen_on(const Endpoint& local, int backlog);

/// `congestion_control` names a kernel algorithm; nullopt leaves the system's default. Errors:
/// timed_out, interrupted, unsupported (algorithm), unavailable (refused, unreachable).
Expected<Socket> connect_to(const Endpoint& remote,
                            const std::optional<std::string>& congestion_control,
                            const Interrupt& interrupt);

/// The next connection, or nullopt when a slice passes without one. Errors: by errno.
Expected<std::optional<Socket>> accept_from(const Socket& listener);

/// One send of as much of `bytes` as the kernel takes within a slice. Errors: io when the
/// connection broke.
Expected<Transfer> send_some(const Socket& socket, std::span<const std::byte> bytes);
/// One recv into `buffer`. Errors: io when the connection broke.
Expected<Transfer> receive_some(const Socket& socket, std::span<std::byte> buffer);
/// Tells the other side that nothing more comes; what was sent is still delivered. Errors: io.
Expected<void> finish_sending(const Socket& socket);

/// The algorithm in use on `socket`: "cubic". nullopt if the kernel does not say.
std::optional<std::string> congestion_control_of(const Socket& socket);

/// TCP sends no faster than this on `socket`, whatever the queue discipline: it paces itself
/// (tcp(7), SO_MAX_PACING_RATE). Errors: by errno.
Expected<void> limit_rate(const Socket& socket, double bytes_per_s);

/// Payload that the kernel counts for a connection since it began (TCP_INFO). Before Linux 4.19
/// what is not acknowledged yet is not among what was sent.
struct MovedBytes {
    std::uint64_t sent = 0;           ///< with what was sent again
    std::uint64_t resent = 0;         ///< of `sent`
    std::uint64_t received = 0;       ///< in order
    std::uint32_t segment_bytes = 0;  ///< of a full segment that is sent
};
/// nullopt if the kernel does not say.
std::optional<MovedBytes> moved_bytes_of(const Socket& socket);

}  // namespace assay::network
