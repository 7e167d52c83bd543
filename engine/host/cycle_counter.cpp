#include "engine/host/cycle_counter.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

namespace assay::host {

std::optional<CycleCounter> CycleCounter::open() {
    perf_event_attr wanted{};
    wanted.type = PERF_TYPE_HARDWARE;
    wanted.size = sizeof wanted;
    wanted.config = PERF_COUNT_HW_CPU_CYCLES;
    wanted.exclude_kernel = 1;
    wanted.exclude_hv = 1;
    wanted.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    constexpr pid_t kThisThread = 0;
    constexpr int kAnyCpu = -1, kNoGroup = -1;
    const long fd =
        syscall(SYS_perf_event_open, &wanted, kThisThread, kAnyCpu, kNoGroup, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0)
        return std::nullopt;
    CycleCounter counter(static_cast<int>(fd));
    // Some hypervisors offer a counter that never counts.
    if (counter.read().value_or(0) == 0)
        return std::nullopt;
    return counter;
}

CycleCounter::CycleCounter(CycleCounter&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

CycleCounter::~CycleCounter() {
    if (fd_ >= 0)
        close(fd_);
}

std::optional<std::uint64_t> CycleCounter::read() const {
    struct {
        std::uint64_t cycles, enabled, running;
    } seen{};
    if (::read(fd_, &seen, sizeof seen) != static_cast<ssize_t>(sizeof seen))
        return std::nullopt;
    if (seen.running != seen.enabled)
        return std::nullopt;
    return seen.cycles;
}

}  // namespace assay::host
