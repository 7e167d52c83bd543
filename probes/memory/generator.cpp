#include "probes/memory/generator.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/core/units.h"
#include "probes/memory/word_pattern.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace assay::memory {
namespace {

// 1.5 us at 10 GB/s: small beside the latency's samples, so that a rate is a rate and no bursts.
constexpr std::size_t kStepBytes = 16 * kKiB;
constexpr std::size_t kStepChunk = kStepBytes / kStreams;  // of each stream of a read
constexpr std::int64_t kBlockNs = 50 * kNanosecondsPerMicrosecond;

void pause_briefly() {
#if defined(__x86_64__)
    _mm_pause();
#endif
}

}  // namespace

std::uint64_t read_percent(LoadMix mix) {
    return mix == LoadMix::reads_100 ? 100 : mix == LoadMix::reads_75 ? 75 : 50;
}

Generator::Generator(FilledMemory source, FilledMemory target, const MemoryRequest& request)
    : source_(std::move(source)),
      target_(std::move(target)),
      read_(request.read),
      copy_(request.copy),
      read_stream_bytes_(source_.blocks * kChunkBytes) {}

Expected<Generator> Generator::make(const MemoryRequest& request) {
    ASSAY_TRY(FilledMemory source, fill_memory(request.source));
    ASSAY_TRY(FilledMemory target, fill_memory(request.target));
    return Generator(std::move(source), std::move(target), request);
}

void Generator::set(LoadMix mix, double ticks_a_byte) {
    mix_ = mix;
    ticks_a_byte_ = ticks_a_byte;
    turn_ = 0;
    due_ = 0;
}

std::uint64_t Generator::read_step() {
    const std::uint64_t sum = read_.read(source_.data() + read_at_, read_stream_bytes_, kStepChunk);
    std::uint64_t expected = 0;
    for (std::size_t stream = 0; stream < kStreams; ++stream)
        expected +=
            pattern_sum(source_.first_word + (stream * read_stream_bytes_ + read_at_) / kWordBytes,
                        kStepChunk / kWordBytes);
    wrong_steps_ += sum != expected;
    read_at_ += kStepChunk;
    if (read_at_ == read_stream_bytes_)
        read_at_ = 0;
    return kStepBytes;
}

std::uint64_t Generator::copy_step() {
    copy_.run({.to = target_.data() + copy_at_,
               .from = source_.data() + copy_at_,
               .with = nullptr,
               .bytes = kStepBytes,
               .word = 0});
    copied_ = copy_at_;
    copy_at_ += kStepBytes;
    if (copy_at_ == std::min(source_.blocks, target_.blocks) * kBlockBytes)
        copy_at_ = 0;
    return 2 * kStepBytes;
}

void Generator::check_last_copy() {
    if (copied_ &&
        std::memcmp(target_.data() + *copied_, source_.data() + *copied_, kStepBytes) != 0)
        ++wrong_steps_;
}

std::uint64_t Generator::block(const host::Clock& clock) {
    const std::uint64_t begin = clock.ticks();
    const std::uint64_t length = clock.ticks_of_ns(kBlockNs);
    const std::uint64_t end = begin + length;
    // What was lost while the thread had no CPU is lost: a burst would be another load.
    due_ = std::max(due_, static_cast<double>(begin) - static_cast<double>(length));
    std::uint64_t bytes = 0;
    std::uint64_t now = begin;
    while (now < end) {
        if (ticks_a_byte_ > 0 && static_cast<double>(now) < due_) {
            pause_briefly();
            now = clock.ticks();
            continue;
        }
        // 75/25: a copy moves one byte each way, two reads make it three to one.
        const bool copies =
            mix_ == LoadMix::reads_50 || (mix_ == LoadMix::reads_75 && turn_++ % 3 == 0);
        const std::uint64_t moved = copies ? copy_step() : read_step();
        bytes += moved;
        due_ += static_cast<double>(moved) * ticks_a_byte_;
        now = clock.ticks();
    }
    return bytes;
}

}  // namespace assay::memory
