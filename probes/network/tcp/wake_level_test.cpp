#include "probes/network/tcp/wake_level.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace assay::network::tcp {
namespace {

using std::chrono::milliseconds;

TEST(WakeLevel, is_what_arrives_in_a_quarter_of_a_millisecond) {
    constexpr std::uint64_t kLarge = 64 << 20;
    EXPECT_EQ(wake_level(0, kLarge), 1u);
    EXPECT_EQ(wake_level(4000, kLarge), 1u) << "a slow path wakes for each byte";
    EXPECT_EQ(wake_level(118e6, kLarge), 29'500u) << "1 Gbit/s";
    EXPECT_EQ(wake_level(2e9, kLarge), 500'000u);
    EXPECT_EQ(wake_level(9e9, kLarge), 524'288u);
}

TEST(WakeLevel, leaves_seven_eighths_of_the_buffer_to_the_sender) {
    EXPECT_EQ(wake_level(9e9, 128 << 10), 16u << 10);
    EXPECT_EQ(wake_level(9e9, 0), 1u);
}

class KeptLevel : public testing::Test {
  protected:
    KeptLevel() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {}
    int level() const {
        int value = 0;
        socklen_t size = sizeof(value);
        EXPECT_EQ(getsockopt(socket_.descriptor(), SOL_SOCKET, SO_RCVLOWAT, &value, &size), 0);
        return value;
    }
    Socket socket_;
    WakeLevel kept_;
    WakeLevel::Time now_{std::chrono::hours(1)};
};

TEST_F(KeptLevel, follows_the_rate_and_falls_to_one_when_nothing_comes) {
    if (!socket_.is_open())
        GTEST_SKIP() << "this host makes no TCP sockets";
    kept_.note(socket_, 30'000, now_);
    EXPECT_EQ(level(), 1) << "one piece has no rate";
    kept_.note(socket_, 30'000, now_ + milliseconds(5));
    EXPECT_EQ(level(), 3000) << "60 000 B in 5 ms are 12 MB/s";
    kept_.note(socket_, 50'000, now_ + milliseconds(10));
    EXPECT_EQ(level(), 3000) << "10 MB/s: a sixth less is not worth a call";
    kept_.note(socket_, 40'000, now_ + milliseconds(15));
    EXPECT_EQ(level(), 2000);
    kept_.note(socket_, 0, now_ + milliseconds(100));
    EXPECT_EQ(level(), 1);
}

}  // namespace
}  // namespace assay::network::tcp
