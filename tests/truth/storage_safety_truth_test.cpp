#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/btrfs.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>

#include "engine/core/units.h"
#include "engine/host/counters.h"
#include "engine/host/device_identity.h"
#include "engine/host/device_use.h"
#include "engine/host/host.h"
#include "probes/storage/access_probes.h"
#include "probes/storage/writable_device.h"
#include "tests/support/loop_device.h"
#include "tests/support/program.h"

/// Devices that must not be overwritten: each is refused with its reason, and not a byte of it
/// changes.
namespace assay::storage {
namespace {

using test::LoopDevice;
using test::MountedExt4;
using test::run_program;
using testing::HasSubstr;

constexpr std::uint64_t kBytes = 64 * kMiB;

#define MAKE_OR_SKIP(name, expression)               \
    auto name##_made = (expression);                 \
    if (!name##_made)                                \
        GTEST_SKIP() << name##_made.error().message; \
    auto name = std::move(*name##_made)

#define RUN_OR_SKIP(...)                                   \
    if (const auto ran = run_program({__VA_ARGS__}); !ran) \
    GTEST_SKIP() << ran.error().message

struct Numbers {
    unsigned major_number = 0, minor_number = 0;
};

Numbers numbers_of(const std::string& path) {
    struct stat facts {};
    if (stat(path.c_str(), &facts) != 0)
        return {};
    return {major(facts.st_rdev), minor(facts.st_rdev)};
}

/// The right word for a device, so that only the reason under test can refuse it.
std::string word_of(const std::string& path) {
    const Numbers numbers = numbers_of(path);
    const auto device =
        host::device_of_number(host::Files(), numbers.major_number, numbers.minor_number);
    return device ? host::identity_of(host::Files(), *device).text : "no device";
}

std::uint64_t sectors_written(const std::string& path) {
    const Numbers numbers = numbers_of(path);
    const auto counters =
        host::read_disk_counters(host::Files(), numbers.major_number, numbers.minor_number);
    return counters ? counters->sectors_written : 0;
}

std::uint64_t checksum_of(const LoopDevice& loop) {
    const auto sum = loop.checksum();
    EXPECT_TRUE(sum) << sum.error().message;
    return sum.value_or(0);
}

class StorageSafety : public testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0)
            GTEST_SKIP() << "loop devices and mounts need root";
        std::string folder = "/tmp/assay_test_safety_XXXXXX";
        ASSERT_NE(mkdtemp(folder.data()), nullptr);
        folder_ = folder;
    }
    void TearDown() override {
        if (!folder_.empty())
            std::filesystem::remove_all(folder_);
    }

    /// `path` is a name of what lies on `loop`. It must be refused with `kind` and every one of
    /// `words`, and not a byte and not a write may have reached the device.
    static void expect_refused(const LoopDevice& loop, const std::string& path,
                               const std::vector<std::string>& words,
                               ErrorKind kind = ErrorKind::unavailable) {
        const std::uint64_t before = checksum_of(loop);
        const std::uint64_t written = sectors_written(loop.path());
        const auto opened = open_for_destruction(host::Files(), path, word_of(path));
        ASSERT_FALSE(opened) << path << " was accepted";
        EXPECT_EQ(opened.error().kind, kind) << opened.error().message;
        for (const std::string& word : words)
            EXPECT_THAT(opened.error().message, HasSubstr(word));
        const auto asked = may_destroy(host::Files(), path, word_of(path));
        ASSERT_FALSE(asked) << path << " was accepted by the read-only checks";
        EXPECT_EQ(asked.error().message, opened.error().message);
        EXPECT_EQ(sectors_written(loop.path()), written);
        EXPECT_EQ(checksum_of(loop), before) << "bytes of " << path << " changed";
    }

    static void write_at(const std::string& path, std::uint64_t offset, std::string_view bytes) {
        const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
        ASSERT_GE(file, 0) << path;
        EXPECT_EQ(pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset)),
                  std::ssize(bytes));
        EXPECT_EQ(fsync(file), 0);
        close(file);
    }

    static std::string name_of(const LoopDevice& loop) { return loop.path().substr(5); }

    std::string folder_;
};

TEST_F(StorageSafety, a_blank_device_named_rightly_is_opened_and_held) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    ASSERT_TRUE(loop.fill());  // random content says nothing
    const std::uint64_t before = checksum_of(loop);
    const std::uint64_t written = sectors_written(loop.path());
    EXPECT_EQ(word_of(loop.path()), "no-serial:7:" + std::to_string(loop.minor()) + ":67108864");
    ASSERT_TRUE(may_destroy(host::Files(), loop.path(), word_of(loop.path())));
    auto opened = open_for_destruction(host::Files(), loop.path(), word_of(loop.path()));
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(sectors_written(loop.path()), written) << "opening wrote";
    EXPECT_EQ(checksum_of(loop), before) << "opening wrote";
    EXPECT_EQ(opened->target.size_bytes, kBytes);
    EXPECT_EQ(opened->target.align_bytes, 512u);
    EXPECT_EQ(opened->target.kind, TargetKind::device);
    const int flags = fcntl(opened->target.file.number(), F_GETFL);
    EXPECT_EQ(flags & O_ACCMODE, O_RDWR);
    EXPECT_EQ(flags & O_DIRECT, O_DIRECT);
    // Nobody else can take it meanwhile: neither a second run, nor a mount, nor an exclusive user.
    EXPECT_FALSE(open_for_destruction(host::Files(), loop.path(), word_of(loop.path())));
    EXPECT_EQ(open(loop.path().c_str(), O_RDWR | O_EXCL | O_CLOEXEC), -1);
    EXPECT_EQ(errno, EBUSY);
    alignas(4096) static std::array<char, 4096> block;
    block.fill('x');
    EXPECT_EQ(pwrite(opened->target.file.number(), block.data(), block.size(), 0), 4096);
    EXPECT_NE(checksum_of(loop), before);
    EXPECT_GT(sectors_written(loop.path()), written) << "the counter does not see writes";
    opened->target.file = Fd();
}

TEST_F(StorageSafety, a_wrong_word_is_refused_with_the_way_to_the_right_one) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    const std::uint64_t written = sectors_written(loop.path());
    for (const std::string& word :
         {std::string(), std::string("force"), word_of(loop.path()) + "0", loop.path()}) {
        const auto opened = open_for_destruction(host::Files(), loop.path(), word);
        ASSERT_FALSE(opened) << word;
        EXPECT_EQ(opened.error().kind, ErrorKind::usage);
        EXPECT_THAT(opened.error().message, HasSubstr(word_of(loop.path())));
    }
    EXPECT_EQ(sectors_written(loop.path()), written);
}

TEST_F(StorageSafety, case_1_a_mounted_device) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    MAKE_OR_SKIP(mounted, MountedExt4::create(loop.path(), MountedExt4::Mode::read_write));
    sync();
    expect_refused(loop, loop.path(), {name_of(loop) + " is mounted on " + mounted.folder()});
}

TEST_F(StorageSafety, case_2_the_whole_disk_and_a_neighbour_of_a_mounted_partition) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    RUN_OR_SKIP("sh", "-c",
                "printf '2048,65536\n67584,\n' | sfdisk --quiet --no-reread --no-tell-kernel " +
                    loop.path());
    MAKE_OR_SKIP(first, loop.add_partition(1, kMiB, 32 * kMiB));
    MAKE_OR_SKIP(second, loop.add_partition(2, 33 * kMiB, 31 * kMiB));
    MAKE_OR_SKIP(mounted, MountedExt4::create(first, MountedExt4::Mode::read_write));
    sync();
    const std::string name = name_of(loop);
    expect_refused(loop, loop.path(),
                   {name + "p1, a partition of " + name + ", is mounted on " + mounted.folder(),
                    name + " is divided into partitions (" + name + "p1, " + name + "p2)"});
    expect_refused(loop, first, {name + "p1 is mounted on"});
    // The partition beside it is nobody's.
    const auto free_one = open_for_destruction(host::Files(), second, word_of(second));
    EXPECT_TRUE(free_one) << free_one.error().message;
}

TEST_F(StorageSafety, case_2_a_partition_table_that_the_kernel_has_not_read) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    for (const auto& [label, type] : {std::pair{"dos", "dos partition table (at byte 510)"},
                                      std::pair{"gpt", "gpt partition table (at byte 512)"}}) {
        RUN_OR_SKIP("sh", "-c",
                    "printf '2048,\n' | sfdisk --quiet --wipe always --no-reread --no-tell-kernel "
                    "--label " +
                        std::string(label) + " " + loop.path());
        expect_refused(loop, loop.path(), {"something lies on it", type, "wipefs --all"});
    }
    // The table at the end is there still when the one at the start is overwritten.
    write_at(loop.path(), 0, std::string(kMiB, '\0'));
    expect_refused(loop, loop.path(),
                   {"gpt partition table (at byte " + std::to_string(kBytes - 512) + ")"});
}

TEST_F(StorageSafety, case_3_other_names_of_a_mounted_device) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    MAKE_OR_SKIP(mounted, MountedExt4::create(loop.path(), MountedExt4::Mode::read_write));
    sync();
    const std::string link = folder_ + "/by-id-disk", chain = folder_ + "/link-to-link",
                      node = folder_ + "/node";
    ASSERT_EQ(symlink(loop.path().c_str(), link.c_str()), 0);
    ASSERT_EQ(symlink("by-id-disk", chain.c_str()), 0);
    ASSERT_EQ(mknod(node.c_str(), S_IFBLK | 0600, makedev(loop.major(), loop.minor())), 0);
    for (const std::string& name : {link, chain, node})
        expect_refused(loop, name, {name, name_of(loop) + " is mounted on " + mounted.folder()});
}

TEST_F(StorageSafety, case_3_a_mount_by_another_name_is_seen_too) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    const std::string node = folder_ + "/node";
    ASSERT_EQ(mknod(node.c_str(), S_IFBLK | 0600, makedev(loop.major(), loop.minor())), 0);
    MAKE_OR_SKIP(mounted, MountedExt4::create(node, MountedExt4::Mode::read_only));
    sync();
    expect_refused(loop, loop.path(), {"is mounted on " + mounted.folder()});
}

TEST_F(StorageSafety, case_4_and_5_the_labels_of_lvm_and_arrays) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    std::string lvm(512, '\0');
    lvm.replace(0, 8, "LABELONE");
    lvm[8] = 1;    // the label's own sector
    lvm[20] = 32;  // offset of its content
    lvm.replace(24, 8, "LVM2 001");
    write_at(loop.path(), 512, lvm);
    expect_refused(loop, loop.path(), {"LVM2_member"});
    write_at(loop.path(), 512, std::string(512, '\0'));

    // Superblock 1.2 of a Linux array, 4 KiB from the start; its super_offset is in sectors.
    std::string array(256, '\0');
    array.replace(0, 4, "\xfc\x4e\x2b\xa9");
    array[4] = 1;
    array[144] = 8;
    write_at(loop.path(), 4096, array);
    expect_refused(loop, loop.path(), {"linux_raid_member"});
}

// With its label at the end of the disk, a mirror's member shows the mirror's partitions as its
// own.
TEST_F(StorageSafety, case_5_a_partition_inside_an_array_that_is_not_running) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    MAKE_OR_SKIP(partition, loop.add_partition(1, kMiB, 32 * kMiB));
    EXPECT_TRUE(may_destroy(host::Files(), partition, word_of(partition)));
    constexpr std::uint64_t kLabel = kBytes - 8 * kKiB;
    std::string array(256, '\0');
    array.replace(0, 4, "\xfc\x4e\x2b\xa9");
    array[4] = 1;
    const std::uint64_t sector = kLabel / 512;
    std::memcpy(array.data() + 144, &sector, sizeof sector);
    write_at(loop.path(), kLabel, array);
    expect_refused(loop, partition,
                   {"something lies on its whole disk " + loop.path() + ": linux_raid_member"});
}

TEST_F(StorageSafety, case_7_swap) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    RUN_OR_SKIP("mkswap", "--quiet", loop.path());
    sync();
    expect_refused(loop, loop.path(), {"something lies on it: swap"});
    if (swapon(loop.path().c_str(), 0) != 0)
        GTEST_SKIP() << "this kernel takes no swap on a loop device: " << strerror(errno);
    expect_refused(loop, loop.path(), {name_of(loop) + " is used as swap"});
    EXPECT_EQ(swapoff(loop.path().c_str()), 0);
}

TEST_F(StorageSafety, case_8_a_device_under_a_loop_device) {
    MAKE_OR_SKIP(lower, LoopDevice::create(kBytes));
    MAKE_OR_SKIP(upper, LoopDevice::over(lower.path()));
    expect_refused(lower, lower.path(), {name_of(lower) + " is what " + name_of(upper)});
    // The upper one is free as long as nobody uses what is under it.
    {
        const auto opened =
            open_for_destruction(host::Files(), upper.path(), word_of(upper.path()));
        EXPECT_TRUE(opened) << opened.error().message;
    }
    MAKE_OR_SKIP(mounted, MountedExt4::create(lower.path(), MountedExt4::Mode::read_only));
    sync();
    expect_refused(lower, upper.path(),
                   {name_of(lower) + ", on which " + name_of(upper) + " stands, is mounted on"});
}

TEST_F(StorageSafety, case_8_two_loop_devices_over_one_file) {
    const std::string file = folder_ + "/disk", other_name = folder_ + "/hard_link";
    { const Fd made(open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)); }
    ASSERT_EQ(truncate(file.c_str(), static_cast<off_t>(kBytes)), 0);
    ASSERT_EQ(link(file.c_str(), other_name.c_str()), 0);
    MAKE_OR_SKIP(one, LoopDevice::over(file));
    MAKE_OR_SKIP(other, LoopDevice::over(other_name));
    MAKE_OR_SKIP(mounted, MountedExt4::create(one.path(), MountedExt4::Mode::read_only));
    sync();
    expect_refused(one, other.path(),
                   {name_of(one) + ", which stands on the same file as " + name_of(other) +
                    ", is mounted on"});
}

/// A child that does `work` and then keeps what it did until destroyed.
class Keeper {
  public:
    template <class Work>
    explicit Keeper(Work&& work) {
        std::array<int, 2> ready{}, leave{};
        if (pipe2(ready.data(), O_CLOEXEC) != 0 || pipe2(leave.data(), O_CLOEXEC) != 0)
            return;
        child_ = fork();
        if (child_ == 0) {
            close(leave[1]);
            const char done = work() ? 'y' : 'n';
            char end = 0;
            if (write(ready[1], &done, 1) == 1)
                (void)!read(leave[0], &end, 1);
            _exit(0);
        }
        close(leave[0]);
        close(ready[1]);
        leave_ = leave[1];
        pollfd answer{ready[0], POLLIN, 0};
        char done = 'n';
        worked_ = poll(&answer, 1, 10'000) == 1 && read(ready[0], &done, 1) == 1 && done == 'y';
        close(ready[0]);
    }
    ~Keeper() {
        if (leave_ >= 0)
            close(leave_);
        int status = 0;
        if (child_ > 0)
            (void)waitpid(child_, &status, 0);
    }
    bool worked() const { return worked_; }
    pid_t id() const { return child_; }

  private:
    pid_t child_ = -1;
    int leave_ = -1;
    bool worked_ = false;
};

TEST_F(StorageSafety, case_9_a_mount_that_only_another_namespace_sees) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    RUN_OR_SKIP("mkfs.ext4", "-q", "-F", loop.path());
    const Keeper keeper([&] {
        return unshare(CLONE_NEWNS) == 0 &&
               mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               mount(loop.path().c_str(), folder_.c_str(), "ext4", MS_NOATIME, "") == 0;
    });
    if (!keeper.worked())
        GTEST_SKIP() << "a child cannot mount in a namespace of its own here";
    sync();
    expect_refused(loop, loop.path(),
                   {name_of(loop) + " is mounted on " + folder_ +
                    " in the mount namespace of process " + std::to_string(keeper.id())});
}

// No table shows it any more, and no signature is left: only the kernel's own claim speaks.
TEST_F(StorageSafety, case_9_a_filesystem_that_was_detached_but_is_still_in_use) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    MAKE_OR_SKIP(mounted, MountedExt4::create(loop.path(), MountedExt4::Mode::read_only));
    const Fd file(open(mounted.folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(file.is_open());
    ASSERT_EQ(umount2(mounted.folder().c_str(), MNT_DETACH), 0);
    write_at(loop.path(), 0, std::string(kMiB, '\0'));
    const std::uint64_t before = checksum_of(loop), written = sectors_written(loop.path());
    const auto opened = open_for_destruction(host::Files(), loop.path(), word_of(loop.path()));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, ErrorKind::unavailable);
    EXPECT_THAT(opened.error().message, HasSubstr("the kernel says that it, or a part of it, is"));
    EXPECT_EQ(sectors_written(loop.path()), written);
    EXPECT_EQ(checksum_of(loop), before);
}

TEST_F(StorageSafety, case_10_the_second_device_of_a_btrfs) {
    MAKE_OR_SKIP(first, LoopDevice::create(256 * kMiB));
    MAKE_OR_SKIP(second, LoopDevice::create(256 * kMiB));
    RUN_OR_SKIP("mkfs.btrfs", "--quiet", "--force", first.path(), second.path());
    ASSERT_EQ(unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    const std::string devices = "device=" + second.path();
    if (mount(first.path().c_str(), folder_.c_str(), "btrfs", MS_RDONLY, devices.c_str()) != 0)
        GTEST_SKIP() << "this kernel mounts no btrfs: " << strerror(errno);
    sync();
    const std::string member = " is a device of the mounted btrfs ";
    expect_refused(second, second.path(), {name_of(second) + member});
    expect_refused(first, first.path(), {name_of(first) + member, "is mounted on " + folder_});
    EXPECT_EQ(umount2(folder_.c_str(), MNT_DETACH), 0);
}

TEST_F(StorageSafety, case_11_a_filesystem_that_nobody_mounts) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    RUN_OR_SKIP("mkfs.ext4", "-q", "-F", loop.path());
    sync();
    expect_refused(loop, loop.path(),
                   {"something lies on it: ext4 (at byte 1080)", "wipefs --all"});
    RUN_OR_SKIP("wipefs", "--quiet", "--all", loop.path());
    EXPECT_TRUE(open_for_destruction(host::Files(), loop.path(), word_of(loop.path())));
}

// A test file needs a reserve that this filesystem does not have: nothing may be written into it.
TEST_F(StorageSafety, case_12_a_filesystem_without_space) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    MAKE_OR_SKIP(mounted, MountedExt4::create(loop.path(), MountedExt4::Mode::read_write));
    sync();
    const std::uint64_t written = sectors_written(loop.path());
    const auto host = host::inspect_host(host::Files());
    ASSERT_TRUE(host) << host.error().message;
    const RunContext context{
        *host, {}, std::chrono::steady_clock::now() + std::chrono::seconds(10), kGiB};
    Request request;
    request.values["path"] = mounted.folder();
    const auto workload = kRandomRead.prepare(context, request);
    ASSERT_FALSE(workload);
    EXPECT_EQ(workload.error().kind, ErrorKind::no_space) << workload.error().message;
    sync();
    // The empty unnamed file took an inode and gave it back: a few blocks of the filesystem's own.
    EXPECT_LE(sectors_written(loop.path()) - written, 64u) << "more than bookkeeping was written";
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(mounted.folder()), {}), 1)
        << "something besides lost+found is left";
}

TEST_F(StorageSafety, what_cannot_be_read_is_not_overwritten) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    ASSERT_TRUE(loop.truncate_backing(32 * kMiB));
    const std::uint64_t written = sectors_written(loop.path());
    const auto opened = open_for_destruction(host::Files(), loop.path(), word_of(loop.path()));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, ErrorKind::io);
    EXPECT_THAT(opened.error().message, HasSubstr("what is on it is unknown"));
    EXPECT_EQ(sectors_written(loop.path()), written);
}

TEST_F(StorageSafety, a_write_protected_device) {
    const std::string file = folder_ + "/disk";
    { const Fd made(open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)); }
    ASSERT_EQ(truncate(file.c_str(), static_cast<off_t>(kBytes)), 0);
    MAKE_OR_SKIP(loop, LoopDevice::over(file, LoopDevice::Access::read_only));
    expect_refused(loop, loop.path(), {name_of(loop) + " is write-protected"});
}

TEST_F(StorageSafety, a_device_that_another_program_has_locked) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    const std::uint64_t written = sectors_written(loop.path());
    const Fd other(open(loop.path().c_str(), O_RDWR | O_CLOEXEC));
    struct flock range {};
    range.l_type = F_RDLCK;
    range.l_whence = SEEK_SET;
    range.l_start = 100;
    range.l_len = 1;
    ASSERT_EQ(fcntl(other.number(), F_OFD_SETLK, &range), 0);
    const auto opened = open_for_destruction(host::Files(), loop.path(), word_of(loop.path()));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, ErrorKind::unavailable);
    EXPECT_THAT(opened.error().message, HasSubstr("locked"));
    EXPECT_EQ(sectors_written(loop.path()), written);
}

TEST_F(StorageSafety, a_device_that_another_program_may_write) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    const Keeper keeper([&] {
        return open(loop.path().c_str(), O_WRONLY | O_CLOEXEC) >= 0;  // kept until it is ended
    });
    ASSERT_TRUE(keeper.worked());
    expect_refused(
        loop, loop.path(),
        {name_of(loop) + " is open for writing in process " + std::to_string(keeper.id())});
}

TEST_F(StorageSafety, a_program_that_only_reads_does_no_harm) {
    // It starts before the device exists, so that it has no copy of our own descriptors.
    std::array<int, 2> path{}, ready{};
    ASSERT_EQ(pipe2(path.data(), O_CLOEXEC), 0);
    ASSERT_EQ(pipe2(ready.data(), O_CLOEXEC), 0);
    const Fd path_reads(path[0]), ready_reads(ready[0]);
    Fd path_writes(path[1]), ready_writes(ready[1]);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        path_writes = Fd();
        std::array<char, 64> name{};
        const bool opened = read(path[0], name.data(), name.size() - 1) > 0 &&
                            open(name.data(), O_RDONLY | O_CLOEXEC) >= 0;
        const char answer = opened ? 'y' : 'n';
        (void)!write(ready[1], &answer, 1);
        (void)!read(path[0], name.data(), 1);
        _exit(0);
    }
    ready_writes = Fd();
    {
        MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
        ASSERT_EQ(write(path[1], loop.path().data(), loop.path().size()), std::ssize(loop.path()));
        char answer = 'n';
        ASSERT_EQ(read(ready[0], &answer, 1), 1);
        EXPECT_EQ(answer, 'y');
        const auto opened = open_for_destruction(host::Files(), loop.path(), word_of(loop.path()));
        EXPECT_TRUE(opened) << opened.error().message;
    }
    path_writes = Fd();
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
}

TEST_F(StorageSafety, somebody_without_rights_may_not) {
    MAKE_OR_SKIP(loop, LoopDevice::create(kBytes));
    const std::string word = word_of(loop.path());
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        constexpr uid_t kNobody = 65534;
        if (setuid(kNobody) != 0)
            _exit(2);
        const auto opened = open_for_destruction(host::Files(), loop.path(), word);
        _exit(!opened && opened.error().kind == ErrorKind::permission ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(StorageSafety, what_is_no_block_device) {
    const std::string file = folder_ + "/file";
    { const Fd made(open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)); }
    for (const auto& [path, kind] :
         {std::pair{file, ErrorKind::usage}, std::pair{std::string("/dev/null"), ErrorKind::usage},
          std::pair{folder_, ErrorKind::usage},
          std::pair{folder_ + "/missing", ErrorKind::not_found}}) {
        const auto opened = open_for_destruction(host::Files(), path, "any");
        ASSERT_FALSE(opened) << path;
        EXPECT_EQ(opened.error().kind, kind) << opened.error().message;
    }
}

// The machine's own root: the case that must never go wrong. Only the checks that cannot write.
TEST_F(StorageSafety, the_disk_under_the_root_filesystem) {
    const auto device = host::device_of_path(host::Files(), "/");
    if (!device)
        GTEST_SKIP() << device.error().message;
    const host::DeviceUse use = host::use_of(host::Files(), *device);
    EXPECT_THAT(use.reasons, testing::Contains(HasSubstr(" is mounted on /")));
}

}  // namespace
}  // namespace assay::storage
