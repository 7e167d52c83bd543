#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "probes/network/wire/endpoint.h"
#include "probes/network/wire/socket.h"
#include "probes/network/wire/stream_hello.h"

namespace assay::network {

struct SenderSettings {
    Endpoint remote;
    StreamHello::Token token{};
    std::size_t streams = 1;
    std::optional<std::string> congestion_control;  ///< nullopt: the system's default
};

/// What the kernel says of each stream at one moment.
struct SenderSnapshot {
    std::vector<std::optional<ConnectionFacts>> streams;  ///< by stream index
};
/// Segments sent again between two snapshots of one sender, over all streams. nullopt if the kernel
/// did not say for one of them.
std::optional<std::uint64_t> retransmits_between(const SenderSnapshot& begin,
                                                 const SenderSnapshot& end);

/// The connecting end of a TCP stream test: sends on each stream as fast as the connection takes
/// it, a thread a stream.
class TcpSender {
  public:
    /// Opens the connections and says the hello on each. Errors: as connect_to.
    static Expected<TcpSender> connect(const SenderSettings& settings, const Interrupt& interrupt);

    TcpSender(TcpSender&&) noexcept;
    TcpSender& operator=(TcpSender&&) noexcept;
    ~TcpSender();  ///< stops the threads, waits for them (kWaitSlice), and closes the connections

    /// Starts to send. Call once. Errors: unavailable, when no thread can be had.
    Expected<void> start(const Interrupt& interrupt);
    /// May be called while the threads send.
    SenderSnapshot snapshot() const;
    /// Ends all streams and returns the payload bytes that the kernel took, over all of them; they
    /// still travel when this returns. Call once, after start. Errors: the first stream's own.
    Expected<std::uint64_t> finish();

  private:
    struct Stream;
    explicit TcpSender(std::vector<std::unique_ptr<Stream>> streams);
    std::vector<std::unique_ptr<Stream>> streams_;
};

}  // namespace assay::network
