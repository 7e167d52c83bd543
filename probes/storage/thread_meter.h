#pragma once

#include <time.h>

#include <cstdint>

#include "engine/core/units.h"
#include "engine/host/clock.h"

namespace assay::storage {

/// CPU time and wall time of the calling thread, from its making on.
class ThreadMeter {
  public:
    std::int64_t cpu_ns() const { return thread_cpu_ns() - cpu_; }
    std::int64_t wall_ns() const {
        return static_cast<std::int64_t>(host::Clock::raw_nanoseconds() - wall_);
    }

  private:
    static std::int64_t thread_cpu_ns() {
        timespec now{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);  // cannot fail: id constant, pointer valid
        return now.tv_sec * kNanosecondsPerSecond + now.tv_nsec;
    }

    std::int64_t cpu_ = thread_cpu_ns();
    std::uint64_t wall_ = host::Clock::raw_nanoseconds();
};

}  // namespace assay::storage
