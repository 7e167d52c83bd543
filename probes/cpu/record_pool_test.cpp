#include "probes/cpu/record_pool.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace assay::cpu {
namespace {

using host::CipherMode;

std::vector<std::vector<std::byte>>& seen_ivs() {
    static std::vector<std::vector<std::byte>> ivs;
    return ivs;
}
bool note_iv(host::Cipher& cipher, const host::CipherRecord& record) {
    seen_ivs().emplace_back(record.iv, record.iv + 12);
    return cipher.run(record);
}
bool do_nothing(host::Cipher&, const host::CipherRecord&) {
    return true;
}
bool spoil_the_tag(host::Cipher& cipher, const host::CipherRecord& record) {
    const bool done = cipher.run(record);
    record.tag[3] ^= std::byte{1};
    return done;
}
bool spoil_the_text(host::Cipher& cipher, const host::CipherRecord& record) {
    const bool done = cipher.run(record);
    record.destination[record.bytes - 1] ^= std::byte{1};
    return done;
}
bool check_distinct(host::Cipher& cipher, const host::CipherRecord& record) {
    const bool apart = record.source + record.bytes <= record.destination ||
                       record.destination + record.bytes <= record.source;
    return apart && cipher.run(record);
}

class RecordPoolTest : public testing::TestWithParam<CipherMode> {
  protected:
    RecordPool pool(std::size_t most_bytes = std::size_t{1} << 16) {
        auto made = RecordPool::make(GetParam(), most_bytes, 1);
        EXPECT_TRUE(made);
        return std::move(*made);
    }
};
INSTANTIATE_TEST_SUITE_P(Modes, RecordPoolTest,
                         testing::Values(CipherMode::gcm, CipherMode::ctr, CipherMode::xts));

TEST_P(RecordPoolTest, gives_every_record_back_at_every_size) {
    RecordPool records = pool();
    for (const std::size_t bytes : {16u, 17u, 1000u, 16384u, 65536u}) {
        ASSERT_TRUE(records.begin_encrypting(bytes));
        for (std::size_t turn = 0; turn < records.slots() + 3; ++turn)
            ASSERT_TRUE(records.encrypt_next(&check_distinct)) << bytes;
        EXPECT_TRUE(records.is_encrypted()) << bytes;
        ASSERT_TRUE(records.begin_decrypting(bytes));
        for (std::size_t turn = 0; turn < records.slots() + 3; ++turn)
            ASSERT_TRUE(records.decrypt_next(&check_distinct)) << bytes;
        EXPECT_TRUE(records.is_decrypted()) << bytes;
    }
}

TEST_P(RecordPoolTest, sees_work_that_was_skipped) {
    RecordPool records = pool();
    ASSERT_TRUE(records.begin_encrypting(1024));
    EXPECT_TRUE(records.encrypt_next(&do_nothing));
    EXPECT_FALSE(records.is_encrypted());
    ASSERT_TRUE(records.begin_decrypting(1024));
    EXPECT_TRUE(records.decrypt_next(&do_nothing));
    EXPECT_FALSE(records.is_decrypted());
}

TEST_P(RecordPoolTest, sees_spoilt_ciphertext) {
    RecordPool records = pool();
    ASSERT_TRUE(records.begin_encrypting(1024));
    EXPECT_TRUE(records.encrypt_next(&spoil_the_text));
    EXPECT_FALSE(records.is_encrypted());
}

TEST_P(RecordPoolTest, no_iv_comes_twice) {
    RecordPool records = pool();
    seen_ivs().clear();
    for (int round = 0; round < 2; ++round) {
        ASSERT_TRUE(records.begin_encrypting(16));
        for (int turn = 0; turn < 700; ++turn)
            ASSERT_TRUE(records.encrypt_next(&note_iv));
    }
    auto other = RecordPool::make(GetParam(), 1024, 2);
    ASSERT_TRUE(other);
    ASSERT_TRUE(other->begin_encrypting(16));
    for (int turn = 0; turn < 700; ++turn)
        ASSERT_TRUE(other->encrypt_next(&note_iv));
    EXPECT_EQ(std::set(seen_ivs().begin(), seen_ivs().end()).size(), 2100u);
}

TEST(RecordPoolGcm, sees_a_spoilt_tag) {
    auto records = RecordPool::make(CipherMode::gcm, 1024, 1);
    ASSERT_TRUE(records);
    ASSERT_TRUE(records->begin_encrypting(1024));
    EXPECT_TRUE(records->encrypt_next(&spoil_the_tag));
    EXPECT_FALSE(records->is_encrypted());
}

}  // namespace
}  // namespace assay::cpu
