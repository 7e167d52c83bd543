#include "probes/cpu/aes_vectors.h"

#include <array>
#include <string>

#include "probes/cpu/hex_bytes.h"

namespace assay::cpu {
namespace {

using host::Cipher;
using host::CipherDirection;
using host::CipherMode;
using host::CryptoPath;

constexpr std::array kVectors{
    AesVector{CipherMode::gcm, "McGrew and Viega, GCM test case 16",
              "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
              "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
              "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c9595680953"
              "2fcf0e2449a6b525b16aedf5aa0de657ba637b39",
              "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3d"
              "a7b08b1056828838c5f61e6393ba7a0abcc9f662",
              "76fc6ece0f4e1768cddf8853bb2d551b"},
    AesVector{CipherMode::ctr, "NIST SP 800-38A, F.5.5",
              "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
              "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "",
              "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411"
              "e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
              "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94c"
              "e87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",
              ""},
    AesVector{CipherMode::xts, "NIST CAVP XTSVS, XTSGenAES256 count 1",
              "1ea661c58d943a0e4801e42f4b0947149e7f9f8e3e68d0c7505210bd311a0e7cd6e13ffdf2418d8d"
              "1911c004cda58da3d619b7e2b9141e58318eea392cf41b08",
              "adf8d92627464ad2f0428e84a9f87564", "",
              "2eedea52cd8215e1acc647e810bbc3642e87287f8d2e57e36c0a24fbc12a202e",
              "cbaad0e2f6cea3f50b37f934d46a9b130b9d54f07e34f36af793e86f73c6d7db", ""},
};

std::unexpected<Error> wrong(const AesVector& vector, std::string_view what) {
    return failure(ErrorKind::internal,
                   "self-test of " + host::libcrypto_version() + ", " + std::string(vector.source) +
                       ": " + std::string(what) +
                       ". The library or this processor computes wrongly: do not encrypt data "
                       "here until a second run and a CPU test say more");
}

}  // namespace

std::span<const AesVector> aes_vectors() {
    return kVectors;
}

Expected<void> self_test(const AesVector& vector, CryptoPath path) {
    const auto key = bytes_of_hex(vector.key), iv = bytes_of_hex(vector.iv),
               aad = bytes_of_hex(vector.aad), plaintext = bytes_of_hex(vector.plaintext),
               ciphertext = bytes_of_hex(vector.ciphertext);
    ASSAY_TRY(Cipher seal, Cipher::make(vector.mode, CipherDirection::encrypt, key, path));
    ASSAY_TRY(Cipher open, Cipher::make(vector.mode, CipherDirection::decrypt, key, path));
    std::vector<std::byte> sealed(plaintext.size()), opened(plaintext.size());
    std::vector<std::byte> tag(host::kGcmTagBytes);
    if (!seal.run({.source = plaintext.data(),
                   .destination = sealed.data(),
                   .bytes = plaintext.size(),
                   .iv = iv.data(),
                   .aad = aad,
                   .tag = tag.data()}))
        return wrong(vector, "encryption was refused");
    if (sealed != ciphertext)
        return wrong(vector, "the ciphertext is not the published one");
    const bool has_tag = vector.mode == CipherMode::gcm;
    if (has_tag && tag != bytes_of_hex(vector.tag))
        return wrong(vector, "the tag is not the published one");
    const host::CipherRecord back{.source = sealed.data(),
                                  .destination = opened.data(),
                                  .bytes = sealed.size(),
                                  .iv = iv.data(),
                                  .aad = aad,
                                  .tag = tag.data()};
    if (!open.run(back) || opened != plaintext)
        return wrong(vector, "decryption did not give the plaintext back");
    if (!has_tag)
        return {};
    tag.back() ^= std::byte{1};
    if (open.run(back))
        return wrong(vector, "a tag with one bit changed was accepted");
    return {};
}

Expected<void> self_test(CipherMode mode, CryptoPath path) {
    for (const AesVector& vector : kVectors)
        if (vector.mode == mode)
            ASSAY_TRY_VOID(self_test(vector, path));
    return {};
}

}  // namespace assay::cpu
