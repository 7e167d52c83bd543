#pragma once

#include <cstdint>
#include <optional>

#include "engine/host/clock.h"
#include "probes/memory/private_array.h"
#include "probes/memory/read_kernel.h"
#include "probes/memory/store_kernel.h"

namespace assay::memory {

/// What a generator moves: of every four bytes, how many are loads.
enum class LoadMix { reads_100, reads_75, reads_50 };
std::uint64_t read_percent(LoadMix mix);  ///< 100, 75, 50

/// One thread's load on the memory, at a rate that the clock sets: small steps, each begun when it
/// is due. It never makes up for more than one block of lost time.
class Generator {
  public:
    struct MemoryRequest {
        ArrayRequest source, target;
        ReadKernel read{};
        StoreKernel copy{};
    };
    /// Called on the thread that will use it (first touch). Errors: as fill_memory.
    static Expected<Generator> make(const MemoryRequest& request);

    /// From now on: `ticks_a_byte` between the beginnings of bytes; 0 = as fast as it can.
    void set(LoadMix mix, double ticks_a_byte);
    /// Works and waits for some 50 us. Returns the bytes loaded and stored.
    std::uint64_t block(const host::Clock& clock);
    /// Steps whose loads did not add up, or whose stores are not what was loaded.
    std::uint64_t wrong_steps() const { return wrong_steps_; }
    /// Looks at what the last copy left. Outside the clock.
    void check_last_copy();

    const FilledMemory& source() const { return source_; }
    const FilledMemory& target() const { return target_; }

  private:
    Generator(FilledMemory source, FilledMemory target, const MemoryRequest& request);
    std::uint64_t read_step();
    std::uint64_t copy_step();

    FilledMemory source_, target_;
    ReadKernel read_;
    StoreKernel copy_;
    std::size_t read_stream_bytes_;
    std::size_t read_at_ = 0, copy_at_ = 0;
    std::optional<std::size_t> copied_;  ///< offset of the last copy
    LoadMix mix_ = LoadMix::reads_100;
    unsigned turn_ = 0;  ///< of the steps of a mix
    double ticks_a_byte_ = 0;
    double due_ = 0;  ///< tick of the next step
    std::uint64_t wrong_steps_ = 0;
};

}  // namespace assay::memory
