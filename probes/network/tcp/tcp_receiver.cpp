#include "probes/network/tcp/tcp_receiver.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "probes/network/wire/payload.h"

namespace assay::network {
namespace {

/// Connections that have not said their hello yet. Past this the oldest is closed, so that silent
/// strangers cannot use up our descriptors.
constexpr std::size_t kMostPending = 2 * kMostStreams;

struct Pending {
    Socket socket;
    std::array<std::byte, StreamHello::kBytes> bytes{};
    std::size_t filled = 0;
    bool refused = false;  // it broke, ended, or said something that is no hello
};

/// Reads what has come of a hello. Returns it once it is whole and well-formed.
std::optional<StreamHello> read_hello(Pending& pending) {
    const auto received =
        receive_some(pending.socket, std::span(pending.bytes).subspan(pending.filled));
    if (!received || received->end) {
        pending.refused = true;
        return std::nullopt;
    }
    pending.filled += received->bytes;
    if (pending.filled < pending.bytes.size())
        return std::nullopt;
    const auto hello = StreamHello::decode(pending.bytes);
    pending.refused = !hello;
    return hello;
}

/// Sorts the connections of one session out of everything that reaches the listener.
class Reception {
  public:
    Reception(const Socket& listener, const ReceiverSettings& settings)
        : listener_(listener), settings_(settings), accepted_(settings.streams) {}

    bool complete() const {
        return std::all_of(accepted_.begin(), accepted_.end(),
                           [](const Socket& socket) { return socket.is_open(); });
    }
    std::vector<Socket> take() { return std::move(accepted_); }

    /// Waits one slice for news of the listener and of all pending connections, and acts on them.
    Expected<void> step() {
        std::vector<pollfd> wanted;
        wanted.reserve(pending_.size() + 1);
        for (const Pending& pending : pending_)
            wanted.push_back({pending.socket.descriptor(), POLLIN, 0});
        wanted.push_back({listener_.descriptor(), POLLIN, 0});
        const int ready = poll(wanted.data(), wanted.size(), static_cast<int>(kWaitSlice.count()));
        if (ready < 0 && errno != EINTR)
            return system_failure("wait for TCP streams", errno);
        if (ready <= 0)
            return {};
        for (std::size_t at = 0; at < pending_.size(); ++at)
            if (wanted[at].revents != 0)
                hear(pending_[at]);
        std::erase_if(pending_, [](const Pending& pending) {
            return pending.refused || !pending.socket.is_open();
        });
        return wanted.back().revents != 0 ? admit() : Expected<void>();
    }

  private:
    void hear(Pending& pending) {
        const auto hello = read_hello(pending);
        if (!hello)
            return;
        const bool ours = hello->token == settings_.token && hello->index < accepted_.size() &&
                          !accepted_[hello->index].is_open();
        pending.refused = !ours;
        if (ours)
            accepted_[hello->index] = std::move(pending.socket);
    }

    Expected<void> admit() {
        ASSAY_TRY(std::optional<Socket> socket, accept_from(listener_));
        if (!socket)
            return {};
        if (pending_.size() >= kMostPending)
            pending_.erase(pending_.begin());
        pending_.push_back({.socket = std::move(*socket)});
        return {};
    }

    const Socket& listener_;
    const ReceiverSettings& settings_;
    std::vector<Socket> accepted_;  // [streams], by index; open once that stream has come
    std::vector<Pending> pending_;
};

}  // namespace

struct TcpReceiver::Stream {
    Stream(Socket connection, std::uint64_t key)
        : socket(std::move(connection)), buffer(Payload::kBlockBytes), sampler(key) {}

    Expected<void> receive(const Window& window, const Interrupt& interrupt,
                           const std::stop_token& given_up);

    Socket socket;
    std::vector<std::byte> buffer;
    PayloadSampler sampler;
    ReceiverReport report;
    Expected<void> outcome;
    std::jthread thread;  // last: joined before anything above it goes away
};

Expected<void> TcpReceiver::Stream::receive(const Window& window, const Interrupt& interrupt,
                                            const std::stop_token& given_up) {
    while (!given_up.stop_requested()) {
        ASSAY_TRY_VOID(interrupt.check("receive a TCP stream"));
        ASSAY_TRY(const Transfer received, receive_some(socket, buffer));
        if (received.end)
            return {};
        if (received.bytes == 0)
            continue;
        const SteadyTime now = std::chrono::steady_clock::now();
        if (now > window.begin && now <= window.end)
            report.window_bytes += received.bytes;
        sampler.look_at(report.total_bytes, std::span(buffer).first(received.bytes));
        report.total_bytes += received.bytes;
    }
    return failure(ErrorKind::interrupted, "receive a TCP stream: the test was given up");
}

Expected<TcpReceiver> TcpReceiver::accept(const Socket& listener, const ReceiverSettings& settings,
                                          const Interrupt& interrupt) {
    if (settings.streams == 0 || settings.streams > kMostStreams)
        return failure(ErrorKind::usage, "a TCP test has 1 to " + std::to_string(kMostStreams) +
                                             " streams, not " + std::to_string(settings.streams));
    Reception reception(listener, settings);
    while (!reception.complete()) {
        ASSAY_TRY_VOID(
            interrupt.check("accept " + std::to_string(settings.streams) + " TCP streams"));
        ASSAY_TRY_VOID(reception.step());
    }
    std::vector<std::unique_ptr<Stream>> streams;
    for (Socket& socket : reception.take()) {
        const StreamHello hello{.token = settings.token,
                                .index = static_cast<std::uint32_t>(streams.size())};
        streams.push_back(std::make_unique<Stream>(std::move(socket), payload_key(hello)));
    }
    return TcpReceiver(std::move(streams));
}

TcpReceiver::TcpReceiver(std::vector<std::unique_ptr<Stream>> streams)
    : streams_(std::move(streams)) {}
TcpReceiver::TcpReceiver(TcpReceiver&&) noexcept = default;
TcpReceiver& TcpReceiver::operator=(TcpReceiver&&) noexcept = default;
TcpReceiver::~TcpReceiver() {
    // All are told before any is waited for, so that leaving takes one slice, not one a stream.
    for (const auto& stream : streams_)
        stream->thread.request_stop();
}

Expected<void> TcpReceiver::start(const Window& window, const Interrupt& interrupt) {
    try {
        for (const auto& stream : streams_)
            stream->thread =
                std::jthread([&stream = *stream, window, interrupt](std::stop_token given_up) {
                    stream.outcome = stream.receive(window, interrupt, given_up);
                });
    } catch (const std::system_error& error) {
        return failure(ErrorKind::unavailable, "start a thread for each TCP stream to receive",
                       error.code().value());
    }
    return {};
}

Expected<ReceiverReport> TcpReceiver::finish() {
    for (const auto& stream : streams_)
        if (stream->thread.joinable())
            stream->thread.join();
    ReceiverReport sum;
    for (const auto& stream : streams_) {
        ASSAY_TRY_VOID(stream->outcome);
        sum.window_bytes += stream->report.window_bytes;
        sum.total_bytes += stream->report.total_bytes;
        sum.checked_bytes += stream->sampler.checked_bytes();
        sum.wrong_samples += stream->sampler.wrong_samples();
    }
    return sum;
}

}  // namespace assay::network
