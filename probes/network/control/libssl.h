#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/error.h"
#include "probes/network/control/credentials.h"

/// The one wrapper of OpenSSL's libssl: TLS 1.3 and nothing older, with a pre-shared key
/// (psk_dhe_ke) or mutual certificates. No type of the library leaves it.
namespace assay::network::control {

/// HMAC-SHA-256 of `message`. A library that has none is a broken installation: aborts.
std::array<std::byte, 32> hmac_sha256(std::span<const std::byte> key,
                                      std::span<const std::byte> message);
/// Takes as long for equal as for different bytes. Different lengths are different.
bool equal_in_constant_time(std::span<const std::byte> a, std::span<const std::byte> b);

/// Settings of many connections of one end. Outlives them.
class TlsContext {
  public:
    enum class End { prober, agent };
    /// Errors: usage (no credentials), not_found, permission, bad_input (certificate files),
    /// unsupported (the library).
    static Expected<TlsContext> make(End end, const Credentials& credentials);
    TlsContext(TlsContext&&) noexcept;
    TlsContext& operator=(TlsContext&&) noexcept;
    ~TlsContext();

  private:
    friend class TlsSession;
    struct Library;
    explicit TlsContext(std::unique_ptr<Library> library);
    std::unique_ptr<Library> library_;
};

/// What a call did without blocking. `wants` are poll events to wait for before the next try, 0
/// where none is needed.
struct TlsStep {
    std::size_t bytes = 0;
    bool end = false;  ///< the other side has closed
    short wants = 0;
};

/// One TLS connection over a non-blocking socket that it does not own. One thread at a time.
class TlsSession {
  public:
    /// `host_name` is what a certificate must name: the prober's --peer host; unused with a key.
    static Expected<TlsSession> over(const TlsContext& context, int socket,
                                     const std::string& host_name);
    TlsSession(TlsSession&&) noexcept;
    TlsSession& operator=(TlsSession&&) noexcept;
    ~TlsSession();

    /// One step of the handshake; done when `wants` is 0. Errors: permission (the other side
    /// refused our credentials, or we refuse its), bad_input (what answers speaks no TLS 1.3),
    /// unavailable (it closed).
    Expected<TlsStep> handshake();
    /// Errors: io, permission.
    Expected<TlsStep> read(std::span<std::byte> buffer);
    Expected<TlsStep> write(std::span<const std::byte> bytes);
    /// Says goodbye, without waiting for an answer.
    void close_politely();

    /// 32 bytes that both ends of this connection get, and nobody else (RFC 8446, 7.5); different
    /// for each `context`. After the handshake. Errors: internal.
    Expected<SharedKey> export_key(std::string_view label, std::uint32_t context) const;

  private:
    struct Library;
    explicit TlsSession(std::unique_ptr<Library> library);
    Expected<TlsStep> outcome(int result, std::size_t bytes, std::string_view action);
    Expected<void> check_who_it_is() const;
    std::unique_ptr<Library> library_;
};

}  // namespace assay::network::control
