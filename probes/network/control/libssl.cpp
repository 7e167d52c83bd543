#include "probes/network/control/libssl.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <optional>

namespace assay::network::control {
namespace {

template <auto release>
struct Release {
    template <class T>
    void operator()(T* thing) const {
        release(thing);
    }
};
using ContextHandle = std::unique_ptr<SSL_CTX, Release<SSL_CTX_free>>;
using ConnectionHandle = std::unique_ptr<SSL, Release<SSL_free>>;
using SessionHandle = std::unique_ptr<SSL_SESSION, Release<SSL_SESSION_free>>;

/// Both allow forward secrecy with X25519 or P-256; the key is bound to the first one's hash.
constexpr const char* kCipherSuites = "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256";
constexpr std::array<unsigned char, 2> kKeyCipher{0x13, 0x02};  // TLS_AES_256_GCM_SHA384
/// Goes over the wire in clear, so it says nothing of the key.
constexpr std::string_view kIdentity = "assay-key-1";

const unsigned char* octets(const std::byte* bytes) {
    return reinterpret_cast<const unsigned char*>(bytes);
}

std::string library_reason() {
    const unsigned long code = ERR_peek_last_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? "no reason given" : reason;
}

// ---- The socket under TLS. The library's own would use write(2), and a connection that broke
// would end the process by SIGPIPE.

int descriptor_of(BIO* bio) {
    return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int send_below(BIO* bio, const char* bytes, std::size_t size, std::size_t* sent) {
    BIO_clear_retry_flags(bio);
    const ssize_t result = ::send(descriptor_of(bio), bytes, size, MSG_NOSIGNAL);
    *sent = result > 0 ? static_cast<std::size_t>(result) : 0;
    if (result < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_write(bio);
    return result > 0 ? 1 : 0;
}

int receive_below(BIO* bio, char* bytes, std::size_t size, std::size_t* received) {
    BIO_clear_retry_flags(bio);
    const ssize_t result = ::recv(descriptor_of(bio), bytes, size, 0);
    *received = result > 0 ? static_cast<std::size_t>(result) : 0;
    if (result < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(bio);
    if (result == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return result > 0 ? 1 : 0;
}

long control_below(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF)
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO* socket_below(int descriptor) {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
        if (made != nullptr) {
            BIO_meth_set_write_ex(made, send_below);
            BIO_meth_set_read_ex(made, receive_below);
            BIO_meth_set_ctrl(made, control_below);
        }
        return made;
    }();
    BIO* bio = method == nullptr ? nullptr : BIO_new(method);
    if (bio != nullptr) {
        BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(descriptor)));
        BIO_set_init(bio, 1);
    }
    return bio;
}

/// The session that stands for an external pre-shared key (RFC 8446, 4.2.11). nullptr where the
/// library refuses.
SessionHandle session_of(SSL* connection, const SharedKey& key) {
    const SSL_CIPHER* cipher = SSL_CIPHER_find(connection, kKeyCipher.data());
    SessionHandle session(SSL_SESSION_new());
    if (cipher == nullptr || !session ||
        SSL_SESSION_set1_master_key(session.get(), octets(key.data()), key.size()) != 1 ||
        SSL_SESSION_set_cipher(session.get(), cipher) != 1 ||
        SSL_SESSION_set_protocol_version(session.get(), TLS1_3_VERSION) != 1)
        return nullptr;
    return session;
}

const SharedKey* key_of(SSL* connection) {
    return static_cast<const SharedKey*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
}

int offer_key(SSL* connection, const EVP_MD* digest, const unsigned char** id,
              std::size_t* id_bytes, SSL_SESSION** session) {
    *id = nullptr;
    *id_bytes = 0;
    *session = nullptr;
    SessionHandle made = session_of(connection, *key_of(connection));
    if (!made)
        return 0;
    // After a HelloRetryRequest only a session of the chosen hash may be offered again.
    if (digest != nullptr &&
        SSL_CIPHER_get_handshake_digest(SSL_SESSION_get0_cipher(made.get())) != digest)
        return 1;
    *id = reinterpret_cast<const unsigned char*>(kIdentity.data());
    *id_bytes = kIdentity.size();
    *session = made.release();
    return 1;
}

int find_key(SSL* connection, const unsigned char* identity, std::size_t identity_bytes,
             SSL_SESSION** session) {
    *session = nullptr;
    const std::string_view asked(reinterpret_cast<const char*>(identity), identity_bytes);
    if (asked != kIdentity)
        return 1;
    SessionHandle made = session_of(connection, *key_of(connection));
    if (!made)
        return 0;
    *session = made.release();
    return 1;
}

std::unexpected<Error> library_refuses(std::string_view what) {
    const std::string reason = library_reason();
    ERR_clear_error();
    return failure(ErrorKind::unsupported, "OpenSSL refuses " + std::string(what) + ": " + reason);
}

Expected<void> load_certificates(SSL_CTX* context, const CertificateFiles& files) {
    const auto refuse = [](const std::string& file, std::string_view what) {
        const std::string reason = library_reason();
        ERR_clear_error();
        return failure(ErrorKind::bad_input,
                       file + " cannot be used as " + std::string(what) + ": " + reason);
    };
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
        return refuse(files.certificate, "the certificate (--cert, PEM)");
    if (SSL_CTX_use_PrivateKey_file(context, files.private_key.c_str(), SSL_FILETYPE_PEM) != 1)
        return refuse(files.private_key, "the certificate's private key (--cert-key, PEM)");
    if (SSL_CTX_check_private_key(context) != 1)
        return refuse(files.private_key, "the private key of this certificate");
    if (SSL_CTX_load_verify_locations(context, files.authority.c_str(), nullptr) != 1)
        return refuse(files.authority, "the authority of the other side (--ca, PEM)");
    return {};
}

}  // namespace

std::array<std::byte, 32> hmac_sha256(std::span<const std::byte> key,
                                      std::span<const std::byte> message) {
    std::array<std::byte, 32> digest{};
    unsigned int bytes = 0;
    if (key.size() > INT_MAX ||
        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(message.data()),
             message.size(), reinterpret_cast<unsigned char*>(digest.data()), &bytes) == nullptr ||
        bytes != digest.size())
        std::abort();
    return digest;
}

bool equal_in_constant_time(std::span<const std::byte> a, std::span<const std::byte> b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

struct TlsContext::Library {
    End end;
    std::optional<SharedKey> key;
    ContextHandle handle;
};

TlsContext::TlsContext(std::unique_ptr<Library> library) : library_(std::move(library)) {}
TlsContext::TlsContext(TlsContext&&) noexcept = default;
TlsContext& TlsContext::operator=(TlsContext&&) noexcept = default;
TlsContext::~TlsContext() = default;

Expected<TlsContext> TlsContext::make(End end, const Credentials& credentials) {
    if (credentials.key.has_value() == credentials.certificates.has_value())
        return failure(ErrorKind::usage,
                       "the control connection needs either a key (--key FILE, made by 'assay "
                       "keygen'), or --cert, --cert-key and --ca");
    auto library = std::make_unique<Library>(
        Library{.end = end,
                .key = credentials.key,
                .handle = ContextHandle(
                    SSL_CTX_new(end == End::agent ? TLS_server_method() : TLS_client_method()))});
    SSL_CTX* context = library->handle.get();
    if (context == nullptr)
        return library_refuses("to make a TLS context");
    // No tickets: a connection is never resumed, so each one proves its credentials anew.
    if (SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_ciphersuites(context, kCipherSuites) != 1 ||
        SSL_CTX_set_num_tickets(context, 0) != 1 ||
        // A key counts as a session here, and a server that asks for certificates takes only
        // sessions of a context that has a name.
        (end == End::agent &&
         SSL_CTX_set_session_id_context(context, octets(std::as_bytes(std::span(kIdentity)).data()),
                                        kIdentity.size()) != 1))
        return library_refuses("TLS 1.3 with AES-GCM");
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    if (library->key) {
        SSL_CTX_set_app_data(context, &*library->key);
        if (end == End::agent)
            SSL_CTX_set_psk_find_session_callback(context, find_key);
        else
            SSL_CTX_set_psk_use_session_callback(context, offer_key);
    } else {
        ASSAY_TRY_VOID(load_certificates(context, *credentials.certificates));
    }
    return TlsContext(std::move(library));
}

struct TlsSession::Library {
    bool is_agent;
    bool has_key;
    ConnectionHandle handle;
};

TlsSession::TlsSession(std::unique_ptr<Library> library) : library_(std::move(library)) {}
TlsSession::TlsSession(TlsSession&&) noexcept = default;
TlsSession& TlsSession::operator=(TlsSession&&) noexcept = default;
TlsSession::~TlsSession() = default;

Expected<TlsSession> TlsSession::over(const TlsContext& context, int socket,
                                      const std::string& host_name) {
    const TlsContext::Library& settings = *context.library_;
    auto library = std::make_unique<Library>(
        Library{.is_agent = settings.end == TlsContext::End::agent,
                .has_key = settings.key.has_value(),
                .handle = ConnectionHandle(SSL_new(settings.handle.get()))});
    SSL* connection = library->handle.get();
    BIO* below = connection == nullptr ? nullptr : socket_below(socket);
    if (below == nullptr)
        return library_refuses("a TLS connection");
    SSL_set_bio(connection, below, below);  // which owns it now
    if (library->is_agent) {
        SSL_set_accept_state(connection);
    } else {
        SSL_set_connect_state(connection);
        // An address and a name are checked in different fields of a certificate.
        X509_VERIFY_PARAM* wanted = SSL_get0_param(connection);
        if (!library->has_key && X509_VERIFY_PARAM_set1_ip_asc(wanted, host_name.c_str()) != 1 &&
            SSL_set1_host(connection, host_name.c_str()) != 1)
            return library_refuses("the host name '" + host_name + "'");
    }
    ERR_clear_error();
    return TlsSession(std::move(library));
}

Expected<TlsStep> TlsSession::outcome(int result, std::size_t bytes, std::string_view action) {
    SSL* connection = library_->handle.get();
    const int system_error = errno;
    switch (SSL_get_error(connection, result)) {
        case SSL_ERROR_NONE:
            return TlsStep{.bytes = bytes};
        case SSL_ERROR_WANT_READ:
            return TlsStep{.wants = POLLIN};
        case SSL_ERROR_WANT_WRITE:
            return TlsStep{.wants = POLLOUT};
        case SSL_ERROR_ZERO_RETURN:
            return TlsStep{.end = true};
        case SSL_ERROR_SYSCALL:
            ERR_clear_error();
            return failure(ErrorKind::unavailable, std::string(action) + ": the connection broke",
                           system_error);
        default:
            break;
    }
    const unsigned long code = ERR_peek_error();
    const int reason = ERR_GET_REASON(code);
    const std::string words = library_reason();
    ERR_clear_error();
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return failure(ErrorKind::unavailable,
                       std::string(action) + ": the other side closed the connection");
    const bool refused =
        reason >= SSL_AD_REASON_OFFSET || reason == SSL_R_BAD_EXTENSION ||
        reason == SSL_R_CERTIFICATE_VERIFY_FAILED || reason == SSL_R_BINDER_DOES_NOT_VERIFY ||
        reason == SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM || reason == SSL_R_NO_SHARED_CIPHER;
    return failure(refused ? ErrorKind::permission : ErrorKind::bad_input,
                   std::string(action) + ": " + words);
}

Expected<TlsStep> TlsSession::handshake() {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_do_handshake(library_->handle.get());
    ASSAY_TRY(const TlsStep step, outcome(result, 0, "TLS handshake"));
    if (step.end)
        return failure(ErrorKind::unavailable, "TLS handshake: the other side closed");
    if (step.wants == 0) {
        ASSAY_TRY_VOID(check_who_it_is());
    }
    return step;
}

Expected<void> TlsSession::check_who_it_is() const {
    SSL* connection = library_->handle.get();
    const bool by_key = SSL_session_reused(connection) == 1;
    const bool by_certificate = SSL_get0_peer_certificate(connection) != nullptr &&
                                SSL_get_verify_result(connection) == X509_V_OK;
    if (library_->has_key ? by_key : by_certificate)
        return {};
    return failure(ErrorKind::permission, "TLS handshake: the other side did not prove itself");
}

Expected<TlsStep> TlsSession::read(std::span<std::byte> buffer) {
    ERR_clear_error();
    errno = 0;
    std::size_t bytes = 0;
    const int result = SSL_read_ex(library_->handle.get(), buffer.data(), buffer.size(), &bytes);
    return outcome(result, bytes, "read from the control connection");
}

Expected<TlsStep> TlsSession::write(std::span<const std::byte> bytes) {
    ERR_clear_error();
    errno = 0;
    std::size_t written = 0;
    const int result = SSL_write_ex(library_->handle.get(), bytes.data(), bytes.size(), &written);
    return outcome(result, written, "write to the control connection");
}

void TlsSession::close_politely() {
    ERR_clear_error();
    // One call sends the alert; its result would only tell whether the answer is there too.
    static_cast<void>(SSL_shutdown(library_->handle.get()));
    ERR_clear_error();
}

Expected<SharedKey> TlsSession::export_key(std::string_view label, std::uint32_t context) const {
    SharedKey key{};
    const std::array<unsigned char, 4> octets_of_context{
        static_cast<unsigned char>(context >> 24), static_cast<unsigned char>(context >> 16),
        static_cast<unsigned char>(context >> 8), static_cast<unsigned char>(context)};
    if (SSL_export_keying_material(library_->handle.get(),
                                   reinterpret_cast<unsigned char*>(key.data()), key.size(),
                                   label.data(), label.size(), octets_of_context.data(),
                                   octets_of_context.size(), 1) != 1) {
        ERR_clear_error();
        return failure(ErrorKind::internal, "derive a key from the control connection");
    }
    return key;
}

}  // namespace assay::network::control
