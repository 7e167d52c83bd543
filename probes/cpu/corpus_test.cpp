#include "probes/cpu/corpus.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "engine/core/units.h"

namespace assay::cpu {
namespace {

using std::chrono::steady_clock;

CorpusLimits patient() {
    return {steady_clock::now() + std::chrono::seconds(60), {}};
}

Corpus generated(std::string_view profile, std::size_t bytes = 4 * kMiB) {
    auto corpus = Corpus::generate(*corpus_profile_of_name(profile), bytes, patient());
    EXPECT_TRUE(corpus) << corpus.error().message;
    return std::move(*corpus);
}

std::vector<std::byte> chunk_of(const ChunkSource& source, ChunkClass kind, std::uint64_t number) {
    std::vector<std::byte> chunk(kChunkBytes);
    source.fill(kind, number, std::span<std::byte, kChunkBytes>(chunk.data(), kChunkBytes));
    return chunk;
}

/// A file that is gone when the test ends.
class CorpusFile : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = testing::TempDir() + "assay-corpus-XXXXXX";
        const int descriptor = mkstemp(name.data());
        ASSERT_GE(descriptor, 0);
        close(descriptor);
        path_ = name;
    }
    void TearDown() override { unlink(path_.c_str()); }
    void write(const std::vector<std::byte>& bytes) const {
        std::FILE* file = std::fopen(path_.c_str(), "wb");
        ASSERT_NE(file, nullptr);
        ASSERT_EQ(std::fwrite(bytes.data(), 1, bytes.size(), file), bytes.size());
        ASSERT_EQ(std::fclose(file), 0);
    }
    std::string path_;
};

// A digest changes with any byte. Then kCorpusVersion must change too, since no host that measured
// the old bytes can be compared any more.
TEST(Corpus, version_1_is_these_bytes) {
    ASSERT_EQ(kCorpusVersion, 1);
    const std::map<std::string_view, std::string> known{
        {"vm-root", "20c3c62fc04c10aa"},
        {"vm-db", "c41d4c580820d1fb"},
        {"incremental", "419fa3d11745d4c6"},
        {"zeros", "bb9f8df61474d25e"},
    };
    for (const CorpusProfile& profile : corpus_profiles()) {
        const Corpus corpus = generated(profile.name);
        EXPECT_EQ(corpus.digest(), known.at(profile.name)) << profile.name;
        EXPECT_EQ(corpus.name(), std::string(profile.name) + "/1");
    }
}

TEST(Corpus, a_longer_one_begins_with_a_shorter_one) {
    const Corpus small = generated("vm-db"), large = generated("vm-db", 8 * kMiB);
    EXPECT_EQ(std::memcmp(small.bytes().data(), large.bytes().data(), small.bytes().size()), 0);
    EXPECT_NE(small.digest(), large.digest());
}

TEST(Corpus, zeros_are_zeros_and_nothing_else_is) {
    EXPECT_EQ(generated("zeros").zero_ratio(), 1);
    for (const char* name : {"vm-root", "vm-db", "incremental"})
        EXPECT_EQ(generated(name).zero_ratio(), 0) << name;
}

TEST(Corpus, sixty_four_chunks_hold_every_class_in_its_share_and_evenly) {
    for (const CorpusProfile& profile : corpus_profiles()) {
        unsigned sum = 0;
        for (const unsigned share : profile.shares)
            sum += share;
        if (profile.name == "zeros")
            continue;
        EXPECT_EQ(sum, kSharesInAll) << profile.name;
        std::array<unsigned, kChunkClasses> counts{}, half{};
        for (std::uint64_t chunk = 0; chunk < kSharesInAll; ++chunk) {
            const auto kind = static_cast<std::size_t>(class_of_chunk(profile, chunk));
            EXPECT_EQ(class_of_chunk(profile, chunk + 5 * kSharesInAll),
                      class_of_chunk(profile, chunk));
            ++counts[kind];
            half[kind] += chunk < kSharesInAll / 2 ? 1 : 0;
        }
        EXPECT_EQ(counts, profile.shares) << profile.name;
        for (std::size_t kind = 0; kind < kChunkClasses; ++kind)
            EXPECT_LE(
                std::abs(2 * static_cast<int>(half[kind]) - static_cast<int>(profile.shares[kind])),
                3)
                << profile.name << " " << name_of(static_cast<ChunkClass>(kind));
    }
}

TEST(Corpus, chunks_depend_on_seed_class_and_number_alone) {
    const ChunkSource source(7), same(7), other(8);
    for (std::size_t kind = 0; kind < kChunkClasses; ++kind) {
        const auto which = static_cast<ChunkClass>(kind);
        const auto third = chunk_of(source, which, 3);
        static_cast<void>(chunk_of(same, which, 9));
        EXPECT_EQ(chunk_of(same, which, 3), third) << name_of(which);
        EXPECT_NE(chunk_of(source, which, 4), third) << name_of(which);
        EXPECT_NE(chunk_of(other, which, 3), third) << name_of(which);
    }
}

TEST(Corpus, the_classes_have_their_looks) {
    const ChunkSource source(1);
    const auto text = chunk_of(source, ChunkClass::text, 1);
    EXPECT_TRUE(std::ranges::all_of(text, [](std::byte octet) {
        const auto value = std::to_integer<int>(octet);
        return value == '\n' || (value >= ' ' && value <= '~');
    }));
    const auto sparse = chunk_of(source, ChunkClass::sparse, 1);
    EXPECT_GT(std::ranges::count(sparse, std::byte{0}), 65536 * 95 / 100);
    // Noise: 256 +- 16 of each byte; six standard deviations are 96.
    std::array<int, 256> counts{};
    for (const std::byte octet : chunk_of(source, ChunkClass::encrypted, 1))
        ++counts[std::to_integer<std::size_t>(octet)];
    for (const int count : counts)
        EXPECT_NEAR(count, 256, 96);
    const auto pages = chunk_of(source, ChunkClass::database, 1);
    for (std::size_t page = 0; page < kChunkBytes; page += 8192) {
        // The slots: offset and length of rows that touch each other, from the page's end on.
        std::uint16_t begin = 0, bytes = 0;
        std::memcpy(&begin, pages.data() + page + 24, sizeof begin);
        std::memcpy(&bytes, pages.data() + page + 26, sizeof bytes);
        EXPECT_EQ(begin + bytes, 8192);
    }
}

TEST(Corpus, a_deadline_and_a_stop_end_it) {
    const auto& profile = corpus_profiles().front();
    const auto late = Corpus::generate(profile, 4 * kMiB, {steady_clock::now(), {}});
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind, ErrorKind::timed_out);
    std::stop_source source;
    source.request_stop();
    CorpusLimits limits = patient();
    limits.stop = source.get_token();
    const auto stopped = Corpus::generate(profile, 4 * kMiB, limits);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().kind, ErrorKind::interrupted);
}

TEST_F(CorpusFile, is_read_as_it_is) {
    std::vector<std::byte> content(kChunkBytes * 2 + 5);
    for (std::size_t at = kChunkBytes; at < content.size(); ++at)
        content[at] = static_cast<std::byte>(at);
    write(content);
    EXPECT_EQ(Corpus::size_of_file(path_).value_or(0), content.size());
    const auto corpus = Corpus::read(path_, kMiB, patient());
    ASSERT_TRUE(corpus) << corpus.error().message;
    EXPECT_TRUE(std::ranges::equal(corpus->bytes(), content));
    EXPECT_EQ(corpus->name(), "file");
    EXPECT_DOUBLE_EQ(corpus->zero_ratio(), 1.0 / 3);
}

TEST_F(CorpusFile, what_is_no_fit_file_is_refused_with_its_kind) {
    const auto kind_of = [](const std::string& path, std::uint64_t most = kMiB) {
        const auto corpus = Corpus::read(path, most, patient());
        EXPECT_FALSE(corpus) << path;
        return corpus ? ErrorKind::internal : corpus.error().kind;
    };
    EXPECT_EQ(kind_of(path_ + "-missing"), ErrorKind::not_found);
    EXPECT_EQ(kind_of(testing::TempDir()), ErrorKind::usage);
    EXPECT_EQ(kind_of("/dev/zero"), ErrorKind::usage);
    EXPECT_EQ(kind_of(path_), ErrorKind::usage) << "empty";
    write(std::vector<std::byte>(kChunkBytes * 2));
    EXPECT_EQ(kind_of(path_, kChunkBytes), ErrorKind::unavailable);
    ASSERT_EQ(truncate(path_.c_str(), static_cast<off_t>(kMostCorpusBytes) + 1), 0);
    EXPECT_EQ(kind_of(path_, kMostCorpusBytes * 2), ErrorKind::usage);
    unlink(path_.c_str());
    ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
    EXPECT_EQ(kind_of(path_), ErrorKind::usage) << "a pipe without a writer must not hang";
}

}  // namespace
}  // namespace assay::cpu
