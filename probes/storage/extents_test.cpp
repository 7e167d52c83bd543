#include "probes/storage/extents.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

#include "engine/core/random.h"
#include "engine/core/units.h"
#include "probes/storage/fd.h"

namespace assay::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kSize = 4 * kMiB;

std::vector<std::string> ids_of(const std::vector<Finding>& findings) {
    std::vector<std::string> ids;
    for (const Finding& finding : findings)
        ids.push_back(finding.id);
    return ids;
}

/// An unnamed file in the working folder.
class Extents : public testing::Test {
  protected:
    void SetUp() override {
        file_ = Fd(::open(".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
        if (!file_.is_open())
            GTEST_SKIP() << "the working folder takes no unnamed file";
        if (const auto map = map_extents(file_.number(), kSize); !map)
            GTEST_SKIP() << map.error().message;
    }

    // Data that no filesystem can compress away.
    void write(std::uint64_t from, std::uint64_t bytes) {
        std::vector<std::uint64_t> words(bytes / sizeof(std::uint64_t));
        Xoshiro256 random(from + 1);
        for (std::uint64_t& word : words)
            word = random.next();
        ASSERT_EQ(::pwrite(file_.number(), words.data(), bytes, static_cast<off_t>(from)),
                  static_cast<ssize_t>(bytes));
        ASSERT_EQ(::fsync(file_.number()), 0);
    }
    // Skips where the filesystem cannot allocate without writing.
    bool allocate() { return ::fallocate(file_.number(), 0, 0, static_cast<off_t>(kSize)) == 0; }
    ExtentMap map() {
        const auto found = map_extents(file_.number(), kSize);
        if (!found)
            ADD_FAILURE() << found.error().message;
        return found.value_or(ExtentMap{});
    }

    Fd file_;
};

void expect_sums(const ExtentMap& map) {
    EXPECT_EQ(map.covered_bytes, kSize);
    EXPECT_EQ(map.hole_bytes + map.unwritten_bytes + map.delayed_bytes + map.written_bytes, kSize);
    EXPECT_TRUE(map.is_complete);
}

TEST_F(Extents, of_a_written_file_are_all_written) {
    write(0, kSize);
    expect_sums(map());
    EXPECT_EQ(map().written_bytes, kSize);
    EXPECT_GE(map().extents, 1u);
    EXPECT_THAT(judge_extents(map(), "."), IsEmpty());
}

TEST_F(Extents, of_a_file_that_was_only_allocated_are_unwritten) {
    if (!allocate())
        GTEST_SKIP() << "this filesystem allocates nothing ahead";
    expect_sums(map());
    EXPECT_EQ(map().unwritten_bytes, kSize);
    ASSERT_THAT(ids_of(judge_extents(map(), "/data")), ElementsAre("unwritten_data"));
    EXPECT_THAT(judge_extents(map(), "/data")[0].message,
                HasSubstr("4194304 of 4194304 B (100.0 %) of the test file in /data"));
}

TEST_F(Extents, of_a_file_that_is_written_in_part_tell_how_much) {
    if (!allocate())
        GTEST_SKIP() << "this filesystem allocates nothing ahead";
    write(kMiB, kMiB);
    expect_sums(map());
    EXPECT_EQ(map().unwritten_bytes, 3 * kMiB);
    EXPECT_EQ(map().written_bytes, kMiB);
}

TEST_F(Extents, leave_holes_at_the_begin_between_and_at_the_end) {
    ASSERT_EQ(::ftruncate(file_.number(), static_cast<off_t>(kSize)), 0);
    expect_sums(map());
    EXPECT_EQ(map().hole_bytes, kSize);
    EXPECT_EQ(map().extents, 0u);
    write(kMiB, kMiB);
    write(3 * kMiB, kMiB / 2);
    expect_sums(map());
    EXPECT_EQ(map().hole_bytes, kSize - kMiB - kMiB / 2);
    EXPECT_EQ(map().written_bytes, kMiB + kMiB / 2);
    EXPECT_THAT(ids_of(judge_extents(map(), ".")), ElementsAre("unwritten_data"));
}

// Every other 4 KiB of 8 MiB: 1024 extents, two pages of them.
TEST_F(Extents, of_more_than_one_page_are_all_counted) {
    constexpr std::uint64_t kPiece = 4 * kKiB, kPieces = 1024;
    std::vector<std::byte> piece(kPiece, std::byte{0x5a});
    for (std::uint64_t at = 0; at < kPieces; ++at)
        ASSERT_EQ(
            ::pwrite(file_.number(), piece.data(), kPiece, static_cast<off_t>(2 * at * kPiece)),
            static_cast<ssize_t>(kPiece));
    ASSERT_EQ(::fsync(file_.number()), 0);
    const auto found = map_extents(file_.number(), 2 * kPieces * kPiece);
    ASSERT_TRUE(found);
    if (found->written_bytes != kPieces * kPiece && found->extents < kPieces)
        GTEST_SKIP() << "this filesystem allocates in larger pieces";
    EXPECT_EQ(found->extents, kPieces);
    EXPECT_EQ(found->written_bytes, kPieces * kPiece);
    EXPECT_EQ(found->hole_bytes, kPieces * kPiece);
    EXPECT_EQ(found->covered_bytes, 2 * kPieces * kPiece);
}

TEST_F(Extents, beyond_the_asked_size_do_not_count) {
    write(0, kSize);
    const auto half = map_extents(file_.number(), kSize / 2);
    ASSERT_TRUE(half);
    EXPECT_EQ(half->covered_bytes, kSize / 2);
    EXPECT_EQ(half->written_bytes, kSize / 2);
    EXPECT_EQ(map_extents(file_.number(), 0)->covered_bytes, 0u);
}

TEST(ExtentsOfOthers, are_refused_in_a_sentence) {
    const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(null.is_open());
    const auto map = map_extents(null.number(), kSize);
    ASSERT_FALSE(map);
    EXPECT_EQ(map.error().kind, ErrorKind::unsupported);
    EXPECT_THAT(map.error().message, HasSubstr("FIEMAP"));
    EXPECT_FALSE(map_extents(-1, kSize));
}

TEST(ExtentFindings, begin_at_one_percent) {
    ExtentMap map;
    map.covered_bytes = 1000;
    map.hole_bytes = 4;
    map.unwritten_bytes = 6;
    map.encoded_bytes = 10;
    EXPECT_THAT(judge_extents(map, "."), IsEmpty());
    map.hole_bytes = 5;
    EXPECT_THAT(ids_of(judge_extents(map, ".")), ElementsAre("unwritten_data"));
    map.hole_bytes = 0;
    map.encoded_bytes = 11;
    EXPECT_THAT(ids_of(judge_extents(map, ".")), ElementsAre("transparent_compression"));
    EXPECT_THAT(judge_extents(ExtentMap{}, "."), IsEmpty());
}

}  // namespace
}  // namespace assay::storage
