#include "probes/network/tcp/wake_level.h"

#include <sys/socket.h>

#include <algorithm>

#include "probes/network/tcp/connection.h"

namespace assay::network::tcp {
namespace {

constexpr double kReadEvery_s = 250e-6;
constexpr double kMostBytes = 512 * 1024;
constexpr double kBufferShare = 1.0 / 8;
constexpr auto kBetweenLooks = std::chrono::milliseconds(5);

}  // namespace

std::size_t wake_level(double bytes_per_s, std::uint64_t receive_buffer_bytes) {
    const double most =
        std::min(kMostBytes, static_cast<double>(receive_buffer_bytes) * kBufferShare);
    return static_cast<std::size_t>(std::max(1.0, std::min(bytes_per_s * kReadEvery_s, most)));
}

void WakeLevel::note(const Socket& socket, std::size_t bytes, Time now) {
    if (is_refused_)
        return;
    if (bytes == 0) {
        set(socket, 1);
        return;
    }
    if (since_ == Time{})
        since_ = now;
    bytes_ += bytes;
    const auto passed = now - since_;
    if (passed < kBetweenLooks)
        return;
    const double rate = static_cast<double>(bytes_) / std::chrono::duration<double>(passed).count();
    const std::size_t wanted = wake_level(rate, receive_buffer_bytes(socket).value_or(0));
    since_ = now;
    bytes_ = 0;
    // Small changes are not worth a system call.
    if (wanted > level_ + level_ / 4 || wanted < level_ - level_ / 4)
        set(socket, wanted);
}

void WakeLevel::set(const Socket& socket, std::size_t level) {
    if (level == level_)
        return;
    const int value = static_cast<int>(level);
    is_refused_ =
        setsockopt(socket.descriptor(), SOL_SOCKET, SO_RCVLOWAT, &value, sizeof(value)) != 0;
    level_ = level;
}

}  // namespace assay::network::tcp
