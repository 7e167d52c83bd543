#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "probes/network/control/frame.h"
#include "probes/network/control/libssl.h"
#include "probes/network/wire/socket.h"

namespace assay::network::control {

/// A control connection: frames over TLS over a non-blocking socket. It never blocks: its owner
/// waits for `events` on `descriptor`, and then calls `work`. One thread at a time.
class Line {
  public:
    /// `socket` is connected; it is made non-blocking. Errors: by errno, unsupported.
    static Expected<Line> over(Socket socket, const TlsContext& context,
                               const std::string& host_name);

    int descriptor() const { return socket_.descriptor(); }
    short events() const;
    /// Goes on with the handshake, sends what is queued, and receives what has come.
    /// Errors: as TlsSession, and bad_input (frames). The line is lost then.
    Expected<void> work();
    bool is_secure() const { return is_secure_; }
    bool has_ended() const { return has_ended_; }  ///< the other side said goodbye
    /// The oldest frame that came and was not taken yet.
    std::optional<Frame> take();
    /// Errors: bad_input (it does not fit into a frame), io (the other side takes nothing).
    Expected<void> send(const Frame& frame);
    /// The same for bytes that are a frame already, or are meant to be none.
    Expected<void> send_raw(std::span<const std::byte> bytes);
    void close_politely() { tls_.close_politely(); }
    Expected<SharedKey> export_key(std::uint32_t context) const;

  private:
    Line(Socket socket, TlsSession tls) : socket_(std::move(socket)), tls_(std::move(tls)) {}
    Expected<void> send_queued();
    Expected<void> receive();

    Socket socket_;
    TlsSession tls_;
    bool is_secure_ = false, has_ended_ = false;
    short handshake_wants_ = 0;
    std::vector<std::byte> out_;  // encoded frames that the kernel has not taken yet
    FrameReader reader_;
    std::deque<Frame> in_;
};

}  // namespace assay::network::control
