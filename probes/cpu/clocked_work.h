#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/core/finding.h"
#include "engine/host/clock.h"
#include "engine/host/worker_team.h"
#include "engine/probe.h"

namespace assay::cpu {

/// Work of a team that also sees the clock of every CPU, so that its rate can be held against what
/// a cycle can do. Tell it what happens in `begin`, `work` and `end`.
class ClockedWork : public host::TeamWork {
  public:
    ClockedWork(const host::Clock& clock, std::size_t workers);

    void enter(std::size_t worker) final;
    void leave(std::size_t worker) final;
    std::uint64_t block(std::size_t worker) final;

    /// The highest that was seen, in Hz; 0 where it cannot be measured.
    double clock_hz(std::size_t worker) const { return rows_[worker].clock_hz; }

  protected:
    virtual void begin(std::size_t /*worker*/) {}        ///< outside the clock
    virtual std::uint64_t work(std::size_t worker) = 0;  ///< one block; returns units
    virtual void end(std::size_t /*worker*/) {}          ///< outside the clock

  private:
    struct alignas(128) Row {
        std::uint64_t blocks = 0;
        double clock_hz = 0;
    };
    void sample(std::size_t worker);
    void sample_often(std::size_t worker);

    const host::Clock& clock_;
    const double ns_per_tick_;
    std::vector<Row> rows_;
};

/// The finding `impossible` where a worker did more bytes a cycle of its own clock than `most`,
/// with 3 % for the clock's rise between samples. Units of the report are bytes. `why`: a clause,
/// what limits it.
std::optional<Finding> impossible_rate(const host::TeamReport& report, const ClockedWork& work,
                                       double most_bytes_per_cycle, std::string_view why);

/// Units a second of all threads, each by the part of the window that it was there for: one whose
/// blocks are long may come late to the opening. nullopt where a thread had nothing of it.
std::optional<double> rate_of(const host::TeamReport& report);

}  // namespace assay::cpu
