#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/run.h"
#include "engine/host/host.h"
#include "engine/probe.h"

/// How a run is taken: check > prepare > warm up > rounds of all cases, interleaved in a seeded
/// random order > verify, inside a hard wall-clock budget, with validity gates around each round.
namespace assay::measure {

struct ProbeRequest {
    const Probe* probe = nullptr;
    Request request;
};

struct RunPlan {
    std::string profile_name;    ///< "quick", or "probe" for one probe alone
    std::int64_t budget_ns = 0;  ///< hard
    std::size_t rounds = 0;      ///< planned valid rounds of each case
    std::size_t min_valid_rounds = 0;
    std::int64_t longest_round_ns = 0;  ///< a round is shorter where the budget asks for it
    /// Whether a case may ask for shorter rounds; not where the user named their duration.
    bool honours_round_shares = true;
    std::uint64_t seed = 0;
    std::string label;
    std::string path;  ///< for the environment: what storage is measured on
    std::vector<ProbeRequest> probes;
};

/// One state of the run, for whoever watches. Sent from the thread that called take_run, several
/// times a second at most.
struct Progress {
    enum class Phase { check, prepare, warm_up, measure, paused, verify };
    Phase phase = Phase::check;
    std::string_view probe;  ///< id; empty in no probe's phase
    std::string case_name;
    std::size_t round = 0,
                rounds = 0;  ///< 1-based number of this round of all planned rounds of all cases
    struct Value {
        std::string_view metric;
        double median = 0;
        Unit unit = Unit::count;
        std::optional<double> spread_ratio;  ///< MAD / median over the rounds so far; needs 3
    };
    std::optional<Value> value;       ///< of the case that was measured last
    double elapsed_s = 0, eta_s = 0;  ///< eta: until the whole run ends
    std::string load;  ///< "load ok", or what disturbs: "steal 2.1 %", "others stalled on cpu 31 %"
};
using Observer = std::function<void(const Progress&)>;

/// Everything that `assay doctor` prints and that take_run decides by: the checks of every probe,
/// through the probes' own functions.
struct ProbeChecks {
    std::string_view probe;
    std::vector<CheckLine> lines;
};
std::vector<ProbeChecks> check_probes(const host::Host& host, const RunPlan& plan);

/// Takes the whole run. One failing probe leaves the others intact; its result says why.
/// Errors: interrupted (stop was requested; everything is given back), try_again (the production
/// guard gave up), usage (no probes). Blocks for up to plan.budget_ns, never more than 2 % longer.
Expected<Run> take_run(const host::Host& host, const RunPlan& plan, std::stop_token stop,
                       const Observer& observer);

}  // namespace assay::measure
