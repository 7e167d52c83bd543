#include "engine/host/libcrypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/host/aes_switches.h"
#include "engine/host/library_copy.h"

namespace assay::host {
namespace {

/// What a cipher needs of one copy of the library.
struct Functions {
    decltype(&OpenSSL_version) version = nullptr;
    decltype(&OPENSSL_info) info = nullptr;
    decltype(&EVP_CIPHER_fetch) fetch = nullptr;
    decltype(&EVP_CIPHER_free) free_cipher = nullptr;
    decltype(&EVP_CIPHER_CTX_new) make_context = nullptr;
    decltype(&EVP_CIPHER_CTX_free) free_context = nullptr;
    decltype(&EVP_CIPHER_CTX_ctrl) control = nullptr;
    decltype(&EVP_EncryptInit_ex2) begin_encrypt = nullptr;
    decltype(&EVP_EncryptUpdate) encrypt = nullptr;
    decltype(&EVP_EncryptFinal_ex) end_encrypt = nullptr;
    decltype(&EVP_DecryptInit_ex2) begin_decrypt = nullptr;
    decltype(&EVP_DecryptUpdate) decrypt = nullptr;
    decltype(&EVP_DecryptFinal_ex) end_decrypt = nullptr;
};

const Functions kLoaded{
    &OpenSSL_version,     &OPENSSL_info,        &EVP_CIPHER_fetch,    &EVP_CIPHER_free,
    &EVP_CIPHER_CTX_new,  &EVP_CIPHER_CTX_free, &EVP_CIPHER_CTX_ctrl, &EVP_EncryptInit_ex2,
    &EVP_EncryptUpdate,   &EVP_EncryptFinal_ex, &EVP_DecryptInit_ex2, &EVP_DecryptUpdate,
    &EVP_DecryptFinal_ex,
};

template <class Function>
bool find(const LibraryCopy& copy, const char* name, Function& function) {
    function = reinterpret_cast<Function>(copy.find(name));
    return function != nullptr;
}

/// False where the copy lacks one.
bool find_all(const LibraryCopy& copy, Functions& found) {
    return find(copy, "OpenSSL_version", found.version) && find(copy, "OPENSSL_info", found.info) &&
           find(copy, "EVP_CIPHER_fetch", found.fetch) &&
           find(copy, "EVP_CIPHER_free", found.free_cipher) &&
           find(copy, "EVP_CIPHER_CTX_new", found.make_context) &&
           find(copy, "EVP_CIPHER_CTX_free", found.free_context) &&
           find(copy, "EVP_CIPHER_CTX_ctrl", found.control) &&
           find(copy, "EVP_EncryptInit_ex2", found.begin_encrypt) &&
           find(copy, "EVP_EncryptUpdate", found.encrypt) &&
           find(copy, "EVP_EncryptFinal_ex", found.end_encrypt) &&
           find(copy, "EVP_DecryptInit_ex2", found.begin_decrypt) &&
           find(copy, "EVP_DecryptUpdate", found.decrypt) &&
           find(copy, "EVP_DecryptFinal_ex", found.end_decrypt);
}

std::string_view text_or_nothing(const char* text) {
    return text == nullptr ? std::string_view() : std::string_view(text);
}

std::optional<AesSwitches> switches_of(const Functions& library) {
    return aes_switches_of(text_or_nothing(library.info(OPENSSL_INFO_CPU_SETTINGS)));
}

bool same_build(const Functions& left, const Functions& right) {
    return std::ranges::all_of(std::array{OPENSSL_VERSION, OPENSSL_BUILT_ON}, [&](int what) {
        return text_or_nothing(left.version(what)) == text_or_nothing(right.version(what));
    });
}

std::unexpected<Error> no_software_path(const std::string& why) {
    return failure(ErrorKind::unsupported,
                   libcrypto_version() + " cannot be run without AES instructions here: " + why);
}

Expected<Functions> load_software_functions() {
    const auto loaded = switches_of(kLoaded);
    if (!loaded)
        return no_software_path("it does not say which instructions of this processor it uses");
    if (!loaded->aes_on)
        return no_software_path("it uses none as it is");
    ASSAY_TRY(const LibraryCopy copy,
              LibraryCopy::load("OpenSSL_version", std::string(kNoAesInstructions)));
    Functions software;
    if (!find_all(copy, software))
        return no_software_path("its copy lacks a function");
    if (!same_build(kLoaded, software))
        return no_software_path("its file is of another build than the library that is loaded");
    const auto switches = switches_of(software);
    if (!switches || switches->any_on)
        return no_software_path(
            "its copy does not heed OPENSSL_ia32cap, as in a program with more rights than its "
            "user");
    return software;
}

const Expected<Functions>& software_functions() {
    static const Expected<Functions> functions = load_software_functions();
    return functions;
}

struct FreeCipher {
    const Functions* library;
    void operator()(EVP_CIPHER* cipher) const { library->free_cipher(cipher); }
    void operator()(EVP_CIPHER_CTX* context) const { library->free_context(context); }
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

std::optional<bool> libcrypto_uses_aes_instructions() {
    const auto switches = switches_of(kLoaded);
    return switches ? std::optional(switches->aes_on) : std::nullopt;
}

Expected<void> load_software_crypto() {
    if (!software_functions())
        return std::unexpected(software_functions().error());
    return {};
}

struct Cipher::Context {
    const Functions& library;
    CipherMode mode;
    CipherDirection direction;
    std::unique_ptr<EVP_CIPHER, FreeCipher> cipher;
    std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> state;

    bool encrypt(const CipherRecord& record) {
        EVP_CIPHER_CTX* const evp = state.get();
        int written = 0;
        if (library.begin_encrypt(evp, nullptr, nullptr, octets(record.iv), nullptr) != 1)
            return false;
        if (!record.aad.empty() &&
            library.encrypt(evp, nullptr, &written, octets(record.aad.data()),
                            static_cast<int>(record.aad.size())) != 1)
            return false;
        if (library.encrypt(evp, octets(record.destination), &written, octets(record.source),
                            static_cast<int>(record.bytes)) != 1 ||
            static_cast<std::size_t>(written) != record.bytes)
            return false;
        // CTR and XTS are done: they hold nothing back that a final call would give.
        if (mode != CipherMode::gcm)
            return true;
        unsigned char rest[kAesBlockBytes];
        return library.end_encrypt(evp, rest, &written) == 1 && written == 0 &&
               library.control(evp, EVP_CTRL_AEAD_GET_TAG, kGcmTagBytes, record.tag) == 1;
    }

    bool decrypt(const CipherRecord& record) {
        EVP_CIPHER_CTX* const evp = state.get();
        int written = 0;
        if (library.begin_decrypt(evp, nullptr, nullptr, octets(record.iv), nullptr) != 1)
            return false;
        if (mode == CipherMode::gcm &&
            library.control(evp, EVP_CTRL_AEAD_SET_TAG, kGcmTagBytes, record.tag) != 1)
            return false;
        if (!record.aad.empty() &&
            library.decrypt(evp, nullptr, &written, octets(record.aad.data()),
                            static_cast<int>(record.aad.size())) != 1)
            return false;
        if (library.decrypt(evp, octets(record.destination), &written, octets(record.source),
                            static_cast<int>(record.bytes)) != 1 ||
            static_cast<std::size_t>(written) != record.bytes)
            return false;
        if (mode != CipherMode::gcm)
            return true;
        // Here the tag is compared.
        unsigned char rest[kAesBlockBytes];
        return library.end_decrypt(evp, rest, &written) == 1 && written == 0;
    }
};

Cipher::Cipher(std::unique_ptr<Context> context) : context_(std::move(context)) {}
Cipher::Cipher(Cipher&&) noexcept = default;
Cipher& Cipher::operator=(Cipher&&) noexcept = default;
Cipher::~Cipher() = default;

Expected<Cipher> Cipher::make(CipherMode mode, CipherDirection direction,
                              std::span<const std::byte> key, CryptoPath path) {
    const bool in_software = path == CryptoPath::without_aes_instructions;
    if (in_software)
        ASSAY_TRY_VOID(load_software_crypto());
    const Functions& library = in_software ? *software_functions() : kLoaded;
    const std::string name = name_of(mode);
    if (key.size() != key_bytes(mode))
        return failure(ErrorKind::usage, name + " takes a key of " +
                                             std::to_string(key_bytes(mode)) + " bytes, not of " +
                                             std::to_string(key.size()));
    auto context = std::make_unique<Context>(Context{
        library, mode, direction,
        std::unique_ptr<EVP_CIPHER, FreeCipher>(library.fetch(nullptr, name.c_str(), nullptr),
                                                FreeCipher{&library}),
        std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>(library.make_context(), FreeCipher{&library})});
    if (context->cipher == nullptr || context->state == nullptr)
        return failure(ErrorKind::unsupported,
                       libcrypto_version() + " of this host offers no " + name +
                           "; look at its configuration (openssl list -cipher-algorithms)");
    const auto init =
        direction == CipherDirection::encrypt ? library.begin_encrypt : library.begin_decrypt;
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
