#include "engine/host/libcrypto.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

namespace assay::host {
namespace {

std::vector<std::byte> counted(std::size_t bytes) {
    std::vector<std::byte> made(bytes);
    for (std::size_t at = 0; at < bytes; ++at)
        made[at] = static_cast<std::byte>(at * 5 + 3);
    return made;
}

/// A sealed message, and what is needed to open it.
struct Sealed {
    std::vector<std::byte> plaintext = counted(100), ciphertext = counted(100),
                           opened = std::vector<std::byte>(100);
    std::array<std::byte, kAesBlockBytes> iv{std::byte{9}};
    std::array<std::byte, 13> aad{std::byte{7}};
    std::array<std::byte, kGcmTagBytes> tag{};

    CipherRecord seal() {
        return {plaintext.data(), ciphertext.data(), plaintext.size(), iv.data(), aad, tag.data()};
    }
    CipherRecord open() {
        return {ciphertext.data(), opened.data(), ciphertext.size(), iv.data(), aad, tag.data()};
    }
};

TEST(Cipher, gcm_gives_the_plaintext_back_and_refuses_every_change) {
    const auto key = counted(Cipher::key_bytes(CipherMode::gcm));
    auto seal = Cipher::make(CipherMode::gcm, CipherDirection::encrypt, key);
    auto open = Cipher::make(CipherMode::gcm, CipherDirection::decrypt, key);
    ASSERT_TRUE(seal) << seal.error().message;
    ASSERT_TRUE(open) << open.error().message;
    Sealed message;
    ASSERT_TRUE(seal->run(message.seal()));
    ASSERT_TRUE(open->run(message.open()));
    EXPECT_EQ(message.opened, message.plaintext);
    for (std::byte* changed : {&message.ciphertext[50], &message.tag[15], &message.aad[12],
                               &message.iv[0], &message.ciphertext[99]}) {
        *changed ^= std::byte{1};
        EXPECT_FALSE(open->run(message.open()));
        *changed ^= std::byte{1};
    }
    EXPECT_TRUE(open->run(message.open())) << "and works again after a refusal";
}

TEST(Cipher, every_mode_takes_keys_of_its_length_only) {
    for (const CipherMode mode : {CipherMode::gcm, CipherMode::ctr, CipherMode::xts}) {
        const std::size_t right = Cipher::key_bytes(mode);
        EXPECT_TRUE(Cipher::make(mode, CipherDirection::encrypt, counted(right)));
        const auto wrong = Cipher::make(mode, CipherDirection::encrypt, counted(right - 1));
        ASSERT_FALSE(wrong);
        EXPECT_EQ(wrong.error().kind, ErrorKind::usage);
    }
}

TEST(Cipher, xts_refuses_two_equal_halves) {
    const std::vector<std::byte> same(Cipher::key_bytes(CipherMode::xts), std::byte{5});
    const auto cipher = Cipher::make(CipherMode::xts, CipherDirection::encrypt, same);
    ASSERT_FALSE(cipher);
    EXPECT_EQ(cipher.error().kind, ErrorKind::unsupported);
}

TEST(Cipher, another_iv_gives_another_ciphertext) {
    for (const CipherMode mode : {CipherMode::gcm, CipherMode::ctr, CipherMode::xts}) {
        auto seal = Cipher::make(mode, CipherDirection::encrypt, counted(Cipher::key_bytes(mode)));
        ASSERT_TRUE(seal);
        Sealed message;
        CipherRecord record = message.seal();
        if (mode != CipherMode::gcm)
            record.aad = {};
        ASSERT_TRUE(seal->run(record));
        const auto first = message.ciphertext;
        message.iv[0] ^= std::byte{1};
        ASSERT_TRUE(seal->run(record));
        EXPECT_NE(message.ciphertext, first);
    }
}

TEST(LibcryptoSha256, hashes_message_after_message) {
    auto hash = Sha256::make();
    ASSERT_TRUE(hash);
    std::array<std::byte, kSha256Bytes> first{}, other{}, again{};
    ASSERT_TRUE(hash->run(counted(1000), first));
    ASSERT_TRUE(hash->run(counted(999), other));
    ASSERT_TRUE(hash->run(counted(1000), again));
    EXPECT_EQ(first, again);
    EXPECT_NE(first, other);
}

/// CPU time of sealing a megabyte, the best of five: what disturbs only adds to it.
std::optional<double> seconds_of(CryptoPath path) {
    auto seal = Cipher::make(CipherMode::gcm, CipherDirection::encrypt, counted(32), path);
    if (!seal)
        return std::nullopt;
    const std::vector<std::byte> plaintext = counted(1 << 20);
    std::vector<std::byte> ciphertext(plaintext.size());
    std::array<std::byte, kAesBlockBytes> iv{};
    std::array<std::byte, kGcmTagBytes> tag{};
    double best = 1e9;
    for (int run = 0; run < 5; ++run) {
        const std::clock_t begin = std::clock();
        if (!seal->run(
                {plaintext.data(), ciphertext.data(), plaintext.size(), iv.data(), {}, tag.data()}))
            return std::nullopt;
        best = std::min(best, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
    }
    return best;
}

TEST(SoftwareCrypto, a_copy_without_aes_instructions_is_another_path_to_the_same_bytes) {
    if (const auto loaded = load_software_crypto(); !loaded) {
        // Where the library uses the instructions, only a sanitizer is an excuse.
        EXPECT_TRUE(!libcrypto_uses_aes_instructions().value_or(false) ||
                    loaded.error().message.find("sanitizer") != std::string::npos)
            << loaded.error().message;
        GTEST_SKIP() << loaded.error().message;
    }
    EXPECT_EQ(libcrypto_uses_aes_instructions(), true) << "the process's own copy stays as it was";
    for (const CipherMode mode : {CipherMode::gcm, CipherMode::ctr, CipherMode::xts}) {
        const auto key = counted(Cipher::key_bytes(mode));
        auto seal =
            Cipher::make(mode, CipherDirection::encrypt, key, CryptoPath::without_aes_instructions);
        auto open = Cipher::make(mode, CipherDirection::decrypt, key);
        ASSERT_TRUE(seal) << seal.error().message;
        ASSERT_TRUE(open) << open.error().message;
        Sealed message;
        if (mode == CipherMode::gcm) {
            ASSERT_TRUE(seal->run(message.seal()));
            ASSERT_TRUE(open->run(message.open()));
        } else {
            CipherRecord record = message.seal();
            record.aad = {};
            ASSERT_TRUE(seal->run(record));
            record = message.open();
            record.aad = {};
            ASSERT_TRUE(open->run(record));
        }
        EXPECT_EQ(message.opened, message.plaintext);
    }
    // 16 times as long on a Zen 4; AES-NI of any processor beats bit-sliced code by over 3.
    EXPECT_GT(*seconds_of(CryptoPath::without_aes_instructions),
              3 * *seconds_of(CryptoPath::as_loaded));
}

TEST(Libcrypto, says_its_version) {
    EXPECT_TRUE(libcrypto_version().starts_with("OpenSSL 3."));
}

/// RFC 4231, test case 2.
TEST(Libcrypto, hmac_gives_the_code_of_the_published_vector) {
    const auto bytes = [](std::string_view text) { return std::as_bytes(std::span(text)); };
    const auto code = hmac_sha256(bytes("Jefe"), bytes("what do ya want for nothing?"));
    ASSERT_TRUE(code) << code.error().message;
    constexpr std::array<unsigned, kSha256Bytes> kPublished{
        0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24,
        0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27,
        0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43};
    for (std::size_t index = 0; index < kPublished.size(); ++index)
        EXPECT_EQ(std::to_integer<unsigned>((*code)[index]), kPublished[index]) << index;
    EXPECT_TRUE(hmac_sha256(bytes("Jefe"), {})) << "an empty message has a code, too";
}

}  // namespace
}  // namespace assay::host
