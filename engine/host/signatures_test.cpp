#include "engine/host/signatures.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <ostream>

#include "engine/core/units.h"

namespace assay::host {
namespace {

using testing::Contains;
using testing::IsEmpty;

constexpr std::uint64_t kBytes = 64 * kMiB;

/// A disk in memory.
class Image {
  public:
    explicit Image(std::uint64_t bytes = kBytes)
        : file_(memfd_create("assay_test_image", MFD_CLOEXEC)) {
        EXPECT_GE(file_, 0);
        EXPECT_EQ(ftruncate(file_, static_cast<off_t>(bytes)), 0);
    }
    Image(const Image&) = delete;
    ~Image() { close(file_); }
    int file() const { return file_; }
    void put(std::uint64_t at, std::string_view bytes) const {
        EXPECT_EQ(pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(at)),
                  std::ssize(bytes));
    }
    template <class Number>
    void put_number(std::uint64_t at, Number number) const {
        put(at, {reinterpret_cast<const char*>(&number), sizeof number});
    }
    std::vector<std::string> types() const {
        const auto found = signatures_of(file_, "an image");
        EXPECT_TRUE(found) << found.error().message;
        std::vector<std::string> types;
        if (found)
            for (const Signature& one : *found)
                types.push_back(one.type);
        return types;
    }

  private:
    int file_ = -1;
};

TEST(Signatures, of_zeroes_and_of_random_bytes_there_are_none) {
    const Image image;
    EXPECT_THAT(image.types(), IsEmpty());
    std::uint64_t state = 1;
    std::string noise(2 * kMiB, '\0');
    for (char& byte : noise) {
        state = state * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
        byte = static_cast<char>(state >> 56);
    }
    image.put(0, noise);
    image.put(kBytes - noise.size(), noise);
    EXPECT_THAT(image.types(), IsEmpty());
}

struct Magic {
    const char* type;
    std::uint64_t at;
    std::string_view bytes;
};
std::ostream& operator<<(std::ostream& out, const Magic& magic) {
    return out << magic.type;
}

class SignatureMagic : public testing::TestWithParam<Magic> {};

TEST_P(SignatureMagic, is_found_where_its_format_keeps_it) {
    const Image image;
    image.put(GetParam().at, GetParam().bytes);
    EXPECT_THAT(image.types(), Contains(GetParam().type));
}

using namespace std::string_view_literals;
// Each format's place and magic, as its own documentation tells them.
INSTANTIATE_TEST_SUITE_P(
    Formats, SignatureMagic,
    testing::Values(
        Magic{"btrfs", 65'600, "_BHRfS_M"sv}, Magic{"LVM1_member", 0, "HM\1\0"sv},
        Magic{"crypto_LUKS", 0, "LUKS\xba\xbe\0\2"sv},
        Magic{"crypto_LUKS", 0, "LUKS\xba\xbe\0\1"sv},
        Magic{"f2fs", 1'024, "\x10\x20\xf5\xf2\1\0"sv},
        Magic{"squashfs", 0, "hsqs\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\4\0\0\0"sv},
        Magic{"iso9660", 32'768, "\1CD001\1"sv}, Magic{"ext2", 1'080, "\x53\xef"sv},

        Magic{"linux_raid_member", kBytes - 64 * kKiB, "\xfc\x4e\x2b\xa9\0\0\0\0\x5a\0\0\0"sv},
        Magic{"ceph_bluestore", 0, "bluestore block device"sv},
        Magic{"dos partition table", 446,
              "\0\0\0\0\x83\0\0\0\0\x08\0\0\0\x10\0\0"
              "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
              "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x55\xaa"sv}));

TEST(Signatures, of_an_empty_partition_table_counts_too) {
    const Image image;
    image.put(510, "\x55\xaa"sv);
    EXPECT_THAT(image.types(), Contains("dos partition table"));
}

TEST(Signatures, of_an_array_are_found_at_the_start_and_at_the_end) {
    for (const auto& [at, minor_version] :
         {std::pair{kBytes - 8 * kKiB, 0}, std::pair{std::uint64_t{0}, 1},
          std::pair{4 * kKiB, 2}}) {
        const Image image;
        image.put(at, "\xfc\x4e\x2b\xa9\1\0\0\0"sv);
        image.put_number<std::uint64_t>(at + 144, at / 512);  // super_offset, in sectors
        EXPECT_THAT(image.types(), Contains("linux_raid_member")) << "1." << minor_version;
    }
}

TEST(Signatures, of_an_lvm_volume_are_found_with_a_wrong_checksum) {
    const Image image;
    image.put(512, "LABELONE"sv);
    image.put_number<std::uint64_t>(520, 1);   // its own sector
    image.put_number<std::uint32_t>(532, 32);  // offset of its content
    image.put(536, "LVM2 001"sv);
    EXPECT_THAT(image.types(), Contains("LVM2_member"));
}

TEST(Signatures, of_a_cache_are_found) {
    const Image image;
    image.put(4'120, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"sv);
    image.put_number<std::uint64_t>(4'104, 8);  // where the superblock stands, in sectors
    EXPECT_THAT(image.types(), Contains("bcache"));
}

TEST(Signatures, of_swap_are_found_at_the_end_of_its_first_page) {
    const Image image;
    image.put_number<std::uint32_t>(1'024, 1);       // version
    image.put_number<std::uint32_t>(1'028, 16'383);  // last page
    image.put(4'086, "SWAPSPACE2"sv);
    EXPECT_THAT(image.types(), Contains("swap"));
}

TEST(Signatures, of_zfs_are_found_in_every_one_of_its_four_labels) {
    constexpr std::uint64_t kLabel = 256 * kKiB, kUberblocks = 128 * kKiB;
    for (const std::uint64_t label :
         {std::uint64_t{0}, kLabel, kBytes - 2 * kLabel, kBytes - kLabel}) {
        const Image image;
        for (std::uint64_t block = 0; block < 8; ++block) {
            image.put_number<std::uint64_t>(label + kUberblocks + block * kKiB, 0x00bab10c);
            image.put_number<std::uint64_t>(label + kUberblocks + block * kKiB + 8, 5'000);
        }
        EXPECT_THAT(image.types(), Contains("zfs_member")) << "label at " << label;
    }
}

TEST(Signatures, of_several_kinds_on_one_device_are_all_told) {
    const Image image;
    image.put(1'080, "\x53\xef"sv);
    image.put(65'600, "_BHRfS_M"sv);
    image.put(510, "\x55\xaa"sv);
    EXPECT_THAT(image.types(),
                testing::UnorderedElementsAre("ext2", "btrfs", "dos partition table"));
}

TEST(Signatures, tell_where_the_magic_stands) {
    const Image image;
    image.put(1'080, "\x53\xef"sv);
    const auto found = signatures_of(image.file(), "an image");
    ASSERT_TRUE(found);
    EXPECT_THAT(*found, testing::ElementsAre(Signature{"ext2", 1'080, false}));
}

TEST(Signatures, are_not_claimed_to_be_absent_where_they_could_not_be_looked_for) {
    const Image tiny(kMiB);
    const auto of_tiny = signatures_of(tiny.file(), "a tiny image");
    ASSERT_FALSE(of_tiny);
    EXPECT_EQ(of_tiny.error().kind, ErrorKind::unsupported);
    const auto of_nothing = signatures_of(-1, "nothing");
    ASSERT_FALSE(of_nothing);
    const Image image;
    const int write_only =
        open(("/proc/self/fd/" + std::to_string(image.file())).c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_GE(write_only, 0);
    const auto of_unreadable = signatures_of(write_only, "an image");
    close(write_only);
    ASSERT_FALSE(of_unreadable);
    EXPECT_THAT(of_unreadable.error().message, testing::HasSubstr("will not be written"));
}

}  // namespace
}  // namespace assay::host
