#include "engine/host/cache_counter.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

namespace assay::host {
namespace {

int open_event(std::uint64_t result, int group) {
    perf_event_attr wanted{};
    wanted.type = PERF_TYPE_HW_CACHE;
    wanted.size = sizeof wanted;
    wanted.config = PERF_COUNT_HW_CACHE_LL | (PERF_COUNT_HW_CACHE_OP_READ << 8) | (result << 16);
    wanted.exclude_kernel = 1;
    wanted.exclude_hv = 1;
    wanted.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    constexpr pid_t kThisThread = 0;
    constexpr int kAnyCpu = -1;
    return static_cast<int>(
        syscall(SYS_perf_event_open, &wanted, kThisThread, kAnyCpu, group, PERF_FLAG_FD_CLOEXEC));
}

std::optional<std::uint64_t> read_event(int fd) {
    struct {
        std::uint64_t count, enabled, running;
    } seen{};
    if (::read(fd, &seen, sizeof seen) != static_cast<ssize_t>(sizeof seen) ||
        seen.running != seen.enabled)
        return std::nullopt;
    return seen.count;
}

}  // namespace

std::optional<CacheCounter> CacheCounter::open() {
    constexpr int kNoGroup = -1;
    const int loads = open_event(PERF_COUNT_HW_CACHE_RESULT_ACCESS, kNoGroup);
    if (loads < 0)
        return std::nullopt;
    CacheCounter counter(loads, -1);
    counter.misses_ = open_event(PERF_COUNT_HW_CACHE_RESULT_MISS, loads);
    if (counter.misses_ < 0)
        return std::nullopt;
    return counter;
}

CacheCounter::CacheCounter(CacheCounter&& other) noexcept
    : loads_(std::exchange(other.loads_, -1)), misses_(std::exchange(other.misses_, -1)) {}

CacheCounter& CacheCounter::operator=(CacheCounter&& other) noexcept {
    std::swap(loads_, other.loads_);
    std::swap(misses_, other.misses_);
    return *this;
}

CacheCounter::~CacheCounter() {
    for (const int fd : {misses_, loads_})
        if (fd >= 0)
            close(fd);
}

std::optional<CacheCounter::Counts> CacheCounter::read() const {
    const auto loads = read_event(loads_);
    const auto misses = read_event(misses_);
    // A counter that some hypervisors offer never counts; more misses than loads are no share.
    if (!loads || !misses || *loads == 0 || *misses > *loads)
        return std::nullopt;
    return Counts{*loads, *misses};
}

}  // namespace assay::host
