#include "engine/core/data_rate.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(DataRate, reads_bytes_and_bits_over_any_time) {
    EXPECT_DOUBLE_EQ(parse_data_rate("125MB/s").value(), 125e6);
    EXPECT_DOUBLE_EQ(parse_data_rate("1Gbit/s").value(), 125e6);
    EXPECT_DOUBLE_EQ(parse_data_rate("1Gbps").value(), 125e6);
    EXPECT_DOUBLE_EQ(parse_data_rate("36GB/h").value(), 10e6);
    EXPECT_DOUBLE_EQ(parse_data_rate("1.5MiB/s").value(), 1572864);
    EXPECT_DOUBLE_EQ(parse_data_rate("86400kB/d").value(), 1000);
    EXPECT_DOUBLE_EQ(parse_data_rate("60b/min").value(), 1);
}

TEST(DataRate, refuses_what_is_no_rate) {
    for (const char* text : {"", "5", "5GB", "GB/s", "-5GB/s", "0MB/s", "nanMB/s", "infMB/s",
                             "5GB/s ", "5GB/y", "5 GB/s", "5GB//s", "1e400GB/s", "9999999TB/s"})
        EXPECT_FALSE(parse_data_rate(text)) << text;
    EXPECT_EQ(parse_data_rate("5GB").error().kind, ErrorKind::usage);
}

}  // namespace
}  // namespace assay
