#include "engine/host/aes_switches.h"

#include <gtest/gtest.h>

#include <string>

namespace assay::host {
namespace {

// Bits of OPENSSL_ia32cap(3): 57 AES-NI, 33 PCLMULQDQ; of the second number 41 VAES, 42
// VPCLMULQDQ.
TEST(AesSwitches, each_of_the_four_instructions_is_seen) {
    EXPECT_EQ(aes_switches_of("OPENSSL_ia32cap=0x200000000000000:0x0"),
              (AesSwitches{.any_on = true, .aes_on = true}));
    for (const char* other :
         {"OPENSSL_ia32cap=0x200000000:0x0", "OPENSSL_ia32cap=0x1:0x20000000000",
          "OPENSSL_ia32cap=0x1:0x40000000000"})
        EXPECT_EQ(aes_switches_of(other), (AesSwitches{.any_on = true, .aes_on = false})) << other;
    EXPECT_EQ(aes_switches_of("OPENSSL_ia32cap=0xfdfffffdffffffff:0xfffff9ffffffffff"),
              (AesSwitches{.any_on = false, .aes_on = false}))
        << "everything else may be on";
}

TEST(AesSwitches, newer_texts_have_more_behind_and_others_are_unknown) {
    const std::string more = ":0x0:0x0:0x0 env:~0x200000200000000";
    EXPECT_EQ(aes_switches_of("OPENSSL_ia32cap=0xfffa3203078bffff:0x405fc6f1bf07ab" + more),
              (AesSwitches{.any_on = true, .aes_on = true}));
    for (const char* text : {"", "OPENSSL_armcap=0x7d", "OPENSSL_ia32cap=", "OPENSSL_ia32cap=0x",
                             "OPENSSL_ia32cap=0x12", "OPENSSL_ia32cap=0x12:0x", "N/A",
                             "OPENSSL_ia32cap=0x11111111111111111:0x0"})
        EXPECT_EQ(aes_switches_of(text), std::nullopt) << text;
}

// The mask is exactly what the reader looks for.
TEST(AesSwitches, the_mask_switches_off_the_four_alone) {
    EXPECT_EQ(kNoAesInstructions, "OPENSSL_ia32cap=~0x200000200000000:~0x60000000000");
    EXPECT_EQ(aes_switches_of("OPENSSL_ia32cap=0x200000200000000:0x60000000000"),
              (AesSwitches{.any_on = true, .aes_on = true}));
}

}  // namespace
}  // namespace assay::host
