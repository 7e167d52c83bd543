#include "cli/footprint_total.h"

#include <gtest/gtest.h>

namespace assay::cli {
namespace {

Footprint sharing(const char* file, std::uint64_t bytes) {
    Footprint footprint;
    footprint.bytes_written = 10;
    footprint.threads = 3;
    footprint.cases = 2;
    footprint.shared_file = file;
    footprint.shared_bytes = bytes;
    footprint.shared_written_bytes = 2 * bytes;
    footprint.prepare_time = std::chrono::seconds(bytes);
    return footprint;
}

TEST(TotalFootprint, counts_a_shared_file_once_and_as_large_as_anybody_wants_it) {
    const std::vector<Footprint> footprints{sharing("a", 4), sharing("a", 7), sharing("b", 2)};
    const Footprint total = total_of(footprints);
    EXPECT_EQ(total.bytes_written, 3u * 10 + 2 * (7 + 2));
    EXPECT_EQ(total.free_space_bytes, 7u + 2);
    EXPECT_EQ(total.prepare_time, std::chrono::seconds(7 + 2));
    EXPECT_EQ(total.cases, 6u);
    EXPECT_EQ(total.threads, 3u);
    EXPECT_EQ(total.round_shares, 6.0);
    ASSERT_EQ(shared_files(footprints).size(), 2u);
}

TEST(TotalFootprint, adds_what_nobody_shares) {
    Footprint own;
    own.free_space_bytes = 5;
    own.prepare_time = std::chrono::seconds(1);
    own.cases = 4;
    own.round_shares = 0.5;
    const Footprint total = total_of(std::vector<Footprint>{own, own});
    EXPECT_EQ(total.free_space_bytes, 10u);
    EXPECT_EQ(total.prepare_time, std::chrono::seconds(2));
    EXPECT_EQ(total.round_shares, 1.0);
}

}  // namespace
}  // namespace assay::cli
