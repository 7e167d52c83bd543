#include "probes/network/udp/lossless.h"

#include <algorithm>

#include "engine/core/random.h"

namespace assay::network::udp {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

/// Long enough for a scheduler's hiccup to be a small part of it.
constexpr nanoseconds kLongestBrief = milliseconds(300), kShortestBrief = milliseconds(40);
/// In 5 s the 50 ms that a queue takes is one percent.
constexpr nanoseconds kLongestFull = std::chrono::seconds(5), kShortestFull = milliseconds(150);
constexpr nanoseconds kBriefDrain = milliseconds(200), kFullDrain = milliseconds(500);
/// What did not come within this time after all else is not waited for: it only has to be told
/// whether everything came, and a queue that still drains is not quiet.
constexpr nanoseconds kBriefQuiet = milliseconds(30), kFullQuiet = milliseconds(100);
constexpr nanoseconds kLongestRamp = milliseconds(500);
/// Some 5 ms of a 1 Gbit/s flow, so that the interface has work while the sender has no CPU.
constexpr std::size_t kSendBufferBytes = std::size_t{1} << 20;

struct Times {
    nanoseconds brief, full;
    SteadyTime brief_until, full_until, last_until;
};

/// Half of the time for closing in, the other half for one full trial; beyond it only what finds
/// some rate that passes.
Expected<Times> times_of(nanoseconds duration, const Interrupt& interrupt) {
    const SteadyTime now = steady_clock::now();
    const nanoseconds left = interrupt.deadline - now;
    constexpr nanoseconds kLeast = 2 * (kShortestBrief + kShortestFull);
    // Rounds of a short run are shorter than a search can be; then it takes what it needs.
    const nanoseconds most = std::min(std::max(duration, kLeast), left * 2 / 3);
    if (most < kLeast || left < kLeast + kFullDrain)
        return failure(ErrorKind::timed_out,
                       "a search for the lossless UDP rate needs a second, and so much is not "
                       "left before its deadline; give a larger --budget or --duration");
    Times times{.brief = std::clamp(most / 24, kShortestBrief, kLongestBrief),
                .full = std::clamp(most * 2 / 5, kShortestFull, kLongestFull),
                .brief_until = now + most * 9 / 20,
                .full_until = now + most * 21 / 20,
                .last_until = now + most * 2};
    const SteadyTime last = interrupt.deadline - times.full - 2 * kFullDrain;
    times.full_until = std::min(times.full_until, last);
    times.last_until = std::min(times.last_until, last);
    return times;
}

/// A drop of coalesced datagrams does not say how many they were; but then it was a drop.
bool lost_at_receiver(const Trial& trial) {
    const Account& account = trial.account;
    return account.told_apart ? account.network == 0 && account.sender_host == 0 &&
                                    account.receiver_socket + account.receiver_host > 0
                              : trial.receiver.socket_drops.value_or(0) > 0;
}

RateSample sample_of(const Trial& trial) {
    return {.offered_per_s = trial.sent_per_s().value_or(0),
            .delivered_per_s = trial.delivered_per_s().value_or(0),
            .lossless = trial.account.lossless() && trial.delivered_per_s().has_value(),
            .lost_at_receiver = lost_at_receiver(trial)};
}

/// The full trial whose rate is the answer is the one that delivered most.
bool is_best(const LosslessRate& found, const RateSample& sample) {
    return !found.confirmed ||
           sample.delivered_per_s > found.confirmed->delivered_per_s().value_or(0);
}

}  // namespace

Expected<LosslessRate> find_lossless_rate(control::Peer& peer, const host::Host& host,
                                          const LosslessPlan& plan, const Interrupt& interrupt) {
    ASSAY_TRY(const Times times, times_of(plan.duration, interrupt));
    LosslessRate found;
    SplitMix64 rounds(plan.seed);
    // The sending host's own queue may hold less than our buffer; then the system's buffer is
    // taken, which holds the sender back, as it would any program, before the queue has to drop.
    std::size_t send_buffer_bytes = kSendBufferBytes;
    const auto play = [&](double datagrams_per_s, TrialLength length) -> Expected<RateSample> {
        TrialPlan one;
        one.direction = plan.direction;
        one.payload_bytes = plan.payload_bytes;
        one.datagrams_per_s = datagrams_per_s;
        one.duration = length == TrialLength::brief ? times.brief : times.full;
        one.ramp = std::min(kLongestRamp, one.duration / 4);
        one.drain = length == TrialLength::brief ? kBriefDrain : kFullDrain;
        one.quiet = length == TrialLength::brief ? kBriefQuiet : kFullQuiet;
        one.send_buffer_bytes = send_buffer_bytes;
        one.send_engine = plan.send_engine;
        one.receive_engine = plan.receive_engine;
        ASSAY_TRY(Trial played, play_trial(peer, host, one, rounds.next(), interrupt));
        ++found.trials;
        const RateSample sample = sample_of(played);
        if (played.account.broken)
            found.broken = played.account.broken;
        if (!sample.lossless)
            found.lossy = std::move(played);
        else if (length == TrialLength::full && is_best(found, sample))
            found.confirmed = std::move(played);
        return sample;
    };
    const auto trial = [&](double datagrams_per_s, TrialLength length) -> Expected<RateSample> {
        ASSAY_TRY(const RateSample sample, play(datagrams_per_s, length));
        const bool own_queue = !sample.lossless && send_buffer_bytes != 0 &&
                               found.lossy->account.lost() == found.lossy->account.sender_host;
        if (!own_queue)
            return sample;
        send_buffer_bytes = 0;
        return play(datagrams_per_s, length);
    };
    const SearchSettings settings{.most_per_s = 0,
                                  .brief_until = times.brief_until,
                                  .full_until = times.full_until,
                                  .last_until = times.last_until};
    ASSAY_TRY(const std::optional<SearchResult> result, search_rate(settings, trial));
    if (!result)
        return found;
    found.bytes_per_s = result->delivered_per_s * static_cast<double>(plan.payload_bytes);
    found.sender_bound = result->sender_bound && found.confirmed->sender.waits == 0;
    found.receiver_bound = result->receiver_bound;
    return found;
}

}  // namespace assay::network::udp
