#pragma once

#include <cstdint>
#include <optional>

namespace assay::host {

/// The processor's own count of loads of the calling thread in user mode that asked the last-level
/// cache, and of those that it did not have, where the system lets a user have them
/// (perf_event_open, PERF_TYPE_HW_CACHE; kernel.perf_event_paranoid up to 2). Which of the
/// processor's events stand for them is the kernel's choice for each maker. Many virtual machines
/// have none.
class CacheCounter {
  public:
    /// Counts from now on. nullopt where there is none, or none for us: never an error.
    static std::optional<CacheCounter> open();
    ~CacheCounter();
    CacheCounter(CacheCounter&& other) noexcept;
    CacheCounter& operator=(CacheCounter&& other) noexcept;

    struct Counts {
        std::uint64_t loads = 0, misses = 0;
    };
    /// Since it was opened. nullopt once the counters had to be shared with others, so that the
    /// kernel would have to guess.
    std::optional<Counts> read() const;

  private:
    CacheCounter(int loads, int misses) : loads_(loads), misses_(misses) {}
    int loads_, misses_;  ///< file descriptors of one group
};

}  // namespace assay::host
