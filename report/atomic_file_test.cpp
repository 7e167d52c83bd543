#include "report/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace assay::report {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string content_of(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

void put(const fs::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
}

class AtomicFile : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "assay_atomic_XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override {
        umount2(folder_.c_str(), MNT_DETACH);
        fs::remove_all(folder_);
    }

    /// Puts a small tmpfs over the folder, in a mount namespace of this test's process: it vanishes
    /// with the process, however that ends. False where the user may not.
    bool mount_over_folder(unsigned long flags, const char* options) {
        return unshare(CLONE_NEWNS) == 0 &&
               mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               mount("tmpfs", folder_.c_str(), "tmpfs", flags, options) == 0;
    }

    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator(folder_))
            found.push_back(entry.path().filename());
        std::ranges::sort(found);
        return found;
    }

    fs::path folder_;
};

TEST_F(AtomicFile, writes_a_new_file_and_leaves_nothing_else) {
    for (const auto kind : {TemporaryKind::unnamed, TemporaryKind::named}) {
        const std::string content(3'000'000, 'x');
        ASSERT_TRUE(write_file_atomically(folder_ / "a.json", content, kind));
        EXPECT_EQ(content_of(folder_ / "a.json"), content);
        EXPECT_THAT(names(), ElementsAre("a.json"));
        fs::remove(folder_ / "a.json");
    }
}

TEST_F(AtomicFile, writes_an_empty_file) {
    ASSERT_TRUE(write_file_atomically(folder_ / "empty", ""));
    EXPECT_EQ(fs::file_size(folder_ / "empty"), 0u);
}

TEST_F(AtomicFile, replaces_a_file_and_keeps_its_permissions) {
    for (const auto kind : {TemporaryKind::unnamed, TemporaryKind::named}) {
        put(folder_ / "a.json", "old");
        ASSERT_EQ(chmod((folder_ / "a.json").c_str(), 0640), 0);
        ASSERT_TRUE(write_file_atomically(folder_ / "a.json", "new", kind));
        EXPECT_EQ(content_of(folder_ / "a.json"), "new");
        EXPECT_EQ(fs::status(folder_ / "a.json").permissions(), fs::perms(0640));
        EXPECT_THAT(names(), ElementsAre("a.json"));
    }
}

TEST_F(AtomicFile, obeys_the_umask_for_a_new_file) {
    const mode_t before = umask(027);
    ASSERT_TRUE(write_file_atomically(folder_ / "a", "x", TemporaryKind::unnamed));
    ASSERT_TRUE(write_file_atomically(folder_ / "b", "x", TemporaryKind::named));
    umask(before);
    EXPECT_EQ(fs::status(folder_ / "a").permissions(), fs::perms(0640));
    EXPECT_EQ(fs::status(folder_ / "b").permissions(), fs::perms(0640));
}

TEST_F(AtomicFile, replaces_what_a_link_points_to_and_not_the_link) {
    put(folder_ / "real.json", "old");
    fs::create_symlink("real.json", folder_ / "link.json");
    ASSERT_TRUE(write_file_atomically(folder_ / "link.json", "new"));
    EXPECT_TRUE(fs::is_symlink(folder_ / "link.json"));
    EXPECT_EQ(content_of(folder_ / "real.json"), "new");
}

TEST_F(AtomicFile, refuses_what_is_no_regular_file) {
    fs::create_symlink("nowhere", folder_ / "dangling");
    ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
    for (const fs::path& path : {fs::path("/dev/null"), folder_, folder_ / "", folder_ / ".",
                                 folder_ / "dangling", folder_ / "pipe", fs::path("")}) {
        for (const auto& result : {write_file_atomically(path, "x"), check_writable(path)}) {
            ASSERT_FALSE(result) << path;
            EXPECT_EQ(result.error().kind, ErrorKind::cannot_create) << path;
        }
    }
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(AtomicFile, says_that_the_folder_is_missing) {
    for (const auto& result : {write_file_atomically(folder_ / "no" / "a.json", "x"),
                               check_writable(folder_ / "no" / "a.json")}) {
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().kind, ErrorKind::cannot_create);
        EXPECT_THAT(result.error().message,
                    HasSubstr("No such file or directory; make the folder"));
    }
}

TEST_F(AtomicFile, says_that_the_name_is_too_long) {
    const auto result = check_writable(folder_ / std::string(300, 'n'));
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("choose a shorter name"));
}

TEST_F(AtomicFile, says_that_the_filesystem_is_full_and_keeps_the_old_file) {
    if (!mount_over_folder(0, "size=64k"))
        GTEST_SKIP() << "mounting a tmpfs needs root";
    put(folder_ / "a.json", "old");
    for (const auto kind : {TemporaryKind::unnamed, TemporaryKind::named}) {
        const auto result =
            write_file_atomically(folder_ / "a.json", std::string(200'000, 'x'), kind);
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().kind, ErrorKind::cannot_create);
        EXPECT_EQ(result.error().system_errno, ENOSPC);
        EXPECT_THAT(result.error().message, HasSubstr("No space left on device; free some space"));
        EXPECT_EQ(content_of(folder_ / "a.json"), "old");
        EXPECT_THAT(names(), ElementsAre("a.json"));
    }
    EXPECT_TRUE(check_writable(folder_ / "b.json"));
    put(folder_ / "filler", std::string(60'000, 'x'));
    EXPECT_FALSE(check_writable(folder_ / "b.json"));
    EXPECT_THAT(names(), ElementsAre("a.json", "filler"));
}

TEST_F(AtomicFile, says_that_no_more_names_fit) {
    // Two inodes in all: the root folder and one file.
    if (!mount_over_folder(0, "size=1m,nr_inodes=2"))
        GTEST_SKIP() << "mounting a tmpfs needs root";
    put(folder_ / "a.json", "old");
    const auto result = write_file_atomically(folder_ / "b.json", "new");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().system_errno, ENOSPC);
    EXPECT_EQ(content_of(folder_ / "a.json"), "old");
}

TEST_F(AtomicFile, says_that_the_folder_is_read_only) {
    if (!mount_over_folder(MS_RDONLY, "size=64k"))
        GTEST_SKIP() << "mounting a tmpfs needs root";
    for (const auto& result :
         {write_file_atomically(folder_ / "a.json", "x"), check_writable(folder_ / "a.json")}) {
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().kind, ErrorKind::cannot_create);
        EXPECT_THAT(result.error().message, HasSubstr("choose a folder that you may write to"));
    }
    EXPECT_THAT(names(), IsEmpty());
}

TEST_F(AtomicFile, checks_without_leaving_anything) {
    put(folder_ / "a.json", "old");
    ASSERT_TRUE(check_writable(folder_ / "a.json"));
    ASSERT_TRUE(check_writable(folder_ / "b.json"));
    EXPECT_EQ(content_of(folder_ / "a.json"), "old");
    EXPECT_THAT(names(), ElementsAre("a.json"));
}

}  // namespace
}  // namespace assay::report
