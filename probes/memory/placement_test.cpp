#include "probes/memory/placement.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/core/units.h"
#include "tests/support/file_tree.h"

namespace assay::memory {
namespace {

std::vector<std::string> ids(const std::vector<Finding>& findings) {
    std::vector<std::string> found;
    for (const Finding& finding : findings)
        found.push_back(finding.id);
    return found;
}
using Ids = std::vector<std::string>;

host::Buffer buffer_of(std::size_t bytes) {
    auto buffer = host::Buffer::allocate(
        {.bytes = bytes, .pages = host::PagePreference::small, .numa_node = {}});
    EXPECT_TRUE(buffer);
    return std::move(*buffer);
}

Placement ask(const host::Buffer& buffer, std::optional<int> node) {
    const UsedBuffer used{&buffer, buffer.size()};
    return placement_of({&used, 1}, "NUMA node 0", node, host::PagePreference::small);
}

class PlacementTest : public testing::Test {
  protected:
    void SetUp() override {
        const host::Buffer buffer = buffer_of(4096);
        if (!buffer.placement(4096))
            GTEST_SKIP() << "the kernel does not tell where pages lie";
    }
};

TEST_F(PlacementTest, CountsEveryPageOnItsNodeAndThoseNeverWritten) {
    const host::Buffer buffer = buffer_of(300 * 4096);
    for (std::size_t page = 0; page < 200; ++page)
        buffer.data()[page * 4096] = std::byte{1};
    // Reading maps the kernel's one page of zeros, which is no memory either.
    volatile std::byte seen = buffer.data()[250 * 4096];
    static_cast<void>(seen);
    const auto pages = buffer.placement(buffer.size());
    ASSERT_TRUE(pages);
    EXPECT_EQ(pages->asked, 300u);
    EXPECT_EQ(pages->empty, 100u);
    EXPECT_EQ(pages->placed(), 200u);
    EXPECT_EQ(buffer.placement(100 * 4096)->asked, 100u);
}

TEST_F(PlacementTest, AnUntouchedBufferIsCalledZeroPageAndATouchedOneIsNot) {
    const host::Buffer buffer = buffer_of(kMiB);
    const Placement untouched = ask(buffer, std::nullopt);
    EXPECT_EQ(ids(placement_findings(untouched, untouched)), Ids{"zero_page"});
    std::ranges::fill(buffer.bytes(), std::byte{3});
    const Placement touched = ask(buffer, std::nullopt);
    EXPECT_EQ(ids(placement_findings(touched, touched)), Ids{});
    EXPECT_EQ(pages_obtained(touched), Value("4k"));
}

// No second node exists here: the memory is asked to lie on one that it cannot lie on.
TEST_F(PlacementTest, MemoryOnAnotherNodeIsCalledRemote) {
    const host::Buffer buffer = buffer_of(kMiB);
    std::ranges::fill(buffer.bytes(), std::byte{3});
    const Placement wrong = ask(buffer, 977);
    const auto findings = placement_findings(wrong, wrong);
    ASSERT_EQ(ids(findings), Ids{"remote_pages"});
    EXPECT_NE(findings[0].message.find("0.0 % of 256 pages"), std::string::npos)
        << findings[0].message;
}

TEST(PlacementFindings, SayWhenPagesWereMovedMeanwhile) {
    Placement before{.place = "NUMA node 1", .node = 1, .pages = host::PagePlacement{}};
    before.asked = host::PagePreference::small;
    before.pages->asked = 100;
    before.pages->nodes = {{1, 100}};
    Placement now = before;
    EXPECT_EQ(ids(placement_findings(before, now)), Ids{});
    now.pages->nodes = {{1, 99}, {0, 1}};
    EXPECT_EQ(ids(placement_findings(before, now)), Ids{}) << "99 % are enough";
    now.pages->nodes = {{1, 98}, {0, 2}};
    const auto moved = placement_findings(before, now);
    ASSERT_EQ(ids(moved), Ids{"remote_pages"});
    EXPECT_NE(moved[0].message.find("moved meanwhile"), std::string::npos);
    EXPECT_NE(moved[0].message.find("2 on node 0, 98 on node 1"), std::string::npos);
    EXPECT_EQ(placement_findings(now, now)[0].message.find("moved"), std::string::npos);
}

TEST(PlacementFindings, TellTheShareOfHugePages) {
    Placement placement{.place = "this host", .huge_ratio = 0.913};
    const auto findings = placement_findings(placement, placement);
    ASSERT_EQ(ids(findings), Ids{"small_pages"});
    EXPECT_NE(findings[0].message.find("91.3 %"), std::string::npos);
    EXPECT_EQ(pages_obtained(placement), Value("mixed"));
    placement.huge_ratio = 0.995;
    EXPECT_EQ(ids(placement_findings(placement, placement)), Ids{});
    EXPECT_EQ(pages_obtained(placement), Value("thp"));
    placement.huge_ratio = 0;
    EXPECT_EQ(pages_obtained(placement), Value("4k"));
    placement.asked = host::PagePreference::small;
    EXPECT_EQ(ids(placement_findings(placement, placement)), Ids{});
    placement.huge_ratio.reset();
    EXPECT_TRUE(pages_obtained(placement).is_null());
}

TEST(KernelMemory, BalancingMergingAndNoHugePagesAreFindings) {
    test::FileTree tree;
    EXPECT_EQ(ids(kernel_memory_findings(host::Files(tree.root()))), Ids{}) << "unknown is not bad";
    tree.write("proc/sys/kernel/numa_balancing", "0\n");
    tree.write("sys/kernel/mm/ksm/run", "0\n");
    tree.write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    EXPECT_EQ(ids(kernel_memory_findings(host::Files(tree.root()))), Ids{});
    tree.write("proc/sys/kernel/numa_balancing", "1\n");
    tree.write("sys/kernel/mm/ksm/run", "1\n");
    tree.write("sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
    EXPECT_EQ(ids(kernel_memory_findings(host::Files(tree.root()))),
              (Ids{"numa_balancing", "ksm_active", "thp_disabled"}));
}

}  // namespace
}  // namespace assay::memory
