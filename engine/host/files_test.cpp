#include "engine/host/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <system_error>

#include "engine/core/units.h"
#include "engine/host/fixture_trees.h"

namespace assay::host {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FilesTest : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "/assay_files_XXXXXX";
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        root_ = pattern;
    }
    void TearDown() override {
        std::error_code error;
        std::filesystem::remove_all(root_, error);
    }
    Files with(const std::string& name, const std::string& content) const {
        std::ofstream(root_ / name, std::ios::binary) << content;
        return Files(root_);
    }
    std::filesystem::path root_;
};

TEST_F(FilesTest, stay_under_the_root_even_for_a_path_with_a_leading_slash) {
    EXPECT_EQ(Files("/").absolute("proc/stat"), "/proc/stat");
    EXPECT_EQ(Files("/tree").absolute("/proc/stat"), "/tree/proc/stat");
    EXPECT_EQ(Files("/tree").absolute("//proc"), "/tree/proc");
}

TEST_F(FilesTest, read_the_whole_text_as_it_is) {
    const std::string text("a\0b\n\xFF", 5);
    EXPECT_EQ(with("f", text).read("f"), text);
    EXPECT_EQ(with("empty", "").read("empty"), "");
}

TEST_F(FilesTest, refuse_more_than_4_mib) {
    EXPECT_EQ(with("most", std::string(4 * kMiB, 'x')).read("most")->size(), 4 * kMiB);
    EXPECT_EQ(with("more", std::string(4 * kMiB + 1, 'x')).read("more"), std::nullopt);
}

TEST_F(FilesTest, read_nothing_from_what_is_no_file) {
    const Files files(root_);
    EXPECT_EQ(files.read("missing"), std::nullopt);
    EXPECT_EQ(files.read(""), std::nullopt);  // the folder itself
    ASSERT_EQ(mkfifo((root_ / "fifo").c_str(), S_IRUSR | S_IWUSR), 0);
    EXPECT_EQ(files.read("fifo"), std::nullopt);  // and does not wait for a writer
}

TEST_F(FilesTest, trim_the_first_line) {
    EXPECT_EQ(with("l", "  two words \t\nmore\n").read_line("l"), "two words");
    EXPECT_EQ(with("l", "\nmore").read_line("l"), "");
    EXPECT_EQ(with("l", "").read_line("l"), "");
    EXPECT_EQ(with("l", "\xFF\n").read_line("l"), std::nullopt);
    EXPECT_EQ(Files(root_).read_line("missing"), std::nullopt);
}

TEST_F(FilesTest, take_an_integer_only_if_it_is_the_whole_line) {
    EXPECT_EQ(with("n", " -17 \n").read_integer("n"), -17);
    EXPECT_EQ(with("n", "9223372036854775807\n").read_integer("n"), INT64_MAX);
    for (const char* text : {"", "x", "1 2", "1.5", "9223372036854775808", "0x10", "7kB"})
        EXPECT_EQ(with("n", text).read_integer("n"), std::nullopt) << text;
}

TEST_F(FilesTest, list_names_in_order) {
    with("b", "");
    const Files files = with("a", "");
    EXPECT_THAT(files.list(""), ElementsAre("a", "b"));
    EXPECT_THAT(files.list("a"), IsEmpty());
    EXPECT_THAT(files.list("missing"), IsEmpty());
}

TEST_F(FilesTest, tell_where_a_link_points) {
    const Files files = with("a", "");
    std::filesystem::create_symlink("../else/where", root_ / "link");
    EXPECT_EQ(files.link_target("link"), "../else/where");
    EXPECT_EQ(files.link_target("a"), std::nullopt);
    EXPECT_EQ(files.link_target("missing"), std::nullopt);
    EXPECT_TRUE(files.exists("a"));
    EXPECT_FALSE(files.exists("link"));  // it dangles
}

TEST(FilesLive, read_procfs_which_tells_no_sizes) {
    const Files files;
    ASSERT_TRUE(files.read("proc/self/stat"));
    EXPECT_GT(files.read("proc/self/stat")->size(), 20u);
}

TEST(FilesBroken, take_a_folder_where_a_file_should_be_for_nothing) {
    EXPECT_EQ(fixture("broken").read("proc/swaps"), std::nullopt);
}

}  // namespace
}  // namespace assay::host
