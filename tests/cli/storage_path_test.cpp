#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include "tests/cli/assay_process.h"

/// Paths that cannot be measured: one clear sentence and the right status for each.
namespace assay::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> probe_words(const std::string& path) {
    return {"probe", "storage.random_read", "--path", path,     "--rounds",
            "3",     "--duration",          "50ms",   "--size", "8m"};
}

void expect_refusal(const Outcome& outcome, int status) {
    EXPECT_EQ(outcome.status, status) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, IsEmpty());
}

/// Runs `script` as root in a mount namespace of its own, so that its mounts vanish with it. $ASSAY
/// is the program, $1 a folder to mount on, $2 an image file of an empty ext4 filesystem.
Outcome run_on_image(const TempFolder& folder, const std::string& script) {
    const std::string image = folder.write("image", "");
    EXPECT_EQ(::truncate(image.c_str(), off_t{64} << 20), 0);
    const std::string mount_point = folder.file("mounted");
    ::mkdir(mount_point.c_str(), 0755);
    Invocation invocation;
    invocation.words = {"unshare",
                        "-m",
                        "--propagation",
                        "private",
                        "sh",
                        "-c",
                        "mkfs.ext4 -q \"$2\" && mkdir -p \"$1\" || exit 99\n" + script,
                        "sh",
                        mount_point,
                        image};
    invocation.environment.push_back("ASSAY=" ASSAY_BINARY);
    return run_program(invocation);
}

constexpr int kNoMount = 99;
const std::string kProbe =
    "\"$ASSAY\" probe storage.random_read --path \"$1\" --rounds 3 --duration 50ms --size 8m\n";

TEST(StoragePath, that_is_missing_is_unavailable) {
    const Outcome probe = run_assay(probe_words("/no/such/folder"));
    expect_refusal(probe, 69);
    EXPECT_THAT(probe.err, HasSubstr("/no/such/folder"));
    const Outcome run = run_assay({"run", "--profile", "smoke", "--path", "/no/such/folder"});
    expect_refusal(run, 69);
    EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
    EXPECT_LT(run.seconds, 5);
}

TEST(StoragePath, on_tmpfs_has_no_direct_io_and_a_way_out) {
    struct stat status {};
    if (::stat("/dev/shm", &status) != 0)
        GTEST_SKIP() << "no /dev/shm here";
    const Outcome outcome = run_assay(probe_words("/dev/shm"));
    expect_refusal(outcome, 69);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("tmpfs"), HasSubstr("--path")));
}

TEST(StoragePath, as_json_still_gives_the_document_of_what_was_skipped) {
    std::vector<std::string> words = probe_words("/dev/shm");
    words.emplace_back("--json");
    const Outcome outcome = run_assay(words);
    EXPECT_EQ(outcome.status, 69) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("\"skipped\""));
}

TEST(StoragePath, that_this_user_may_not_write_is_a_matter_of_permission) {
    if (!is_root())
        GTEST_SKIP() << "needs root to become another user";
    TempFolder folder;
    ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
    Invocation invocation = assay(probe_words(folder.path()));
    invocation.user = 65534;
    const Outcome outcome = run_program(invocation);
    if (outcome.status == 126 || outcome.status == 127)
        GTEST_SKIP() << "another user cannot reach the program here";
    expect_refusal(outcome, 77);
    EXPECT_THAT(outcome.err, HasSubstr(folder.path()));
}

TEST(StoragePath, that_is_read_only_is_a_matter_of_permission) {
    if (!is_root())
        GTEST_SKIP() << "needs root to mount";
    TempFolder folder;
    const Outcome outcome =
        run_on_image(folder, "mount -o loop,ro \"$2\" \"$1\" || exit 99\n" + kProbe);
    if (outcome.status == kNoMount)
        GTEST_SKIP() << "cannot mount here: " << outcome.err;
    expect_refusal(outcome, 77);
    EXPECT_THAT(outcome.err, HasSubstr("read-only"));
}

TEST(StoragePath, on_a_full_filesystem_is_unavailable_and_says_how_much_is_free) {
    if (!is_root())
        GTEST_SKIP() << "needs root to mount";
    TempFolder folder;
    const Outcome outcome = run_on_image(folder,
                                         "mount -o loop \"$2\" \"$1\" || exit 99\n"
                                         "dd if=/dev/zero of=\"$1/fill\" bs=1M 2>/dev/null\n" +
                                             kProbe);
    if (outcome.status == kNoMount)
        GTEST_SKIP() << "cannot mount here: " << outcome.err;
    expect_refusal(outcome, 69);
    EXPECT_THAT(outcome.err, HasSubstr("free"));
}

TEST(StoragePath, that_is_no_utf8_does_not_break_the_document) {
    TempFolder folder;
    const std::string odd = folder.file("\xff\xfe");
    ASSERT_EQ(::mkdir(odd.c_str(), 0755), 0);
    std::vector<std::string> words = probe_words(odd);
    words.emplace_back("--json");
    const Outcome outcome = run_assay(words);
    EXPECT_EQ(outcome.signal, 0);
    EXPECT_NE(outcome.status, 70) << outcome.err;
}

}  // namespace
}  // namespace assay::test
