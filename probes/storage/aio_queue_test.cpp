#include "probes/storage/aio_queue.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>

#include "engine/core/units.h"
#include "probes/storage/target.h"

namespace assay::storage {
namespace {

constexpr std::uint32_t kBlock = 4096;
constexpr unsigned kDepth = 8;
constexpr unsigned kBlocks = 64;
constexpr std::int64_t kLong = 10 * kNanosecondsPerSecond;

class Arena {
  public:
    explicit Arena(std::size_t bytes) : bytes_(bytes) {
        memory_ = static_cast<std::byte*>(std::aligned_alloc(kBlock, bytes));
        std::memset(memory_, 0, bytes);
    }
    Arena(const Arena&) = delete;
    ~Arena() { std::free(memory_); }
    std::span<std::byte> all() const { return {memory_, bytes_}; }
    std::span<std::byte> block(std::uint32_t slot) const {
        return all().subspan(std::size_t{slot} * kBlock, kBlock);
    }

  private:
    std::byte* memory_ = nullptr;
    std::size_t bytes_ = 0;
};

#define MAKE_QUEUE_OR_SKIP(name, ...)                             \
    auto name = AioQueue::create(__VA_ARGS__);                    \
    if (!name && (name.error().kind == ErrorKind::permission ||   \
                  name.error().kind == ErrorKind::unsupported))   \
        GTEST_SKIP() << "no Linux AIO: " << name.error().message; \
    ASSERT_TRUE(name) << name.error().message

/// Content that tells its block: every byte is the block's number and `salt`.
std::byte content_of(std::uint64_t block, unsigned salt) {
    return static_cast<std::byte>(block * 3 + salt);
}

class AioQueueTest : public testing::TestWithParam<bool> {
  protected:
    void SetUp() override {
        auto target = open_file(".");
        if (!target)
            GTEST_SKIP() << target.error().message;
        target_ = std::move(*target);
    }

    AioSettings settings() const {
        return {kDepth, target_.file.number(), arena_.all(), kBlock, GetParam()};
    }

    /// Does all of `blocks` with one operation, at most `kDepth` at once; returns the results by
    /// block. For reads, `seen` looks at each block when it comes back.
    template <class Seen>
    std::map<std::uint64_t, std::int32_t> run(AioQueue& queue, AioOperation operation,
                                              std::span<const std::uint64_t> blocks, Seen&& seen) {
        std::map<std::uint64_t, std::int32_t> results;
        std::map<std::uint32_t, std::uint64_t> busy;
        std::vector<std::uint32_t> idle(kDepth);
        for (std::uint32_t slot = 0; slot < kDepth; ++slot)
            idle[slot] = slot;
        std::size_t next = 0;
        for (int tries = 0; tries < 100'000 && results.size() < blocks.size(); ++tries) {
            for (; !idle.empty() && next < blocks.size(); ++next) {
                const std::uint32_t slot = idle.back();
                idle.pop_back();
                busy[slot] = blocks[next];
                if (operation != AioOperation::read)
                    std::ranges::fill(arena_.block(slot), content_of(blocks[next], salt_));
                queue.stage(slot, blocks[next] * kBlock, operation);
            }
            EXPECT_EQ(queue.submit_and_wait(1, kLong), 0);
            queue.reap(kDepth, [&](std::uint32_t slot, std::int32_t result) {
                EXPECT_TRUE(busy.contains(slot)) << "slot " << slot << " came back twice";
                results[busy[slot]] = result;
                seen(busy[slot], arena_.block(slot));
                busy.erase(slot);
                idle.push_back(slot);
            });
        }
        EXPECT_EQ(queue.in_flight(), 0u);
        EXPECT_EQ(queue.ready(), 0u);
        return results;
    }

    std::vector<std::uint64_t> all_blocks() const {
        std::vector<std::uint64_t> blocks(kBlocks);
        for (std::uint64_t index = 0; index < kBlocks; ++index)
            blocks[index] = index * 37 % kBlocks;  // each once, in no order
        return blocks;
    }

    Target target_;
    Arena arena_{std::size_t{kDepth} * kBlock};
    unsigned salt_ = 1;
};

TEST_P(AioQueueTest, writes_land_where_they_were_meant_and_reads_bring_them_back) {
    MAKE_QUEUE_OR_SKIP(queue, settings());
    EXPECT_EQ(queue->reads_shared_ring(), GetParam());
    EXPECT_THAT(queue->text(), testing::HasSubstr(GetParam() ? "shared memory" : "io_getevents"));
    for (const AioOperation operation : {AioOperation::write, AioOperation::write_dsync}) {
        ++salt_;
        const auto written = run(*queue, operation, all_blocks(), [](auto, auto) {});
        ASSERT_EQ(written.size(), kBlocks);
        for (const auto& [block, result] : written)
            EXPECT_EQ(result, static_cast<std::int32_t>(kBlock)) << "block " << block;
        unsigned wrong = 0;
        const auto came = run(*queue, AioOperation::read, all_blocks(),
                              [&](std::uint64_t block, std::span<const std::byte> data) {
                                  for (const std::byte byte : data)
                                      wrong += byte == content_of(block, salt_) ? 0u : 1u;
                              });
        EXPECT_EQ(came.size(), kBlocks);
        EXPECT_EQ(wrong, 0u);
        // The file itself says the same, without any queue.
        std::byte last{};
        ASSERT_EQ(fcntl(target_.file.number(), F_SETFL, 0), 0);
        ASSERT_EQ(pread(target_.file.number(), &last, 1, kBlocks * kBlock - 1), 1);
        EXPECT_EQ(last, content_of(kBlocks - 1, salt_));
        ASSERT_EQ(fcntl(target_.file.number(), F_SETFL, O_DIRECT), 0);
    }
}

// The shared memory holds a few hundred completions: it wraps many times, and the kernel must see
// what was reaped from it, or it would run out of requests.
TEST_P(AioQueueTest, goes_on_for_much_longer_than_its_memory) {
    MAKE_QUEUE_OR_SKIP(queue, settings());
    ASSERT_EQ(ftruncate(target_.file.number(), kBlocks * kBlock), 0);
    std::uint64_t bytes = 0;
    unsigned done = 0;
    for (std::uint32_t slot = 0; slot < kDepth; ++slot)
        queue->stage(slot, slot * kBlock, AioOperation::read);
    constexpr unsigned kMany = 10'000;
    for (unsigned staged = kDepth; done < kMany;) {
        ASSERT_EQ(queue->submit_and_wait(1, kLong), 0);
        ASSERT_LE(queue->in_flight(), kDepth);
        // One less than there may be, so that some always wait for the next reap.
        done += queue->reap(kDepth - 1, [&](std::uint32_t slot, std::int32_t result) {
            bytes += static_cast<std::uint64_t>(result);
            if (staged < kMany) {
                queue->stage(slot, (staged % kBlocks) * kBlock, AioOperation::read);
                ++staged;
            }
        });
    }
    EXPECT_EQ(done, kMany);
    EXPECT_EQ(bytes, std::uint64_t{kMany} * kBlock);
    EXPECT_EQ(queue->in_flight(), 0u);
}

TEST_P(AioQueueTest, data_sync_has_no_bytes) {
    MAKE_QUEUE_OR_SKIP(queue, settings());
    queue->stage(3, 12'288, AioOperation::write);
    ASSERT_EQ(queue->submit_and_wait(1, kLong), 0);
    ASSERT_EQ(queue->reap(kDepth, [](auto, std::int32_t result) { EXPECT_EQ(result, 4096); }), 1u);
    queue->stage(3, 12'288, AioOperation::data_sync);
    ASSERT_EQ(queue->submit_and_wait(1, kLong), 0);
    const unsigned came = queue->reap(kDepth, [](std::uint32_t slot, std::int32_t result) {
        EXPECT_EQ(slot, 3u);
        EXPECT_TRUE(result == 0 || result == -EINVAL) << result;  // EINVAL before Linux 4.18
    });
    EXPECT_EQ(came, 1u);
}

TEST_P(AioQueueTest, results_are_the_kernels_whatever_they_are) {
    MAKE_QUEUE_OR_SKIP(queue, settings());
    ASSERT_EQ(ftruncate(target_.file.number(), 10 * kBlock + 512), 0);
    queue->stage(0, 10 * kBlock, AioOperation::read);  // half behind the end
    queue->stage(1, 20 * kBlock, AioOperation::read);  // all behind the end
    std::map<std::uint32_t, std::int32_t> results;
    for (int tries = 0; results.size() < 2 && tries < 100; ++tries) {
        ASSERT_EQ(queue->submit_and_wait(2, kLong), 0);
        queue->reap(kDepth,
                    [&](std::uint32_t slot, std::int32_t result) { results[slot] = result; });
    }
    EXPECT_EQ(results[0], 512);
    EXPECT_EQ(results[1], 0);
}

TEST_P(AioQueueTest, what_the_kernel_does_not_take_stays_staged) {
    AioSettings with_copy = settings();
    Fd copy(fcntl(target_.file.number(), F_DUPFD_CLOEXEC, 0));
    with_copy.file = copy.number();
    MAKE_QUEUE_OR_SKIP(queue, with_copy);
    copy = Fd();
    ASSERT_EQ(fcntl(with_copy.file, F_GETFD), -1);
    queue->stage(5, 0, AioOperation::read);
    queue->stage(2, kBlock, AioOperation::read);
    EXPECT_EQ(queue->submit_and_wait(0, 0), EBADF);
    EXPECT_EQ(queue->staged(), 2u);
    EXPECT_EQ(queue->staged_slot(0), 5u);
    EXPECT_EQ(queue->staged_slot(1), 2u);
    EXPECT_EQ(queue->in_flight(), 0u);
}

TEST_P(AioQueueTest, waits_for_no_more_than_is_in_flight) {
    MAKE_QUEUE_OR_SKIP(queue, settings());
    EXPECT_EQ(queue->submit_and_wait(5, kLong), 0);  // nothing: comes back at once
    ASSERT_EQ(ftruncate(target_.file.number(), kBlock), 0);
    queue->stage(0, 0, AioOperation::read);
    EXPECT_EQ(queue->submit_and_wait(5, kLong), 0);
    EXPECT_EQ(queue->ready(), 1u);
    EXPECT_EQ(queue->reap(0, [](auto, auto) { FAIL(); }), 0u);
    EXPECT_EQ(queue->reap(5, [](auto, std::int32_t result) { EXPECT_EQ(result, 4096); }), 1u);
}

TEST_P(AioQueueTest, may_be_moved_and_destroyed_with_operations_in_flight) {
    auto arena = std::make_unique<Arena>(std::size_t{kDepth} * kBlock);
    AioSettings own = settings();
    own.arena = arena->all();
    ASSERT_EQ(ftruncate(target_.file.number(), kBlocks * kBlock), 0);
    {
        MAKE_QUEUE_OR_SKIP(first, own);
        for (std::uint32_t slot = 0; slot < kDepth; ++slot)
            first->stage(slot, slot * kBlock, AioOperation::write_dsync);
        ASSERT_EQ(first->submit_and_wait(0, 0), 0);
        const AioQueue moved = std::move(*first);
        EXPECT_EQ(moved.in_flight(), kDepth);
    }
    // Nothing writes to or reads from it any more.
    arena.reset();
}

INSTANTIATE_TEST_SUITE_P(Reaping, AioQueueTest, testing::Bool(), [](const auto& of) {
    return of.param ? "from_shared_memory" : "with_io_getevents";
});

TEST(AioQueue, refuses_what_would_make_a_wrong_number) {
    const Arena arena(kDepth * kBlock);
    const Fd memory(memfd_create("aio_test", MFD_CLOEXEC));
    const auto kind = [](const AioSettings& settings) {
        const auto queue = AioQueue::create(settings);
        return queue ? ErrorKind::internal : queue.error().kind;
    };
    EXPECT_EQ(kind({0, memory.number(), arena.all(), kBlock}), ErrorKind::usage);
    EXPECT_EQ(kind({kMostAioDepth + 1, memory.number(), arena.all(), kBlock}), ErrorKind::usage);
    EXPECT_EQ(kind({kDepth + 1, memory.number(), arena.all(), kBlock}), ErrorKind::usage);
    EXPECT_EQ(kind({kDepth, memory.number(), arena.all(), 0}), ErrorKind::usage);
    // Without direct I/O the kernel would do one operation after the other.
    EXPECT_EQ(kind({kDepth, memory.number(), arena.all(), kBlock}), ErrorKind::unsupported);
    EXPECT_FALSE(AioQueue::create({kDepth, -1, arena.all(), kBlock}));
}

}  // namespace
}  // namespace assay::storage
