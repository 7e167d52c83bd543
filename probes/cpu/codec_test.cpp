#include "probes/cpu/codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "engine/core/units.h"
#include "probes/cpu/corpus.h"
#include "probes/cpu/lz4_codec.h"
#include "probes/cpu/packed_blocks.h"
#include "probes/cpu/zstd_codec.h"

namespace assay::cpu {
namespace {

constexpr std::array kLibraries{&kZstdLibrary, &kLz4Library};

CorpusLimits patient() {
    return {std::chrono::steady_clock::now() + std::chrono::seconds(60), {}};
}

std::unique_ptr<Codec> codec_of(const CodecLibrary& library, int level = 1) {
    auto codec = library.make(level);
    EXPECT_TRUE(codec) << codec.error().message;
    return std::move(*codec);
}

TEST(Codec, every_library_gives_every_class_back) {
    const ChunkSource source(1);
    for (const CodecLibrary* library : kLibraries) {
        const auto codec = codec_of(*library);
        for (std::size_t kind = 0; kind < kChunkClasses; ++kind)
            for (const std::size_t bytes : {std::size_t{1}, std::size_t{100}, kChunkBytes}) {
                std::vector<std::byte> chunk(kChunkBytes);
                source.fill(static_cast<ChunkClass>(kind), 2,
                            std::span<std::byte, kChunkBytes>(chunk.data(), kChunkBytes));
                chunk.resize(bytes);
                std::vector<std::byte> packed(library->most_compressed_bytes(bytes)), back(bytes);
                const auto length = codec->compress(chunk, packed);
                ASSERT_TRUE(length);
                const auto restored = codec->decompress(std::span(packed).first(*length), back);
                ASSERT_EQ(restored, bytes) << name_of(static_cast<ChunkClass>(kind));
                EXPECT_EQ(back, chunk);
            }
    }
}

TEST(Codec, damage_and_too_little_room_are_refused) {
    const std::vector<std::byte> zeros(kChunkBytes);
    for (const CodecLibrary* library : kLibraries) {
        const auto codec = codec_of(*library);
        std::vector<std::byte> packed(library->most_compressed_bytes(zeros.size()));
        const auto length = codec->compress(zeros, packed);
        ASSERT_TRUE(length);
        std::vector<std::byte> back(zeros.size());
        EXPECT_NE(codec->decompress(std::span(packed).first(*length - 1), back), zeros.size());
        EXPECT_FALSE(codec->decompress(std::span(packed).first(*length),
                                       std::span(back).first(zeros.size() - 1)));
        EXPECT_FALSE(codec->compress(zeros, std::span(packed).first(2)));
    }
}

TEST(Codec, says_its_version_and_refuses_levels_that_it_does_not_have) {
    EXPECT_TRUE(kZstdLibrary.version().starts_with("zstd 1."));
    EXPECT_TRUE(kLz4Library.version().starts_with("lz4 1."));
    EXPECT_FALSE(kZstdLibrary.make(1000));
    EXPECT_FALSE(kLz4Library.make(2));
}

// The generator's reason to be: what codecs make of it is what they make of a root filesystem's
// usr/lib as one tar file (Debian 12, 235 MB, 2026): zstd -1 2.59, zstd -3 2.81, lz4 -1 2.05.
TEST(Codec, vm_root_compresses_like_a_root_filesystem) {
    const auto corpus = Corpus::generate(*corpus_profile_of_name("vm-root"), 16 * kMiB, patient());
    ASSERT_TRUE(corpus);
    struct Known {
        const CodecLibrary& library;
        int level;
        double ratio;
    };
    for (const Known& known : {Known{kZstdLibrary, 1, 2.59}, Known{kZstdLibrary, 3, 2.81},
                               Known{kLz4Library, 1, 2.05}}) {
        auto blocks = PackedBlocks::allocate(known.library, corpus->bytes(), 4 * kMiB);
        ASSERT_TRUE(blocks);
        ASSERT_TRUE(blocks->pack(*codec_of(known.library, known.level), 0, 1, patient()));
        EXPECT_NEAR(blocks->ratio(), known.ratio, known.ratio / 10)
            << known.library.version() << " level " << known.level;
    }
}

/// Copies. Two bytes come out for each that goes in, where asked to lie.
class Copying final : public Codec {
  public:
    enum class Lie { none, bytes, length };
    explicit Copying(Lie lie) : lie_(lie) {}
    std::optional<std::size_t> compress(std::span<const std::byte> source,
                                        std::span<std::byte> destination) override {
        std::ranges::copy(source, destination.begin());
        return source.size();
    }
    std::optional<std::size_t> decompress(std::span<const std::byte> source,
                                          std::span<std::byte> destination) override {
        std::ranges::copy(source, destination.begin());
        if (lie_ == Lie::bytes)
            destination.back() ^= std::byte{1};
        return lie_ == Lie::length ? source.size() - 1 : source.size();
    }

  private:
    Lie lie_;
};

TEST(PackedBlocks, cuts_the_corpus_in_order_and_the_rest_is_a_block) {
    const std::vector<std::byte> data(1000, std::byte{7});
    auto blocks = PackedBlocks::allocate(kZstdLibrary, data, 300);
    ASSERT_TRUE(blocks);
    ASSERT_EQ(blocks->count(), 4u);
    EXPECT_EQ(blocks->original(3).size(), 100u);
    EXPECT_EQ(blocks->original(1).data(), data.data() + 300);
    Copying honest(Copying::Lie::none);
    ASSERT_TRUE(blocks->pack(honest, 0, 2, patient()));
    ASSERT_TRUE(blocks->pack(honest, 1, 2, patient()));
    EXPECT_DOUBLE_EQ(blocks->ratio(), 1);
    for (std::size_t block = 0; block < blocks->count(); ++block)
        EXPECT_TRUE(std::ranges::equal(blocks->packed(block), blocks->original(block)));
}

TEST(PackedBlocks, a_block_that_does_not_come_back_is_an_error) {
    const std::vector<std::byte> data(1000, std::byte{7});
    for (const auto lie : {Copying::Lie::bytes, Copying::Lie::length}) {
        auto blocks = PackedBlocks::allocate(kZstdLibrary, data, 300);
        ASSERT_TRUE(blocks);
        Copying liar(lie);
        const auto packed = blocks->pack(liar, 0, 1, patient());
        ASSERT_FALSE(packed);
        EXPECT_EQ(packed.error().kind, ErrorKind::internal);
    }
}

TEST(PackedBlocks, heeds_the_deadline) {
    const std::vector<std::byte> data(1000, std::byte{7});
    auto blocks = PackedBlocks::allocate(kZstdLibrary, data, 300);
    ASSERT_TRUE(blocks);
    Copying honest(Copying::Lie::none);
    const auto packed = blocks->pack(honest, 0, 1, {std::chrono::steady_clock::now(), {}});
    ASSERT_FALSE(packed);
    EXPECT_EQ(packed.error().kind, ErrorKind::timed_out);
}

}  // namespace
}  // namespace assay::cpu
