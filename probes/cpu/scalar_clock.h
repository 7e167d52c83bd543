#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/host/clock.h"

/// The clock of a core from register operations that each need the one before: n of them take n
/// times their latency, whatever else the core can do at once. No table of models: the latencies
/// used are the same on every core of the architecture, and two chains that use different units
/// must agree.
namespace assay::cpu {

struct RegisterChain {
    std::string_view name;        ///< in the plural: "dependent additions"
    std::uint64_t cycles_a_pass;  ///< latency x operations in a pass
    std::uint64_t (*run)(std::uint64_t passes);
    std::uint64_t (*known)(std::uint64_t passes);  ///< what `run` must return, in closed form
};

/// The chain that measures, then the one that checks it. x86-64: 64-bit additions of two registers
/// (one cycle; an addition of a constant may be folded away at rename), then 32-bit multiplications
/// (three cycles on every core of both makers since 2008). aarch64: additions, then exclusive ors
/// (one cycle each). Empty on other processors.
std::span<const RegisterChain> register_chains();

struct ChainRun {
    double hz = 0;            ///< an interrupt or a throttled slice can only make it lower
    std::uint64_t value = 0;  ///< proof of the work
};
/// The rate at which the calling core runs `passes` of the chain.
ChainRun run_chain(const RegisterChain& chain, std::uint64_t passes, const host::Clock& clock,
                   double ns_per_tick);

/// One short run of the chain that measures, some 5 us: the highest of several is the clock.
/// nullopt where there are no chains.
std::optional<double> scalar_clock_hz(const host::Clock& clock, double ns_per_tick);

}  // namespace assay::cpu
