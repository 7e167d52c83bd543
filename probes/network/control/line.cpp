#include "probes/network/control/line.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <utility>

#include "engine/core/units.h"

namespace assay::network::control {
namespace {

/// What may wait to be sent: some reports of the largest size. A side that takes none of it for so
/// long is gone.
constexpr std::size_t kMostQueuedBytes = 4 * Frame::kMostBytes;
/// Frames that may wait to be taken; the reader takes all after each `work`.
constexpr std::size_t kMostWaitingFrames = 64;
constexpr std::size_t kReceiveBytes = 16 * kKiB;

Expected<void> make_non_blocking_and_prompt(const Socket& socket) {
    const int flags = fcntl(socket.descriptor(), F_GETFL);
    if (flags < 0 || fcntl(socket.descriptor(), F_SETFL, flags | O_NONBLOCK) != 0)
        return system_failure("make the control connection non-blocking", errno);
    const int on = 1;
    // Unacknowledged for so long, the connection is given up: the kernel's own limit is 15 minutes.
    const unsigned int patience_ms = 10'000;
    if (setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
        setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms,
                   sizeof(patience_ms)) != 0)
        return system_failure("set up the control connection", errno);
    return {};
}

}  // namespace

Expected<Line> Line::over(Socket socket, const TlsContext& context, const std::string& host_name) {
    ASSAY_TRY_VOID(make_non_blocking_and_prompt(socket));
    ASSAY_TRY(TlsSession tls, TlsSession::over(context, socket.descriptor(), host_name));
    Line line(std::move(socket), std::move(tls));
    line.handshake_wants_ = POLLIN | POLLOUT;
    return line;
}

short Line::events() const {
    if (!is_secure_)
        return handshake_wants_;
    return out_.empty() ? short{POLLIN} : short{POLLIN | POLLOUT};
}

Expected<void> Line::work() {
    if (!is_secure_) {
        ASSAY_TRY(const TlsStep step, tls_.handshake());
        handshake_wants_ = step.wants;
        if (step.wants != 0)
            return {};
        is_secure_ = true;
    }
    const auto sent = send_queued();
    const auto received = receive();
    // A side that refuses us says why and closes. What it said is still there when sending into the
    // closed connection fails.
    return !sent && received ? sent : received;
}

Expected<void> Line::send_queued() {
    std::size_t sent = 0;
    while (sent < out_.size()) {
        ASSAY_TRY(const TlsStep step, tls_.write(std::span(out_).subspan(sent)));
        sent += step.bytes;
        if (step.end)
            return failure(ErrorKind::unavailable, "the other side closed the control connection");
        if (step.wants != 0)
            break;
    }
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(sent));
    return {};
}

Expected<void> Line::receive() {
    std::array<std::byte, kReceiveBytes> buffer;
    while (in_.size() < kMostWaitingFrames) {
        ASSAY_TRY(const TlsStep step, tls_.read(buffer));
        if (step.end)
            has_ended_ = true;
        if (step.end || step.wants != 0)
            return {};
        reader_.add(std::span(buffer).first(step.bytes));
        for (;;) {
            ASSAY_TRY(std::optional<Frame> frame, reader_.next());
            if (!frame)
                break;
            in_.push_back(std::move(*frame));
        }
    }
    return {};
}

std::optional<Frame> Line::take() {
    if (in_.empty())
        return std::nullopt;
    std::optional<Frame> frame(std::move(in_.front()));
    in_.pop_front();
    return frame;
}

Expected<void> Line::send(const Frame& frame) {
    ASSAY_TRY(const std::vector<std::byte> bytes, frame.encode());
    return send_raw(bytes);
}

Expected<void> Line::send_raw(std::span<const std::byte> bytes) {
    if (out_.size() + bytes.size() > kMostQueuedBytes)
        return failure(ErrorKind::io, "the other side takes nothing from the control connection");
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return is_secure_ ? send_queued() : Expected<void>();
}

Expected<SharedKey> Line::export_key(std::uint32_t context) const {
    return tls_.export_key("EXPORTER-assay-data-1", context);
}

}  // namespace assay::network::control
