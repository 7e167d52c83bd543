#include "probes/storage/ring.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <array>
#include <cstring>
#include <map>
#include <vector>

#include "engine/core/units.h"
#include "probes/storage/fd.h"
#include "probes/storage/payload.h"

namespace assay::storage {
namespace {

constexpr std::uint32_t kBlock = 4096;
constexpr unsigned kDepth = 8;
constexpr unsigned kBlocks = 64;
constexpr std::int64_t kLong = 10 * kNanosecondsPerSecond;

const Payload& payload() {
    static const Payload made(11);
    return made;
}

Fd file_with_payload() {
    Fd file(memfd_create("ring_test", MFD_CLOEXEC));
    std::vector<std::byte> data(kBlocks * kBlock);
    payload().fill(data, 0, 1);
    EXPECT_EQ(write(file.number(), data.data(), data.size()), static_cast<ssize_t>(data.size()));
    return file;
}

#define MAKE_RING_OR_SKIP(name, settings)                        \
    auto name = Ring::create(settings);                          \
    if (!name && (name.error().kind == ErrorKind::permission ||  \
                  name.error().kind == ErrorKind::unsupported))  \
        GTEST_SKIP() << "no io_uring: " << name.error().message; \
    ASSERT_TRUE(name) << name.error().message

class OnEachRung : public testing::TestWithParam<int> {};

TEST_P(OnEachRung, reads_the_block_that_was_asked_for_into_the_slot_that_was_named) {
    const Fd file = file_with_payload();
    std::vector<std::byte> arena(kDepth * kBlock);
    RingSettings settings;
    settings.depth = kDepth;
    settings.first_rung = static_cast<RingRung>(GetParam());
    settings.file = file.number();
    settings.arena = arena;
    MAKE_RING_OR_SKIP(ring, settings);
    EXPECT_GE(static_cast<int>(ring->facts().rung), GetParam());
    ring->prepare_transfers(kBlock, 0);
    for (unsigned round = 0; round < 5; ++round) {
        for (unsigned slot = 0; slot < kDepth; ++slot)
            ring->stage(slot, ((slot * 7 + round) % kBlocks) * kBlock, Direction::read);
        EXPECT_EQ(ring->staged(), kDepth);
        std::map<std::uint32_t, std::int32_t> results;
        for (int tries = 0; results.size() < kDepth && tries < 100; ++tries) {
            ASSERT_EQ(ring->submit_and_wait(1, kLong), 0);
            ring->reap(kDepth,
                       [&](std::uint32_t slot, std::int32_t result) { results[slot] = result; });
        }
        EXPECT_EQ(ring->staged(), 0u);
        ASSERT_EQ(results.size(), kDepth);
        for (unsigned slot = 0; slot < kDepth; ++slot) {
            EXPECT_EQ(results[slot], static_cast<std::int32_t>(kBlock));
            const auto block = std::span(arena).subspan(slot * kBlock, kBlock);
            EXPECT_EQ(payload().first_wrong_sector(block, ((slot * 7 + round) % kBlocks) * kBlock),
                      std::nullopt);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Ring, OnEachRung, testing::Range(0, kRingRungs));

TEST(Ring, reads_and_writes_in_one_queue_each_from_its_part_of_the_arena) {
    const Fd file = file_with_payload();
    std::vector<std::byte> arena(4 * kBlock);
    payload().fill(std::span(arena).subspan(2 * kBlock), 0, 0);
    RingSettings settings;
    settings.depth = 2;
    settings.file = file.number();
    settings.arena = arena;
    MAKE_RING_OR_SKIP(ring, settings);
    ring->prepare_transfers(kBlock, 2 * kBlock);
    const auto written = std::span(arena).subspan(3 * kBlock, kBlock);
    Payload::rewrite(written, 9 * kBlock, 77, Payload::Renew::words);
    ring->stage(0, 5 * kBlock, Direction::read);
    ring->stage(1, 9 * kBlock, Direction::write);
    unsigned good = 0;
    for (int tries = 0; good < 2 && tries < 100; ++tries) {
        ASSERT_EQ(ring->submit_and_wait(1, kLong), 0);
        ring->reap(2, [&](std::uint32_t, std::int32_t result) { good += result == kBlock; });
    }
    EXPECT_EQ(payload().first_wrong_sector(std::span(arena).first(kBlock), 5 * kBlock),
              std::nullopt);
    std::vector<std::byte> read(kBlock);
    ASSERT_EQ(pread(file.number(), read.data(), kBlock, 9 * kBlock), kBlock);
    EXPECT_EQ(payload().first_wrong_sector(read, 9 * kBlock, 77), std::nullopt);
}

TEST(Ring, lets_a_kernel_thread_submit) {
    const Fd file = file_with_payload();
    std::vector<std::byte> arena(kBlock);
    RingSettings settings;
    settings.file = file.number();
    settings.arena = arena;
    settings.polling = Polling::sqpoll;
    auto ring = Ring::create(settings);
    if (!ring)
        GTEST_SKIP() << "no submitting thread: " << ring.error().message;
    EXPECT_NE(ring->facts().text().find("sqpoll"), std::string::npos);
    ring->prepare_transfers(kBlock, 0);
    for (std::uint64_t number = 0; number < 20; ++number) {
        ring->stage(0, number * kBlock, Direction::read);
        unsigned found = 0;
        for (int tries = 0; found == 0 && tries < 100; ++tries) {
            ASSERT_EQ(ring->submit_and_wait(1, kLong), 0);
            found = ring->reap(1, [](std::uint32_t, std::int32_t result) {
                EXPECT_EQ(result, static_cast<std::int32_t>(kBlock));
            });
        }
        ASSERT_EQ(found, 1u);
        EXPECT_EQ(payload().first_wrong_sector(arena, number * kBlock), std::nullopt);
    }
}

TEST(Ring, works_without_a_registered_buffer_and_says_so) {
    const Fd file = file_with_payload();
    std::vector<std::byte> arena(kBlock);
    RingSettings settings;
    settings.file = file.number();
    settings.arena = arena;
    settings.register_arena = false;
    MAKE_RING_OR_SKIP(ring, settings);
    EXPECT_EQ(ring->facts().text().find("buffer"), std::string::npos);
    ring->prepare_transfers(kBlock, 0);
    ring->stage(0, 5 * kBlock, Direction::read);
    ASSERT_EQ(ring->submit_and_wait(1, kLong), 0);
    ASSERT_EQ(ring->reap(1, [](std::uint32_t, std::int32_t) {}), 1u);
    EXPECT_EQ(payload().first_wrong_sector(arena, 5 * kBlock), std::nullopt);
}

TEST(Ring, hands_short_reads_and_errors_through) {
    const Fd file = file_with_payload();
    ASSERT_EQ(ftruncate(file.number(), kBlock + 100), 0);
    std::vector<std::byte> arena(2 * kBlock);
    RingSettings settings;
    settings.depth = 2;
    settings.file = file.number();
    settings.arena = arena;
    MAKE_RING_OR_SKIP(ring, settings);
    ring->prepare_transfers(kBlock, 0);
    ring->stage(0, kBlock, Direction::read);       // 100 bytes are left there
    ring->stage(1, ~0ull << 12, Direction::read);  // a negative offset
    std::map<std::uint32_t, std::int32_t> results;
    for (int tries = 0; results.size() < 2 && tries < 100; ++tries) {
        ASSERT_EQ(ring->submit_and_wait(1, kLong), 0);
        ring->reap(2, [&](std::uint32_t slot, std::int32_t result) { results[slot] = result; });
    }
    EXPECT_EQ(results[0], 100);
    EXPECT_EQ(results[1], -EINVAL);
}

TEST(Ring, comes_back_when_nothing_completes) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    const Fd empty_pipe(ends[0]);
    const Fd writer(ends[1]);
    std::vector<std::byte> arena(kBlock);
    RingSettings settings;
    settings.file = empty_pipe.number();
    settings.arena = arena;
    MAKE_RING_OR_SKIP(ring, settings);
    ring->prepare_transfers(kBlock, 0);
    ring->stage(0, 0, Direction::read);
    EXPECT_EQ(ring->submit_and_wait(1, kNanosecondsPerMillisecond), 0);
    EXPECT_EQ(ring->reap(1, [](std::uint32_t, std::int32_t) {}), 0u);
}

TEST(Ring, takes_no_more_completions_than_it_is_told_to) {
    RingSettings settings;
    settings.depth = 4;
    MAKE_RING_OR_SKIP(ring, settings);
    for (unsigned slot = 0; slot < 4; ++slot)
        ring->stage(slot, 0, Direction::read);
    ASSERT_EQ(ring->submit_and_wait(4, kLong), 0);
    std::vector<std::uint32_t> slots;
    const auto keep = [&](std::uint32_t slot, std::int32_t) { slots.push_back(slot); };
    EXPECT_EQ(ring->reap(3, keep), 3u);
    EXPECT_EQ(ring->reap(3, keep), 1u);
    EXPECT_EQ(slots, (std::vector<std::uint32_t>{0, 1, 2, 3}));
}

TEST(Ring, refuses_a_depth_that_no_ring_has) {
    RingSettings settings;
    settings.depth = 0;
    EXPECT_EQ(Ring::create(settings).error().kind, ErrorKind::usage);
    settings.depth = kMostRingDepth + 1;
    EXPECT_EQ(Ring::create(settings).error().kind, ErrorKind::usage);
}

}  // namespace
}  // namespace assay::storage
