#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "probes/cpu/aes_kernel.h"
#include "probes/cpu/clocked_work.h"
#include "probes/cpu/record_pool.h"

namespace assay::cpu {

/// What one worker leaves of one case, away from its neighbours' cache lines.
struct alignas(128) RecordEvidence {
    std::uint64_t records = 0;
    std::uint64_t refused = 0;       ///< by the library: a tag that does not fit, above all
    std::uint64_t wrong_rounds = 0;  ///< whose records were not what they should be
};

/// Records through the library, by each worker its own; a block is some 256 KiB or 512 records.
class RecordWork final : public ClockedWork {
  public:
    RecordWork(const host::Clock& clock, std::vector<std::optional<RecordPool>>& pools,
               std::vector<RecordEvidence>& evidence, host::CipherDirection direction,
               std::size_t record_bytes, RecordFunction function);

  private:
    void begin(std::size_t worker) override;
    std::uint64_t work(std::size_t worker) override;
    void end(std::size_t worker) override;

    std::vector<std::optional<RecordPool>>& pools_;
    std::vector<RecordEvidence>& evidence_;
    const host::CipherDirection direction_;
    const std::size_t record_bytes_;
    const RecordFunction function_;
    std::size_t records_per_block_;
};

/// The rounds of AES alone, out of registers, by one worker. Every block starts from the same
/// states, so it must leave the same ones.
class CeilingWork final : public ClockedWork {
  public:
    struct Evidence {
        std::uint64_t blocks = 0;
        std::uint64_t other_answers = 0;  ///< blocks that left other states than the first one
        AesStates answer{};               ///< of the first
    };
    CeilingWork(const host::Clock& clock, const AesKernel& kernel, const AesRoundKeys& keys,
                Evidence& evidence)
        : ClockedWork(clock, 1), kernel_(kernel), keys_(keys), evidence_(evidence) {}

  private:
    std::uint64_t work(std::size_t worker) override;

    const AesKernel& kernel_;
    const AesRoundKeys& keys_;
    const AesStates start_ = start_states();
    Evidence& evidence_;
};

/// What the widest AES instructions of this processor, two a cycle, make of a cycle: 16 bytes a
/// block, 14 rounds. Without them: what no table look-up reaches.
double most_aes_bytes_per_cycle();
double most_aes_bytes_per_cycle(std::size_t vector_bytes);

}  // namespace assay::cpu
