#pragma once

#include <span>
#include <string_view>

#include "engine/core/error.h"
#include "engine/host/libcrypto.h"

namespace assay::cpu {

/// A published example of AES-256; all in hexadecimal digits.
struct AesVector {
    host::CipherMode mode;
    std::string_view source;
    std::string_view key, iv, aad, plaintext, ciphertext, tag;
};

std::span<const AesVector> aes_vectors();

/// Encrypts and decrypts every published example of the mode, and sees whether a wrong tag is
/// refused. Errors: internal (the library computes wrongly here), as Cipher::make.
Expected<void> self_test(host::CipherMode mode,
                         host::CryptoPath path = host::CryptoPath::as_loaded);

/// The same for one vector.
Expected<void> self_test(const AesVector& vector,
                         host::CryptoPath path = host::CryptoPath::as_loaded);

}  // namespace assay::cpu
