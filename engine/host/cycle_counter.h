#pragma once

#include <cstdint>
#include <optional>

namespace assay::host {

/// The processor's own count of cycles that the calling thread spends in user mode, where the
/// system lets a user have it (perf_event_open, PERF_COUNT_HW_CPU_CYCLES;
/// kernel.perf_event_paranoid up to 2). Many virtual machines have no such counter.
class CycleCounter {
  public:
    /// nullopt where there is none, or none for us: never an error.
    static std::optional<CycleCounter> open();
    ~CycleCounter();
    CycleCounter(CycleCounter&& other) noexcept;
    CycleCounter& operator=(CycleCounter&&) = delete;

    /// Cycles since it was opened. nullopt once the counter had to be shared with others, so that
    /// the kernel would have to guess.
    std::optional<std::uint64_t> read() const;

  private:
    explicit CycleCounter(int fd) : fd_(fd) {}
    int fd_;
};

}  // namespace assay::host
