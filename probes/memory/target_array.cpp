#include "probes/memory/target_array.h"

#include <utility>

#include "probes/memory/word_pattern.h"

namespace assay::memory {
namespace {

// No word that a kernel stores: those of the pattern begin with 0x43, written ones are one byte
// eight times.
constexpr std::uint64_t kSpoilt = 0x0badbadbadbadbad;
// One in 64 KiB, at a place of a page that moves on from one to the next.
constexpr std::size_t kSpots = 16;
constexpr std::size_t kSpotStride = kWordsPerBlock / kSpots;

constexpr std::size_t spot_word(std::size_t spot) {
    return spot * kSpotStride + spot * 37;
}
static_assert(spot_word(kSpots - 1) < kWordsPerBlock);

/// The pass's byte eight times, never 0.
std::uint64_t written_word(std::uint64_t pass) {
    return (1 + pass % 255) * 0x0101010101010101u;
}

}  // namespace

TargetArray::TargetArray(FilledMemory memory)
    : memory_(std::move(memory)), states_(memory_.blocks) {}

Expected<TargetArray> TargetArray::make(const ArrayRequest& request) {
    ASSAY_TRY(FilledMemory memory, fill_memory(request));
    return TargetArray(std::move(memory));
}

std::uint64_t* TargetArray::words(std::size_t block) const {
    return reinterpret_cast<std::uint64_t*>(memory_.data() + block * kBlockBytes);
}

std::uint64_t TargetArray::expected(const BlockState& state, std::size_t word) {
    if (state.operation == Operation::copy)
        return pattern_word(state.first_from + word);
    if (state.operation == Operation::triad)
        return triad_word(state.first_from + word, state.first_with + word);
    return state.word;
}

void TargetArray::spoil() {
    for (std::size_t block = 0; block < blocks(); ++block) {
        states_[block].stored = false;
        for (std::size_t spot = 0; spot < kSpots; ++spot)
            words(block)[spot_word(spot)] = kSpoilt;
    }
}

void TargetArray::store_block(const StoreKernel& kernel, const PrivateArray& from,
                              const PrivateArray& with) {
    const std::size_t from_block = next_ % from.blocks();
    const std::size_t with_block = next_ % with.blocks();
    const BlockState state{.stored = true,
                           .operation = kernel.operation,
                           .word = written_word(passes_++),
                           .first_from = from.block_word(from_block),
                           .first_with = with.block_word(with_block)};
    kernel.run({.to = memory_.data() + next_ * kBlockBytes,
                .from = from.block(from_block),
                .with = with.block(with_block),
                .bytes = kBlockBytes,
                .word = state.word});
    states_[next_] = state;
    next_ = next_ + 1 == blocks() ? 0 : next_ + 1;
}

std::uint64_t TargetArray::wrong_spots() const {
    std::uint64_t wrong = 0;
    for (std::size_t block = 0; block < blocks(); ++block) {
        bool good = true;
        for (std::size_t spot = 0; states_[block].stored && spot < kSpots; ++spot)
            good =
                good && words(block)[spot_word(spot)] == expected(states_[block], spot_word(spot));
        wrong += !good;
    }
    return wrong;
}

std::uint64_t TargetArray::wrong_blocks() const {
    std::uint64_t wrong = 0;
    for (std::size_t block = 0; block < blocks(); ++block) {
        bool good = true;
        for (std::size_t word = 0; states_[block].stored && good && word < kWordsPerBlock; ++word)
            good = words(block)[word] == expected(states_[block], word);
        wrong += !good;
    }
    return wrong;
}

}  // namespace assay::memory
