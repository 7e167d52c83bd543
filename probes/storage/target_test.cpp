#include "probes/storage/target.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/statfs.h>

#include <fstream>

#include "probes/storage/file_fill.h"
#include "probes/storage/payload.h"
#include "probes/storage/test_file.h"

namespace assay::storage {
namespace {

constexpr long kTmpfsMagic = 0x01021994;

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(Target, on_tmpfs_is_refused_with_the_way_out) {
    struct statfs facts {};
    if (statfs("/dev/shm", &facts) != 0 || facts.f_type != kTmpfsMagic)
        GTEST_SKIP() << "/dev/shm is no tmpfs here";
    const auto target = open_file("/dev/shm");
    ASSERT_FALSE(target);
    EXPECT_EQ(target.error().kind, ErrorKind::unsupported);
    EXPECT_TRUE(
        contains(target.error().message, "tmpfs has no direct I/O; choose --path on a disk"))
        << target.error().message;
}

TEST(Target, that_does_not_exist_is_not_found) {
    EXPECT_EQ(open_file("no/such/folder").error().kind, ErrorKind::not_found);
    EXPECT_EQ(open_device("no/such/device").error().kind, ErrorKind::not_found);
}

TEST(Target, of_the_wrong_sort_is_a_usage_error_that_names_the_right_flag) {
    const std::string file = testing::TempDir() + "assay_target_test";
    std::ofstream(file) << "user's data";
    const auto as_path = open_file(file);
    EXPECT_EQ(as_path.error().kind, ErrorKind::usage);
    EXPECT_TRUE(contains(as_path.error().message, "not a folder"));
    const auto as_device = open_device(file);
    EXPECT_EQ(as_device.error().kind, ErrorKind::usage);
    EXPECT_TRUE(contains(as_device.error().message, "--path"));
    EXPECT_EQ(open_device("/dev/null").error().kind, ErrorKind::usage);
    std::remove(file.c_str());
}

TEST(Space, keeps_the_larger_of_ten_percent_and_two_gigabytes) {
    const Space large{500'000'000'000, 1'000'000'000'000};
    EXPECT_EQ(large.reserve_bytes(), 100'000'000'000u);
    EXPECT_EQ(large.usable_bytes(), 400'000'000'000u);
    const Space small{3'000'000'000, 10'000'000'000};
    EXPECT_EQ(small.reserve_bytes(), 2'000'000'000u);
    EXPECT_EQ(small.usable_bytes(), 1'000'000'000u);
    EXPECT_EQ((Space{1'999'999'999, 4'000'000'000}.usable_bytes()), 0u);
}

TEST(FileSize, shrinks_to_what_fits_unless_a_size_was_asked_for) {
    Settings settings;
    settings.cases = {{4096, 1, Batching::latency, 0, 1}};
    settings.size_bytes = kGiB;
    const Space roomy{10'000'000'000, 20'000'000'000};
    EXPECT_EQ(*file_bytes_of(settings, roomy), kGiB);
    // 100 000 000 B above the reserve hold 24 414 blocks of 4096 B.
    const Space tight{2'100'000'000, 20'000'000'000};
    EXPECT_EQ(*file_bytes_of(settings, tight), 24'414u * 4096);
    settings.size_given = true;
    EXPECT_EQ(file_bytes_of(settings, tight).error().kind, ErrorKind::no_space);
    settings.size_given = false;
    const Space full{2'016'000'000, 20'000'000'000};
    EXPECT_EQ(file_bytes_of(settings, full).error().kind, ErrorKind::no_space);
}

class FileFill : public testing::Test {
  protected:
    void SetUp() override {
        auto target = open_file(".");
        if (!target)
            GTEST_SKIP() << target.error().message;
        const auto space = space_of(*target);
        ASSERT_TRUE(space);
        if (space->usable_bytes() < 64 * kMiB)
            GTEST_SKIP() << "the working folder has less than 64 MiB above the reserve";
        target_ = std::move(*target);
        const auto now = std::chrono::steady_clock::now();
        request_ = {5 * kMiB, 3, 2, now + std::chrono::minutes(1), now + std::chrono::minutes(2),
                    {}};
    }
    Target target_;
    FillRequest request_;
};

TEST_F(FileFill, writes_a_payload_over_the_whole_file) {
    const auto filled = fill_file(std::move(target_), request_);
    ASSERT_TRUE(filled) << filled.error().message;
    EXPECT_EQ(filled->size_bytes, 5 * kMiB);
    EXPECT_EQ(lseek(filled->file.number(), 0, SEEK_END), static_cast<off_t>(5 * kMiB));
    // Direct I/O needs an aligned buffer, so the check reads through the page cache.
    ASSERT_EQ(fcntl(filled->file.number(), F_SETFL, 0), 0);
    std::vector<std::byte> data(5 * kMiB);
    ASSERT_EQ(pread(filled->file.number(), data.data(), data.size(), 0),
              static_cast<ssize_t>(data.size()));
    EXPECT_EQ(filled->payload->first_wrong_sector(data, 0), std::nullopt);
}

TEST_F(FileFill, makes_do_with_the_least_when_time_is_up) {
    request_.bytes = 32 * kMiB;
    request_.enough = std::chrono::steady_clock::now();
    const auto filled = fill_file(std::move(target_), request_);
    ASSERT_TRUE(filled) << filled.error().message;
    EXPECT_EQ(filled->size_bytes, 16 * kMiB);
    EXPECT_EQ(lseek(filled->file.number(), 0, SEEK_END), static_cast<off_t>(16 * kMiB));
}

TEST_F(FileFill, says_so_when_not_even_the_least_was_possible) {
    request_.deadline = request_.enough = std::chrono::steady_clock::now();
    EXPECT_EQ(fill_file(std::move(target_), request_).error().kind, ErrorKind::timed_out);
}

TEST_F(FileFill, stops_when_told_to) {
    std::stop_source stop;
    stop.request_stop();
    request_.stop = stop.get_token();
    EXPECT_EQ(fill_file(std::move(target_), request_).error().kind, ErrorKind::interrupted);
}

TEST_F(FileFill, leaves_the_file_without_a_name) {
    struct stat facts {};
    ASSERT_EQ(fstat(target_.file.number(), &facts), 0);
    EXPECT_EQ(facts.st_nlink, 0u);
}

}  // namespace
}  // namespace assay::storage
