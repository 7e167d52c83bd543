#include "probes/storage/writable_device.h"

#include <gtest/gtest.h>

namespace assay::storage {
namespace {

TEST(WritableDevice, is_never_a_file_a_folder_or_a_character_device) {
    for (const char* path : {".", "/dev/null", "/proc/self/exe"}) {
        const auto opened = open_for_destruction(host::Files(), path, "no-serial:1:3:0");
        ASSERT_FALSE(opened) << path;
        EXPECT_EQ(opened.error().kind, ErrorKind::usage) << opened.error().message;
    }
    EXPECT_EQ(may_destroy(host::Files(), "/no/such/device", "x").error().kind,
              ErrorKind::not_found);
}

}  // namespace
}  // namespace assay::storage
