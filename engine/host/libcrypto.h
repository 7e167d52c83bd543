#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/core/error.h"

/// The one wrapper of OpenSSL's libcrypto: the library that the operator's programs link too, so
/// what it makes of this processor is what they will get. No type of the library leaves it.
namespace assay::host {

/// "OpenSSL 3.0.22", of the library that is loaded (not of its headers).
std::string libcrypto_version();

enum class CipherMode { gcm, ctr, xts };
enum class CipherDirection { encrypt, decrypt };

/// Which code of the library computes: that which it chose for this processor, or that of a second,
/// private copy of it which was told, when it was loaded, that the processor has no instructions
/// for AES and its authentication (x86-64: AES-NI, PCLMULQDQ, VAES, VPCLMULQDQ).
enum class CryptoPath { as_loaded, without_aes_instructions };

/// Whether the loaded library uses AES instructions: the processor may have them, and
/// OPENSSL_ia32cap may forbid them. nullopt where it does not say (it does on x86-64).
std::optional<bool> libcrypto_uses_aes_instructions();

/// Whether CryptoPath::without_aes_instructions can be taken here; loads the copy once, some
/// milliseconds. Call it before other threads change the environment.
/// Errors: unsupported (the library uses no AES instructions as it is, does not say, or its copy
/// used them all the same), as LibraryCopy::load.
Expected<void> load_software_crypto();

inline constexpr std::size_t kAesBlockBytes = 16;
inline constexpr std::size_t kGcmTagBytes = 16;
inline constexpr std::size_t kSha256Bytes = 32;

/// One message. Source and destination must not overlap.
struct CipherRecord {
    const std::byte* source = nullptr;
    std::byte* destination = nullptr;
    std::size_t bytes = 0;             ///< 16 MiB at most; XTS: 16 or more
    const std::byte* iv = nullptr;     ///< GCM: 12 bytes; CTR, XTS: 16 bytes
    std::span<const std::byte> aad{};  ///< GCM only
    std::byte* tag = nullptr;          ///< GCM: 16 bytes, written or checked
};

/// AES-256 through EVP: the cipher is fetched once, its key is set once, the context is used again
/// for each record. One thread at a time.
class Cipher {
  public:
    static constexpr std::size_t key_bytes(CipherMode mode) {
        return mode == CipherMode::xts ? 64 : 32;
    }
    static constexpr std::size_t iv_bytes(CipherMode mode) {
        return mode == CipherMode::gcm ? 12 : kAesBlockBytes;
    }
    /// `key`: key_bytes(mode); of XTS two different halves. Errors: unsupported (the library has no
    /// such cipher, or refuses the key), usage (length of the key), as load_software_crypto.
    static Expected<Cipher> make(CipherMode mode, CipherDirection direction,
                                 std::span<const std::byte> key,
                                 CryptoPath path = CryptoPath::as_loaded);
    Cipher(Cipher&&) noexcept;
    Cipher& operator=(Cipher&&) noexcept;
    ~Cipher();

    /// Sets the record's IV, works on all of it, and gets (encrypt) or checks (decrypt) the tag.
    /// False where the library refuses any of this: above all where a tag does not fit.
    bool run(const CipherRecord& record);

  private:
    struct Context;
    explicit Cipher(std::unique_ptr<Context> context);
    std::unique_ptr<Context> context_;
};

/// SHA-256 through EVP, fetched once, its context used again. One thread at a time.
class Sha256 {
  public:
    /// Errors: unsupported (the library has no SHA-256).
    static Expected<Sha256> make();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    ~Sha256();

    /// Hashes one message. False where the library refuses.
    bool run(std::span<const std::byte> message, std::span<std::byte, kSha256Bytes> digest);

  private:
    struct Context;
    explicit Sha256(std::unique_ptr<Context> context);
    std::unique_ptr<Context> context_;
};

/// HMAC-SHA-256 (RFC 2104) of one message. Errors: unsupported (the library has none).
Expected<std::array<std::byte, kSha256Bytes>> hmac_sha256(std::span<const std::byte> key,
                                                          std::span<const std::byte> message);

}  // namespace assay::host
