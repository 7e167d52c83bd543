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
    std::string_view name;        ///< in the plural: "dependent multiplications"
    std::uint64_t cycles_a_pass;  ///< latency x operations in a pass
    std::uint64_t (*run)(std::uint64_t passes);
    std::uint64_t (*known)(std::uint64_t passes);  ///< what `run` must return, in closed form
};

/// The chain that measures, then the one that checks it. x86-64: 32-bit multiplications (three
/// cycles on every core of both makers since 2008), then 64-bit additions of two registers (one
/// cycle; an addition of a constant may be folded away at rename). The longer latency measures: on
/// a core whose second hardware thread is busy, one-cycle chains were seen to lose a start in a
/// hundred cycles or more (Zen 4: additions 0.9 %, rotations 2.1 %), those of three and four cycles
/// none. aarch64: additions, then exclusive ors (one cycle each). Empty on other processors.
std::span<const RegisterChain> register_chains();

struct ChainRun {
    double hz = 0;            ///< an interrupt or a throttled slice can only make it lower
    std::uint64_t value = 0;  ///< proof of the work
};
/// The rate at which the calling core runs `passes` of the chain.
ChainRun run_chain(const RegisterChain& chain, std::uint64_t passes, const host::Clock& clock,
                   double ns_per_tick);

#if defined(__x86_64__)
/// What a chain of 32-bit multiplications leaves of `start`: start x factor^times, modulo 2^32.
std::uint64_t chain_product(std::uint32_t start, std::uint32_t factor, std::uint64_t times);
#endif

/// The higher of a short run of each chain, some 6 us in all: who shares the core's multiplier or
/// its other units can only lower either. The highest of several calls is the clock. nullopt where
/// there are no chains.
std::optional<double> scalar_clock_hz(const host::Clock& clock, double ns_per_tick);

}  // namespace assay::cpu
