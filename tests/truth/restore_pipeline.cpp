#include "tests/truth/restore_pipeline.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/host/libcrypto.h"
#include "probes/cpu/zstd_codec.h"
#include "tests/support/block_throttle.h"

namespace assay::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(60);
constexpr std::size_t kQueueChunks = 4;

/// Bytes that begin at a sector in memory, as direct I/O wants them.
struct Block {
    explicit Block(std::size_t bytes)
        : data(static_cast<std::byte*>(std::aligned_alloc(
                   kSectorBytes, (bytes + kSectorBytes - 1) / kSectorBytes * kSectorBytes)),
               &std::free),
          size(bytes) {}
    std::unique_ptr<std::byte, decltype(&std::free)> data;
    std::size_t size;
};

/// A queue with room for some chunks. Both ends give up at the deadline or when any thread failed.
class Channel {
  public:
    Channel(std::atomic<bool>& failed, Clock::time_point deadline)
        : failed_(failed), deadline_(deadline) {}
    bool push(Block block) {
        std::unique_lock lock(mutex_);
        if (!wait(lock, [&] { return blocks_.size() < kQueueChunks; }))
            return false;
        blocks_.push_back(std::move(block));
        changed_.notify_all();
        return true;
    }
    std::optional<Block> pop() {
        std::unique_lock lock(mutex_);
        if (!wait(lock, [&] { return !blocks_.empty(); }))
            return std::nullopt;
        Block block = std::move(blocks_.front());
        blocks_.pop_front();
        changed_.notify_all();
        return block;
    }

  private:
    bool wait(std::unique_lock<std::mutex>& lock, const std::function<bool()>& ready) {
        while (!ready()) {
            if (failed_ || Clock::now() > deadline_)
                return false;
            changed_.wait_for(lock, std::chrono::milliseconds(50));
        }
        return true;
    }
    std::atomic<bool>& failed_;
    Clock::time_point deadline_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Block> blocks_;
};

struct File {
    explicit File(int descriptor) : number(descriptor) {}
    File(File&& other) noexcept : number(std::exchange(other.number, -1)) {}
    File& operator=(File&& other) noexcept {
        std::swap(number, other.number);
        return *this;
    }
    ~File() {
        if (number >= 0)
            close(number);
    }
    int number;
};

/// A connection from left to right, with time-outs, so that nobody waits for ever.
struct Connection {
    File sender{-1}, receiver{-1};
};
Expected<Connection> connect_sides(const RestorePlaces& places) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, kRightAddress, &address.sin_addr);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof address;
    int listener = -1, sender = -1;
    bool is_open = false;
    ASSAY_TRY_VOID(places.right.run([&] {
        listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        is_open = listener >= 0 && bind(listener, generic, length) == 0 &&
                  listen(listener, 1) == 0 && getsockname(listener, generic, &length) == 0;
    }));
    const File listening(listener);
    if (!is_open)
        return system_failure("listen in the target's namespace", errno);
    ASSAY_TRY_VOID(places.left.run([&] {
        sender = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        // As the network probe measures: the host's default may leave a queue empty on purpose.
        is_open = sender >= 0 &&
                  setsockopt(sender, IPPROTO_TCP, 13 /* TCP_CONGESTION */, "reno", 4) == 0 &&
                  connect(sender, generic, length) == 0;
    }));
    Connection connection{File(sender), File(-1)};
    if (!is_open)
        return system_failure("connect from the source's namespace", errno);
    connection.receiver = File(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (connection.receiver.number < 0)
        return system_failure("accept", errno);
    const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
    setsockopt(sender, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(connection.receiver.number, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return connection;
}

class Restore {
  public:
    Restore(const Image& image, std::size_t chunks, const RestorePlaces& places,
            const RestoreLimits& limits, Connection connection, File source, File target)
        : image_(image),
          chunks_(chunks),
          places_(places),
          limits_(limits),
          connection_(std::move(connection)),
          source_(std::move(source)),
          target_(std::move(target)) {}

    Expected<double> run() {
        // A limit's group holds one thread: the reader and the writer each make their own.
        std::thread writer([this] { stage(&Restore::write_all); });
        std::thread reader([this] { stage(&Restore::read_all); });
        while (ready_ < 2 && !failed_ && Clock::now() < deadline_)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const auto began = Clock::now();
        go_ = true;
        std::vector<std::thread> threads;
        for (const auto part : {&Restore::send_all, &Restore::receive_all, &Restore::decrypt_all,
                                &Restore::decompress_all})
            threads.emplace_back([this, part] { stage(part); });
        writer.join();
        const double seconds = std::chrono::duration<double>(ended_ - began).count();
        reader.join();
        for (std::thread& thread : threads)
            thread.join();
        if (failed_)
            return failure(ErrorKind::io, "the restore failed in its stage " + failed_in_);
        return seconds;
    }

  private:
    using Part = bool (Restore::*)();
    void stage(Part part) {
        if ((this->*part)())
            return;
        failed_ = true;
    }
    bool fail(const char* where) {
        const std::lock_guard lock(mutex_);
        if (failed_in_.empty())
            failed_in_ = std::string(where) + " (" + std::strerror(errno) + ")";
        return false;
    }
    bool wait_for_go() {
        ++ready_;
        while (!go_ && !failed_ && Clock::now() < deadline_)
            std::this_thread::yield();
        return go_;
    }

    bool read_all() {
        const auto throttle = BlockThrottle::read_bytes(
            places_.source.major(), places_.source.minor(), limits_.read_bytes_per_s);
        if (!throttle || !wait_for_go())
            return fail("throttle of the source");
        for (std::size_t index = 0; index < chunks_; ++index) {
            const ImageChunk& chunk = image_.chunks[index];
            Block block(chunk.stored_bytes);
            if (pread(source_.number, block.data.get(), block.size,
                      static_cast<off_t>(chunk.stored_at)) != static_cast<ssize_t>(block.size))
                return fail("read");
            if (!read_.push(std::move(block)))
                return fail("queue behind read");
        }
        return true;
    }

    bool send_all() {
        for (std::size_t index = 0; index < chunks_; ++index) {
            const auto block = read_.pop();
            if (!block)
                return fail("queue before send");
            for (std::size_t at = 0; at < block->size;) {
                const ssize_t sent = send(connection_.sender.number, block->data.get() + at,
                                          block->size - at, MSG_NOSIGNAL);
                if (sent <= 0)
                    return fail("send");
                at += static_cast<std::size_t>(sent);
            }
        }
        return true;
    }

    bool receive_all() {
        for (std::size_t index = 0; index < chunks_; ++index) {
            Block block(image_.chunks[index].stored_bytes);
            for (std::size_t at = 0; at < block.size;) {
                const ssize_t got =
                    recv(connection_.receiver.number, block.data.get() + at, block.size - at, 0);
                if (got <= 0)
                    return fail("receive");
                at += static_cast<std::size_t>(got);
            }
            if (!received_.push(std::move(block)))
                return fail("queue behind receive");
        }
        return true;
    }

    bool decrypt_all() {
        auto cipher =
            host::Cipher::make(host::CipherMode::gcm, host::CipherDirection::decrypt, image_.key);
        for (std::size_t index = 0; cipher && index < chunks_; ++index) {
            const auto block = received_.pop();
            if (!block)
                return fail("queue before decrypt");
            Block packed(image_.chunks[index].packed_bytes);
            std::byte* place = block->data.get();
            std::uint64_t record = first_record_of(index);
            for (std::size_t at = 0; at < packed.size; at += kRecordBytes, ++record) {
                const std::size_t bytes = std::min(kRecordBytes, packed.size - at);
                const auto iv = iv_of(record);
                if (!cipher->run(
                        {place, packed.data.get() + at, bytes, iv.data(), {}, place + bytes}))
                    return fail("decrypt: a tag does not fit");
                place += bytes + kTagBytes;
            }
            if (!decrypted_.push(std::move(packed)))
                return fail("queue behind decrypt");
        }
        return cipher ? true : fail("make the cipher");
    }

    bool decompress_all() {
        const auto codec = cpu::kZstdLibrary.make(3);
        for (std::size_t index = 0; codec && index < chunks_; ++index) {
            const auto packed = decrypted_.pop();
            if (!packed)
                return fail("queue before decompress");
            Block plain(image_.chunks[index].plain_bytes);
            if ((*codec)->decompress({packed->data.get(), packed->size},
                                     {plain.data.get(), plain.size}) != plain.size)
                return fail("decompress");
            if (!plain_.push(std::move(plain)))
                return fail("queue behind decompress");
        }
        return codec ? true : fail("make the codec");
    }

    bool write_all() {
        const auto throttle = BlockThrottle::write_bytes(
            places_.target.major(), places_.target.minor(), limits_.write_bytes_per_s);
        if (!throttle || !wait_for_go())
            return fail("throttle of the target");
        std::uint64_t unsynced = 0;
        for (std::size_t index = 0; index < chunks_; ++index) {
            const auto block = plain_.pop();
            if (!block)
                return fail("queue before write");
            if (pwrite(target_.number, block->data.get(), block->size,
                       static_cast<off_t>(image_.chunks[index].plain_at)) !=
                static_cast<ssize_t>(block->size))
                return fail("write");
            unsynced += block->size;
            const bool is_due = unsynced >= limits_.sync_every_bytes || index + 1 == chunks_;
            if (is_due && fdatasync(target_.number) != 0)
                return fail("sync");
            unsynced = is_due ? 0 : unsynced;
        }
        ended_ = Clock::now();
        return true;
    }

    const Image& image_;
    const std::size_t chunks_;
    const RestorePlaces& places_;
    const RestoreLimits& limits_;
    Connection connection_;
    File source_, target_;
    const Clock::time_point deadline_ = Clock::now() + kPatience;
    std::atomic<bool> failed_ = false, go_ = false;
    std::atomic<int> ready_ = 0;
    Channel read_{failed_, deadline_}, received_{failed_, deadline_},
        decrypted_{failed_, deadline_}, plain_{failed_, deadline_};
    std::mutex mutex_;
    std::string failed_in_;
    Clock::time_point ended_{};
};

Expected<File> open_direct(const std::string& path, int mode) {
    File file(open(path.c_str(), mode | O_DIRECT | O_CLOEXEC));
    if (file.number < 0)
        return system_failure("open " + path, errno);
    return file;
}

}  // namespace

Expected<double> time_restore(const Image& image, std::size_t chunks, const RestorePlaces& places,
                              const RestoreLimits& limits) {
    ASSAY_TRY(Connection connection, connect_sides(places));
    ASSAY_TRY(File source, open_direct(places.source.path(), O_RDONLY));
    ASSAY_TRY(File target, open_direct(places.target.path(), O_RDWR));
    Restore restore(image, chunks, places, limits, std::move(connection), std::move(source),
                    std::move(target));
    return restore.run();
}

Expected<void> store_image(const Image& image, const LoopDevice& device) {
    const File file(open(device.path().c_str(), O_WRONLY | O_CLOEXEC));
    if (file.number < 0)
        return system_failure("open " + device.path(), errno);
    for (std::size_t at = 0; at < image.stored.size();) {
        const ssize_t written =
            write(file.number, image.stored.data() + at, image.stored.size() - at);
        if (written <= 0)
            return system_failure("write " + device.path(), errno);
        at += static_cast<std::size_t>(written);
    }
    if (fsync(file.number) != 0)
        return system_failure("sync " + device.path(), errno);
    return {};
}

Expected<bool> holds_plain(const Image& image, std::size_t chunks, const LoopDevice& device) {
    const File file(open(device.path().c_str(), O_RDONLY | O_CLOEXEC));
    if (file.number < 0)
        return system_failure("open " + device.path(), errno);
    std::vector<std::byte> read(image.chunks.front().plain_bytes);
    for (std::size_t index = 0; index < chunks; ++index) {
        const ImageChunk& chunk = image.chunks[index];
        if (pread(file.number, read.data(), read.size(), static_cast<off_t>(chunk.plain_at)) !=
            static_cast<ssize_t>(read.size()))
            return system_failure("read back " + device.path(), errno);
        if (std::memcmp(read.data(), image.plain.data() + chunk.plain_at, read.size()) != 0)
            return false;
    }
    return true;
}

}  // namespace assay::test
