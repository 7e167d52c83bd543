#include "engine/host/buffer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "engine/core/units.h"

namespace assay::host {
namespace {

constexpr std::size_t kPage = 4096;

Expected<Buffer> allocate(std::size_t bytes, PagePreference pages,
                          std::optional<int> node = std::nullopt) {
    return Buffer::allocate({.bytes = bytes, .pages = pages, .numa_node = node});
}

Buffer make(std::size_t bytes, PagePreference pages) {
    auto buffer = allocate(bytes, pages);
    EXPECT_TRUE(buffer) << buffer.error().message;
    return std::move(*buffer);
}

void touch(const Buffer& buffer) {
    for (std::size_t at = 0; at < buffer.size(); at += kPage)
        buffer.data()[at] = std::byte{1};
}

bool thp_is_possible() {
    std::ifstream file("/sys/kernel/mm/transparent_hugepage/enabled");
    std::string menu;
    return std::getline(file, menu) && menu.find("[never]") == std::string::npos;
}

TEST(Buffer, IsWholePagesAlignedAndWritableToItsLastByte) {
    const Buffer small = make(3 * kPage + 1, PagePreference::small);
    EXPECT_EQ(small.size(), 4 * kPage);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(small.data()) % kPage, 0u);
    small.bytes().front() = std::byte{7};
    small.bytes().back() = std::byte{9};
    EXPECT_EQ(small.data()[4 * kPage - 1], std::byte{9});
    const Buffer huge = make(2 * kMiB, PagePreference::huge);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(huge.data()) % (2 * kMiB), 0u);
}

TEST(Buffer, IsNotTouchedByAllocatingIt) {
    const Buffer buffer = make(kMiB, PagePreference::small);
    EXPECT_EQ(buffer.ratio_on_node(0), std::nullopt) << "no page exists yet, so none lies anywhere";
}

TEST(Buffer, OnePageOutsideFaults) {
    const Buffer buffer = make(kPage, PagePreference::small);
    volatile std::byte* after = buffer.data() + buffer.size();
    volatile std::byte* before = buffer.data() - 1;
    EXPECT_DEATH(*after = std::byte{1}, "");
    EXPECT_DEATH(*before = std::byte{1}, "");
}

TEST(Buffer, MovingKeepsTheMemoryAndEmptiesTheSource) {
    Buffer first = make(kPage, PagePreference::small);
    first.data()[5] = std::byte{42};
    std::byte* const address = first.data();
    Buffer second(std::move(first));
    EXPECT_EQ(second.data(), address);
    EXPECT_EQ(first.data(), nullptr);  // NOLINT(bugprone-use-after-move): that is what is tested
    EXPECT_EQ(first.size(), 0u);
    Buffer third = make(2 * kPage, PagePreference::small);
    third = std::move(second);
    EXPECT_EQ(third.data()[5], std::byte{42});
    EXPECT_EQ(third.size(), kPage);
}

TEST(Buffer, HugePagesAreCountedAsObtainedAndSmallOnesAsNone) {
    const Buffer small = make(8 * kMiB, PagePreference::small);
    touch(small);
    ASSERT_TRUE(small.huge_page_ratio());
    EXPECT_EQ(*small.huge_page_ratio(), 0.0);
    const Buffer huge = make(8 * kMiB, PagePreference::huge);
    if (!huge.is_hugetlb()) {
        ASSERT_TRUE(huge.huge_page_ratio());
        EXPECT_EQ(*huge.huge_page_ratio(), 0.0) << "untouched";
    }
    touch(huge);
    ASSERT_TRUE(huge.huge_page_ratio());
    if (!huge.is_hugetlb() && !thp_is_possible())
        GTEST_SKIP() << "transparent huge pages are switched off on this host";
    // The kernel may lack a free huge page or two; four of 2 MiB are asked for.
    EXPECT_GE(*huge.huge_page_ratio(), 0.0);
    EXPECT_LE(*huge.huge_page_ratio(), 1.0);
    const double pages = *huge.huge_page_ratio() * 4;
    EXPECT_DOUBLE_EQ(pages, static_cast<int>(pages)) << "huge pages come whole";
}

TEST(Buffer, TouchedPagesLieOnSomeNodeAndOnNoAbsentOne) {
    const Buffer buffer = make(kMiB, PagePreference::small);
    touch(buffer);
    const auto here = buffer.ratio_on_node(0);
    if (!here)
        GTEST_SKIP() << "this kernel, or its seccomp profile, does not tell where pages lie";
    EXPECT_LE(*here, 1.0);
    EXPECT_EQ(buffer.ratio_on_node(1023), 0.0);
}

TEST(Buffer, BindsToNodeZeroOrSaysThatItCannot) {
    const auto bound = allocate(kMiB, PagePreference::small, 0);
    if (!bound) {
        EXPECT_EQ(bound.error().kind, ErrorKind::unsupported);
        GTEST_SKIP() << bound.error().message;
    }
    touch(*bound);
    EXPECT_EQ(bound->ratio_on_node(0).value_or(1.0), 1.0);
}

TEST(Buffer, RefusesAnAbsentNodeAndImpossibleSizes) {
    for (int node : {-1, 1023, 1024, 1 << 20}) {
        const auto refused = allocate(kPage, PagePreference::small, node);
        ASSERT_FALSE(refused) << node;
        EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
    }
    for (std::size_t bytes : {std::size_t{0}, ~std::size_t{0}, std::size_t{1} << 47}) {
        const auto refused = allocate(bytes, PagePreference::small);
        ASSERT_FALSE(refused) << bytes;
        EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
    }
}

}  // namespace
}  // namespace assay::host
