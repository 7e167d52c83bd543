#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace assay::measure {

/// One of the cases of one of the prepared workloads.
struct CaseIndex {
    std::size_t workload = 0;
    std::size_t case_index = 0;
    auto operator<=>(const CaseIndex&) const = default;
};

/// The order of the rounds: each pass takes every case once, in a fresh seeded random order, so
/// that drift of the host hits all alike. Refused rounds are repeated after the planned ones, at
/// most a quarter as many as were planned.
class Schedule {
  public:
    /// `seldom`: cases of which fewer rounds are taken, evenly over the passes.
    Schedule(std::vector<CaseIndex> cases, std::size_t rounds, std::uint64_t seed,
             const std::map<CaseIndex, std::size_t>& seldom = {});

    /// The next round to take; nullopt when nothing is left.
    std::optional<CaseIndex> next();
    /// The round just taken was refused. Returns whether it will be repeated.
    bool repeat(CaseIndex round);
    /// Takes no more rounds of a workload that failed.
    void drop(std::size_t workload);

    std::size_t planned() const { return planned_; }  ///< rounds, without repeats
    std::size_t remaining() const { return queue_.size(); }
    std::size_t remaining_of(const CaseIndex& round) const;

  private:
    std::deque<CaseIndex> queue_;
    std::map<CaseIndex, std::size_t> repeats_;
    std::size_t planned_ = 0;
    std::size_t rounds_of_a_case_ = 0;
    std::size_t repeats_left_ = 0;
};

/// A different, reproducible number for each (seed, stream): splitmix64 (Steele, Lea, Flood 2014).
std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t stream);

/// Rounds of a case, about, with its warm-up and its share of the repeats. Probes may not do more
/// than they announced for so many.
std::size_t most_rounds(std::size_t planned);

struct RoundBudget {
    std::chrono::nanoseconds left{};     ///< until the run must end, verification not included
    std::size_t rounds = 0;              ///< planned
    std::optional<double> shares{};      ///< sum of all rounds' shares; absent = all are full ones
    std::chrono::nanoseconds longest{};  ///< of a round's timed work
    std::chrono::nanoseconds
        overhead{};  ///< of a round beside its timed work: settling, gates, ramp, drain
    std::chrono::nanoseconds
        fixed{};  ///< sum of the timed work of rounds that have their own length
};

/// Of the time that is left, what all rounds that last (Lasting) may have together at most.
std::chrono::nanoseconds most_of_lasting(std::chrono::nanoseconds left);

/// The timed work of all planned rounds together, so that a quarter of repeats fits too; 0 where
/// the time does not even suffice for what lies between the rounds.
std::chrono::nanoseconds timed_work(const RoundBudget& budget);

/// How long the timed work of a full round may be, so that all planned rounds and a quarter of
/// repeats fit; never over `longest`, never under 50 ms (then fewer rounds fit, and the run says
/// so).
std::chrono::nanoseconds round_duration(const RoundBudget& budget);

}  // namespace assay::measure
