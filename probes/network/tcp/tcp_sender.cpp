#include "probes/network/tcp/tcp_sender.h"

#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include "probes/network/wire/payload.h"

namespace assay::network {
namespace {

Expected<void> say_hello(const Socket& socket, const StreamHello& hello,
                         const Interrupt& interrupt) {
    const auto bytes = hello.encode();
    std::span<const std::byte> left(bytes);
    while (!left.empty()) {
        ASSAY_TRY_VOID(interrupt.check("begin a TCP stream"));
        ASSAY_TRY(const Transfer sent, send_some(socket, left));
        left = left.subspan(sent.bytes);
    }
    return {};
}

}  // namespace

struct TcpSender::Stream {
    Stream(Socket connection, std::uint64_t key) : socket(std::move(connection)), payload(key) {}

    Expected<void> send(const Interrupt& interrupt, const std::stop_token& finish);

    Socket socket;
    Payload payload;
    std::uint64_t sent_bytes = 0;
    Expected<void> outcome;
    std::jthread thread;  // last: joined before anything above it goes away
};

Expected<void> TcpSender::Stream::send(const Interrupt& interrupt, const std::stop_token& finish) {
    while (!finish.stop_requested()) {
        ASSAY_TRY_VOID(interrupt.check("send a TCP stream"));
        ASSAY_TRY(const Transfer sent, send_some(socket, payload.from(sent_bytes)));
        sent_bytes += sent.bytes;
    }
    return finish_sending(socket);
}

std::optional<std::uint64_t> retransmits_between(const SenderSnapshot& begin,
                                                 const SenderSnapshot& end) {
    if (begin.streams.size() != end.streams.size())
        return std::nullopt;
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at < end.streams.size(); ++at) {
        if (!begin.streams[at] || !end.streams[at])
            return std::nullopt;
        // The kernel counts in 32 bits; the difference is right also across the wrap.
        sum += end.streams[at]->retransmitted_segments - begin.streams[at]->retransmitted_segments;
    }
    return sum;
}

Expected<TcpSender> TcpSender::connect(const SenderSettings& settings, const Interrupt& interrupt) {
    std::vector<std::unique_ptr<Stream>> streams;
    while (streams.size() < settings.streams) {
        const StreamHello hello{.token = settings.token,
                                .index = static_cast<std::uint32_t>(streams.size())};
        ASSAY_TRY(Socket socket,
                  connect_to(settings.remote, settings.congestion_control, interrupt));
        ASSAY_TRY_VOID(say_hello(socket, hello, interrupt));
        streams.push_back(std::make_unique<Stream>(std::move(socket), payload_key(hello)));
    }
    return TcpSender(std::move(streams));
}

TcpSender::TcpSender(std::vector<std::unique_ptr<Stream>> streams) : streams_(std::move(streams)) {}
TcpSender::TcpSender(TcpSender&&) noexcept = default;
TcpSender& TcpSender::operator=(TcpSender&&) noexcept = default;
TcpSender::~TcpSender() {
    // All are told before any is waited for, so that leaving takes one slice, not one a stream.
    for (const auto& stream : streams_)
        stream->thread.request_stop();
}

Expected<void> TcpSender::start(const Interrupt& interrupt) {
    try {
        for (const auto& stream : streams_)
            stream->thread = std::jthread([&stream = *stream, interrupt](std::stop_token finish) {
                stream.outcome = stream.send(interrupt, finish);
            });
    } catch (const std::system_error& error) {
        return failure(ErrorKind::unavailable, "start a thread for each TCP stream to send",
                       error.code().value());
    }
    return {};
}

SenderSnapshot TcpSender::snapshot() const {
    SenderSnapshot snapshot;
    for (const auto& stream : streams_)
        snapshot.streams.push_back(facts_of(stream->socket));
    return snapshot;
}

Expected<std::uint64_t> TcpSender::finish() {
    for (const auto& stream : streams_)
        stream->thread.request_stop();
    std::uint64_t sum = 0;
    for (const auto& stream : streams_)
        if (stream->thread.joinable())
            stream->thread.join();
    for (const auto& stream : streams_) {
        ASSAY_TRY_VOID(stream->outcome);
        sum += stream->sent_bytes;
    }
    return sum;
}

}  // namespace assay::network
