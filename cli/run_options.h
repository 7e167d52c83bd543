#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "engine/measure/runner.h"

/// The options that `run`, `plan` and `doctor` share, and the run plan that they mean.
namespace assay::cli {

/// --profile --only --path --peer --key --label --budget --memory-spec --seed.
std::vector<Flag> plan_flags();
/// Of those, what `doctor` takes: --profile --path --peer and the credentials.
std::vector<Flag> check_flags();
/// --key --cert --cert-key --ca: how the two ends of a network test know each other.
std::vector<Flag> credential_flags();
Flag label_flag();
Flag seed_flag();
Flag json_flag(std::string_view help);
/// -o --json --quiet.
std::vector<Flag> delivery_flags();

/// Every probe that the options choose, with the values that it understands. A flag that was not
/// given means: profile quick, all probes, label = host name, a fresh random seed.
/// Errors: usage (unknown profile or probe, a label that no file can carry), not_found (a --path
/// that does not exist), permission.
Expected<measure::RunPlan> make_run_plan(const Arguments& arguments);

/// The probes' rows that match a comma-separated list of globs ("storage.*,cpu.flops"), in the
/// registry's order. Errors: usage, when one of the globs matches nothing.
Expected<std::vector<const Probe*>> select_probes(std::string_view globs);

/// The label to give a run: --label if it fits (1 to 200 bytes of UTF-8 without control
/// characters), else the host's name. Errors: usage.
Expected<std::string> make_label(const Arguments& arguments);

/// --seed, or a number of 53 random bits, so that every JSON reader keeps it exactly.
/// Errors: usage, internal (no random bits).
Expected<std::uint64_t> make_seed(const Arguments& arguments);

/// Does `path` lead to something? Told before anything else is tried, since a path with a typo is
/// the likeliest mistake. Errors: not_found, permission.
Expected<void> check_path_exists(const std::string& path);

/// What to ask a probe while nothing runs yet (its plan, its checks).
RunContext look_only_context(const host::Host& host);

/// How a plan divides its time, by the runner's own rule.
struct TimePlan {
    std::chrono::nanoseconds prepare{};
    std::chrono::nanoseconds round{};  ///< timed work of one round
    std::size_t rounds = 0;            ///< of all cases together
    std::chrono::nanoseconds total{};  ///< at most the budget
};
TimePlan plan_time(const measure::RunPlan& plan, const std::vector<Footprint>& footprints);

}  // namespace assay::cli
