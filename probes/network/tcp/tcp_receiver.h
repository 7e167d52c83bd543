#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/core/error.h"
#include "probes/network/wire/socket.h"
#include "probes/network/wire/stream_hello.h"

namespace assay::network {

/// More streams than this are refused: beyond it the threads measure the scheduler.
inline constexpr std::size_t kMostStreams = 128;

/// The span of the receiver's clock in which bytes count: (begin, end].
struct Window {
    SteadyTime begin, end;
};

struct ReceiverSettings {
    StreamHello::Token token{};
    std::size_t streams = 1;  ///< 1 to kMostStreams
};

/// What one stream, or all of them together, brought.
struct ReceiverReport {
    std::uint64_t window_bytes =
        0;  ///< copied to user memory by recv calls that ended in the window
    std::uint64_t total_bytes = 0;    ///< from the first payload byte to the sender's end of stream
    std::uint64_t checked_bytes = 0;  ///< compared with what the sender must have sent
    std::uint64_t wrong_samples =
        0;  ///< comparisons that failed; 0 unless bytes were lost or changed
};

/// The listening end of a TCP stream test: accepts the streams of one session, receives each in a
/// thread of its own, and counts. It knows nothing of the sender but the session's token, so it
/// serves a sender in this process and one on another host alike.
class TcpReceiver {
  public:
    /// Takes `settings.streams` connections with the right token from `listener` (listen_on).
    /// Strangers are closed without an answer, and one that connects and says nothing delays
    /// nobody. Errors: timed_out, interrupted, or by errno.
    static Expected<TcpReceiver> accept(const Socket& listener, const ReceiverSettings& settings,
                                        const Interrupt& interrupt);

    TcpReceiver(TcpReceiver&&) noexcept;
    TcpReceiver& operator=(TcpReceiver&&) noexcept;
    ~TcpReceiver();  ///< stops the threads, waits for them (kWaitSlice), and closes the connections

    /// Starts to receive: at once, until each sender ends its stream or `interrupt` says so. Call
    /// once. Errors: unavailable, when no thread can be had.
    Expected<void> start(const Window& window, const Interrupt& interrupt);
    /// Waits for the end of all streams and returns the sum over them. Call once, after start.
    /// Errors: the first stream's own: io, timed_out, interrupted.
    Expected<ReceiverReport> finish();

  private:
    struct Stream;
    explicit TcpReceiver(std::vector<std::unique_ptr<Stream>> streams);
    std::vector<std::unique_ptr<Stream>> streams_;  // [settings.streams], by stream index
};

}  // namespace assay::network
