#include "engine/host/libcrypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <utility>

namespace assay::host {
namespace {

struct FreeCipher {
    void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
struct FreeDigest {
    void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

const char* name_of(CipherMode mode) {
    switch (mode) {
        case CipherMode::gcm:
            return "AES-256-GCM";
        case CipherMode::ctr:
            return "AES-256-CTR";
        case CipherMode::xts:
            return "AES-256-XTS";
    }
    return "";
}

const unsigned char* octets(const std::byte* bytes) {
    return reinterpret_cast<const unsigned char*>(bytes);
}
unsigned char* octets(std::byte* bytes) {
    return reinterpret_cast<unsigned char*>(bytes);
}

}  // namespace

std::string libcrypto_version() {
    return std::string("OpenSSL ") + OpenSSL_version(OPENSSL_VERSION_STRING);
}

struct Cipher::Context {
    CipherMode mode;
    CipherDirection direction;
    std::unique_ptr<EVP_CIPHER, FreeCipher> cipher;
    std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> state;

    bool encrypt(const CipherRecord& record) {
        EVP_CIPHER_CTX* const evp = state.get();
        int written = 0;
        if (EVP_EncryptInit_ex2(evp, nullptr, nullptr, octets(record.iv), nullptr) != 1)
            return false;
        if (!record.aad.empty() &&
            EVP_EncryptUpdate(evp, nullptr, &written, octets(record.aad.data()),
                              static_cast<int>(record.aad.size())) != 1)
            return false;
        if (EVP_EncryptUpdate(evp, octets(record.destination), &written, octets(record.source),
                              static_cast<int>(record.bytes)) != 1 ||
            static_cast<std::size_t>(written) != record.bytes)
            return false;
        // CTR and XTS are done: they hold nothing back that a final call would give.
        if (mode != CipherMode::gcm)
            return true;
        unsigned char rest[kAesBlockBytes];
        return EVP_EncryptFinal_ex(evp, rest, &written) == 1 && written == 0 &&
               EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_AEAD_GET_TAG, kGcmTagBytes, record.tag) == 1;
    }

    bool decrypt(const CipherRecord& record) {
        EVP_CIPHER_CTX* const evp = state.get();
        int written = 0;
        if (EVP_DecryptInit_ex2(evp, nullptr, nullptr, octets(record.iv), nullptr) != 1)
            return false;
        if (mode == CipherMode::gcm &&
            EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_AEAD_SET_TAG, kGcmTagBytes, record.tag) != 1)
            return false;
        if (!record.aad.empty() &&
            EVP_DecryptUpdate(evp, nullptr, &written, octets(record.aad.data()),
                              static_cast<int>(record.aad.size())) != 1)
            return false;
        if (EVP_DecryptUpdate(evp, octets(record.destination), &written, octets(record.source),
                              static_cast<int>(record.bytes)) != 1 ||
            static_cast<std::size_t>(written) != record.bytes)
            return false;
        if (mode != CipherMode::gcm)
            return true;
        // Here the tag is compared.
        unsigned char rest[kAesBlockBytes];
        return EVP_DecryptFinal_ex(evp, rest, &written) == 1 && written == 0;
    }
};

Cipher::Cipher(std::unique_ptr<Context> context) : context_(std::move(context)) {}
Cipher::Cipher(Cipher&&) noexcept = default;
Cipher& Cipher::operator=(Cipher&&) noexcept = default;
Cipher::~Cipher() = default;

Expected<Cipher> Cipher::make(CipherMode mode, CipherDirection direction,
                              std::span<const std::byte> key) {
    const std::string name = name_of(mode);
    if (key.size() != key_bytes(mode))
        return failure(ErrorKind::usage, name + " takes a key of " +
                                             std::to_string(key_bytes(mode)) + " bytes, not of " +
                                             std::to_string(key.size()));
    auto context = std::make_unique<Context>(Context{
        mode, direction,
        std::unique_ptr<EVP_CIPHER, FreeCipher>(EVP_CIPHER_fetch(nullptr, name.c_str(), nullptr)),
        std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>(EVP_CIPHER_CTX_new())});
    if (context->cipher == nullptr || context->state == nullptr)
        return failure(ErrorKind::unsupported,
                       libcrypto_version() + " of this host offers no " + name +
                           "; look at its configuration (openssl list -cipher-algorithms)");
    const auto init =
        direction == CipherDirection::encrypt ? &EVP_EncryptInit_ex2 : &EVP_DecryptInit_ex2;
    if (init(context->state.get(), context->cipher.get(), octets(key.data()), nullptr, nullptr) !=
        1)
        return failure(ErrorKind::unsupported, libcrypto_version() + " refused the key for " +
                                                   name + "; XTS takes two different halves only");
    return Cipher(std::move(context));
}

bool Cipher::run(const CipherRecord& record) {
    return context_->direction == CipherDirection::encrypt ? context_->encrypt(record)
                                                           : context_->decrypt(record);
}

struct Sha256::Context {
    std::unique_ptr<EVP_MD, FreeDigest> digest;
    std::unique_ptr<EVP_MD_CTX, FreeDigest> state;
};

Sha256::Sha256(std::unique_ptr<Context> context) : context_(std::move(context)) {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

Expected<Sha256> Sha256::make() {
    auto context = std::make_unique<Context>(
        Context{std::unique_ptr<EVP_MD, FreeDigest>(EVP_MD_fetch(nullptr, "SHA256", nullptr)),
                std::unique_ptr<EVP_MD_CTX, FreeDigest>(EVP_MD_CTX_new())});
    if (context->digest == nullptr || context->state == nullptr)
        return failure(ErrorKind::unsupported,
                       libcrypto_version() +
                           " of this host offers no SHA-256; look at its configuration (openssl "
                           "list -digest-algorithms)");
    return Sha256(std::move(context));
}

bool Sha256::run(std::span<const std::byte> message, std::span<std::byte, kSha256Bytes> digest) {
    unsigned length = 0;
    EVP_MD_CTX* const evp = context_->state.get();
    return EVP_DigestInit_ex2(evp, context_->digest.get(), nullptr) == 1 &&
           EVP_DigestUpdate(evp, message.data(), message.size()) == 1 &&
           EVP_DigestFinal_ex(evp, octets(digest.data()), &length) == 1 && length == digest.size();
}

Expected<std::array<std::byte, kSha256Bytes>> hmac_sha256(std::span<const std::byte> key,
                                                          std::span<const std::byte> message) {
    std::array<std::byte, kSha256Bytes> code{};
    std::size_t length = 0;
    const unsigned char* const made = EVP_Q_mac(
        nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(), octets(message.data()),
        message.size(), octets(code.data()), code.size(), &length);
    if (made == nullptr || length != code.size())
        return failure(ErrorKind::unsupported,
                       libcrypto_version() +
                           " of this host offers no HMAC with SHA-256; look at its configuration "
                           "(openssl list -mac-algorithms)");
    return code;
}

}  // namespace assay::host
