#include "engine/host/identity.h"

#include <gtest/gtest.h>

#include "tests/support/file_tree.h"

namespace assay::host {
namespace {

TEST(HostIdentity, follows_the_machine_id_and_does_not_reveal_it) {
    const test::FileTree tree;
    const Files files(tree.root());
    EXPECT_FALSE(host_identity(files)) << "nothing to go by";
    tree.write("proc/sys/kernel/random/boot_id", "11111111-2222-3333-4444-555555555555\n");
    const auto by_boot = host_identity(files);
    ASSERT_TRUE(by_boot);
    tree.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    const auto by_machine = host_identity(files);
    ASSERT_TRUE(by_machine);
    EXPECT_NE(*by_machine, *by_boot);
    tree.write("proc/sys/kernel/random/boot_id", "99999999-2222-3333-4444-555555555555\n");
    EXPECT_EQ(*host_identity(files), *by_machine) << "the same after it booted again";
    EXPECT_EQ(by_machine->size(), 32u);
    EXPECT_EQ(by_machine->find("0123456789abcdef"), std::string::npos);
    tree.write("etc/machine-id", "\n");
    EXPECT_TRUE(host_identity(files)) << "an empty machine id is none";
    EXPECT_NE(*host_identity(files), *by_machine);
}

TEST(MachineIdentity, is_absent_where_only_the_boot_tells_hosts_apart) {
    const test::FileTree tree;
    const Files files(tree.root());
    tree.write("proc/sys/kernel/random/boot_id", "11111111-2222-3333-4444-555555555555\n");
    EXPECT_EQ(machine_identity(files), std::nullopt);
    tree.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    EXPECT_EQ(machine_identity(files), *host_identity(files));
}

TEST(BootIdentity, is_that_of_the_running_kernel_or_empty) {
    const test::FileTree tree;
    EXPECT_EQ(boot_identity(Files(tree.root())), "");
    tree.write("proc/sys/kernel/random/boot_id", "11111111-2222-3333-4444-555555555555\n");
    EXPECT_EQ(boot_identity(Files(tree.root())).size(), 32u);
}

}  // namespace
}  // namespace assay::host
