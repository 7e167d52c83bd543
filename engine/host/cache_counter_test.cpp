#include "engine/host/cache_counter.h"

#include <gtest/gtest.h>

#include <vector>

namespace assay::host {
namespace {

TEST(CacheCounter, CountsNoMoreMissesThanLoadsWhereThereIsOne) {
    const auto counter = CacheCounter::open();
    if (!counter)
        GTEST_SKIP() << "this machine has no counter of last-level cache loads for us";
    // 256 MiB, one load a line: most of them must ask the last-level cache.
    std::vector<unsigned char> bytes(std::size_t{1} << 28, 1);
    unsigned sum = 0;
    for (std::size_t at = 0; at < bytes.size(); at += 64)
        sum += bytes[at];
    EXPECT_GT(sum, 0u);
    const auto counts = counter->read();
    if (!counts)
        GTEST_SKIP() << "the counter does not count, or was shared";
    EXPECT_GT(counts->loads, 1000u);
    EXPECT_LE(counts->misses, counts->loads);
}

}  // namespace
}  // namespace assay::host
