#pragma once

#include <cstdint>
#include <vector>

#include "probes/memory/private_array.h"
#include "probes/memory/store_kernel.h"

namespace assay::memory {

/// One thread's memory that is stored to, and what each of its blocks must hold by now.
class TargetArray {
  public:
    /// Errors: as fill_memory.
    static Expected<TargetArray> make(const ArrayRequest& request);

    /// Before a round: spoils some words of every block, so that one that is not stored to cannot
    /// look as if it had been.
    void spoil();
    /// Stores the next block. `from` for copy and triad, `with` for triad; their blocks are taken
    /// in turn.
    void store_block(const StoreKernel& kernel, const PrivateArray& from, const PrivateArray& with);
    /// Blocks stored to since `spoil` of which one of the spoilt words is not what it must be.
    std::uint64_t wrong_spots() const;
    /// Blocks stored to since `spoil` of which any word is not what it must be.
    std::uint64_t wrong_blocks() const;

    std::size_t blocks() const { return memory_.blocks; }
    std::size_t size() const { return blocks() * kBlockBytes; }
    const FilledMemory& memory() const { return memory_; }

  private:
    struct BlockState {
        bool stored = false;
        Operation operation = Operation::write;
        std::uint64_t word = 0;        ///< write
        std::uint64_t first_from = 0;  ///< numbers of the first words that were loaded
        std::uint64_t first_with = 0;
    };
    explicit TargetArray(FilledMemory memory);
    std::uint64_t* words(std::size_t block) const;
    static std::uint64_t expected(const BlockState& state, std::size_t word);

    FilledMemory memory_;
    std::vector<BlockState> states_;  ///< one a block
    std::size_t next_ = 0;
    std::uint64_t passes_ = 0;  ///< blocks stored so far: makes each written word a new one
};

}  // namespace assay::memory
