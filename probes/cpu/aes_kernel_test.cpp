#include "probes/cpu/aes_kernel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "probes/cpu/aes_vectors.h"
#include "probes/cpu/hex_bytes.h"

namespace assay::cpu {
namespace {

std::span<const std::byte, 32> as_key(const std::vector<std::byte>& bytes) {
    return std::span<const std::byte, 32>(bytes.data(), 32);
}

TEST(AesKernel, expands_the_key_of_fips_197_a3) {
    const auto key =
        bytes_of_hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
    const AesRoundKeys keys = expand_key(as_key(key));
    const auto words = [&](int round) {
        const auto* at = keys.bytes.data() + round * static_cast<int>(kMostAesVectorBytes);
        return std::vector<std::byte>(at, at + host::kAesBlockBytes);
    };
    EXPECT_EQ(words(0), bytes_of_hex("603deb1015ca71be2b73aef0857d7781"));
    EXPECT_EQ(words(2), bytes_of_hex("9ba354118e6925afa51a8b5f2067fcde"));
    EXPECT_EQ(words(14), bytes_of_hex("fe4890d1e6188d0b046df344706c631e"));
    for (std::size_t at = 0; at < keys.bytes.size(); ++at)
        EXPECT_EQ(keys.bytes[at], keys.bytes[at / 64 * 64 + at % 16]) << at;
}

TEST(AesKernel, every_kernel_gives_the_ciphertext_of_fips_197_c3) {
    for (const AesKernel& kernel : aes_kernels()) {
        const auto right = self_test(kernel);
        EXPECT_TRUE(right) << right.error().message;
    }
}

TEST(AesKernel, every_kernel_leaves_what_the_library_leaves_block_by_block) {
    const std::vector<std::byte> key(32, std::byte{0x5a});
    for (const AesKernel& kernel : aes_kernels())
        for (const std::uint64_t iterations : {std::uint64_t{1}, std::uint64_t{7}}) {
            AesStates states = start_states();
            kernel.run(expand_key(as_key(key)), iterations, states);
            const auto expected = known_states(kernel, as_key(key), iterations);
            ASSERT_TRUE(expected) << expected.error().message;
            EXPECT_EQ(states, *expected) << kernel.isa;
        }
}

TEST(AesKernel, a_kernel_that_does_nothing_fails_its_self_test) {
    AesKernel kernel{"idle", 16, 1, [](const AesRoundKeys&, std::uint64_t, AesStates&) {}};
    const auto wrong = self_test(kernel);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().kind, ErrorKind::internal);
}

TEST(AesKernel, rows_are_sorted_and_named_apart) {
    std::set<std::string_view> names;
    std::size_t widest = 0;
    for (const AesKernel& kernel : aes_kernels()) {
        EXPECT_TRUE(names.insert(kernel.isa).second);
        EXPECT_GT(kernel.vector_bytes, widest);
        widest = kernel.vector_bytes;
    }
    EXPECT_EQ(has_aes_instructions(), !names.empty());
}

TEST(AesVectors, the_library_gives_the_published_ciphertexts) {
    for (const AesVector& vector : aes_vectors()) {
        const auto right = self_test(vector);
        EXPECT_TRUE(right) << vector.source << ": " << right.error().message;
    }
    for (const auto mode : {host::CipherMode::gcm, host::CipherMode::ctr, host::CipherMode::xts}) {
        EXPECT_TRUE(self_test(mode));
        EXPECT_TRUE(std::ranges::any_of(
            aes_vectors(), [mode](const AesVector& vector) { return vector.mode == mode; }));
    }
}

TEST(AesVectors, a_wrong_ciphertext_or_tag_fails_the_self_test) {
    for (AesVector vector : aes_vectors()) {
        std::string ciphertext(vector.ciphertext);
        ciphertext.back() = ciphertext.back() == '0' ? '1' : '0';
        vector.ciphertext = ciphertext;
        EXPECT_FALSE(self_test(vector)) << vector.source;
    }
    AesVector vector = aes_vectors().front();
    ASSERT_EQ(vector.mode, host::CipherMode::gcm);
    std::string tag(vector.tag);
    tag.back() = tag.back() == '0' ? '1' : '0';
    vector.tag = tag;
    EXPECT_FALSE(self_test(vector));
}

}  // namespace
}  // namespace assay::cpu
