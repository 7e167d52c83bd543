#include "probes/network/tcp/lanes.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/support/file_tree.h"
#include "tests/support/network_doors.h"

namespace assay::network::tcp {
namespace {

using std::chrono::steady_clock;

Interrupt soon() {
    return {.stop = {}, .deadline = steady_clock::now() + std::chrono::seconds(10)};
}

TEST(Lanes, what_lies_below_a_streams_wake_level_is_read_all_the_same) {
    auto doors = test::PairedDoors::over_loopback();
    if (!doors)
        GTEST_SKIP() << doors.error().message;
    std::vector<Socket> near, far;
    for (std::uint32_t stream = 0; stream < 2; ++stream) {
        far.push_back(std::move(*(*doors)->agent().tcp_stream(stream, soon())));
        near.push_back(std::move(*(*doors)->prober().tcp_stream(stream, soon())));
        const int level = 16'384;
        ASSERT_EQ(
            setsockopt(near.back().descriptor(), SOL_SOCKET, SO_RCVLOWAT, &level, sizeof(level)),
            0);
    }
    const std::array<std::byte, 1000> few{};
    ASSERT_TRUE(send_some(far[1], few));
    std::size_t read = 0;
    const auto began = steady_clock::now();
    auto seen = began;
    std::stop_source over;
    const Turn turn = [&](std::size_t stream) -> Expected<bool> {
        std::array<std::byte, 4096> buffer{};
        ASSAY_TRY(const Transfer moved, receive_some(near[stream], buffer));
        read += moved.bytes;
        if (moved.bytes > 0) {
            seen = steady_clock::now();
            over.request_stop();
        }
        return !moved.end;
    };
    ASSERT_TRUE(serve({.streams = {0, 1}}, near, Side::receiving, turn, over.get_token(), soon()));
    EXPECT_EQ(read, 1000u);
    EXPECT_LT(seen - began, std::chrono::seconds(2));
}

TEST(LaneTeam, what_a_thread_used_does_not_fall_when_it_has_ended) {
    const test::FileTree tree;
    const host::Files files(tree.root());
    std::atomic<pid_t> thread = 0;
    LaneTeam team;
    ASSERT_TRUE(team.start({Lane{{0}}}, [&](const Lane&, const std::stop_token& ended) {
        thread = gettid();
        while (!ended.stop_requested())
            std::this_thread::yield();
        return Expected<void>();
    }));
    while (thread == 0)
        std::this_thread::yield();
    const std::string folder = "proc/self/task/" + std::to_string(thread);
    tree.write(folder + "/schedstat", "100 5000 3\n");
    const ThreadUse before = team.use(files).front();
    EXPECT_EQ(before.waited_ns, 5000u);
    team.request_stop();
    while (!team.all_ended())
        std::this_thread::yield();
    std::filesystem::remove_all(tree.root() / folder);  // as the kernel does
    const ThreadUse after = team.use(files).front();
    EXPECT_EQ(after.waited_ns, 5000u);
    EXPECT_GE(after.cpu_ns, before.cpu_ns);
    EXPECT_TRUE(team.join());
}

}  // namespace
}  // namespace assay::network::tcp
