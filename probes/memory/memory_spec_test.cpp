#include "probes/memory/memory_spec.h"

#include <gtest/gtest.h>

namespace assay::memory {
namespace {

TEST(MemorySpec, IsChannelsTimesTransfersTimesEightBytes) {
    const auto genoa = parse_memory_spec("12x4800");
    ASSERT_TRUE(genoa);
    EXPECT_DOUBLE_EQ(genoa->bytes_per_second(), 460.8e9);
    EXPECT_DOUBLE_EQ(parse_memory_spec("2x3200MT/s")->bytes_per_second(), 51.2e9);
}

TEST(MemorySpec, RefusesWhatIsNone) {
    for (const char* wrong :
         {"", "x", "12", "12x", "x4800", "0x4800", "12x0", "-1x4800", "65x4800", "12x20001",
          "12x4800x", "12 x 4800", "1e1x4800", "12X4800", "99999999999x1", "12x4800MT/sMT/s"}) {
        const auto spec = parse_memory_spec(wrong);
        ASSERT_FALSE(spec) << wrong;
        EXPECT_EQ(spec.error().kind, ErrorKind::usage);
    }
}

TEST(MemorySpec, IsAbsentUnlessAsked) {
    Request request;
    EXPECT_EQ(requested_memory_spec(request)->has_value(), false);
    request.values = {{"memory-spec", "1x1"}};
    EXPECT_EQ((*requested_memory_spec(request))->bytes_per_second(), 8e6);
}

}  // namespace
}  // namespace assay::memory
