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
// Each format's place and magic, from its own documentation. Formats with more to check stand below.
INSTANTIATE_TEST_SUITE_P(
    Formats, SignatureMagic,
    testing::Values(Magic{"btrfs", 65'600, "_BHRfS_M"sv},
                    Magic{"LVM1_member", 0, "HM\1\0"sv},
                    Magic{"crypto_LUKS", 0, "LUKS\xba\xbe\0\2"sv},
                    Magic{"crypto_LUKS", 0, "LUKS\xba\xbe\0\1"sv},
                    Magic{"crypto_LUKS", 16'384, "SKUL\xba\xbe\0\2"sv},
                    Magic{"f2fs", 1'024, "\x10\x20\xf5\xf2\1\0"sv},
                    Magic{"squashfs", 0, "hsqs\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\4\0\0\0"sv},
                    Magic{"iso9660", 32'768, "\1CD001\1"sv},
                    Magic{"ceph_bluestore", 0, "bluestore block device"sv},
                    Magic{"oracleasm", 32, "ORCLDISK"sv},
                    Magic{"drbd", kBytes - 4'096 + 0, ""sv},
                    Magic{"BitLocker", 0, "\xeb\x52\x90-FVE-FS-"sv},
                    Magic{"vmfs", 0, ""sv}));

}  // namespace
}  // namespace assay::host
