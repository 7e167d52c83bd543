#include <algorithm>
#include <vector>

#include "cli/command_functions.h"
#include "cli/delivery.h"
#include "cli/run_options.h"
#include "cli/suggest.h"
#include "engine/core/units.h"
#include "engine/measure/schedule.h"
#include "probes/registry.h"
#include "report/format.h"

namespace assay::cli {
namespace {

constexpr std::size_t kDefaultRounds = 5;
constexpr std::int64_t kDefaultRound_ns = 2 * kNanosecondsPerSecond;
/// Fewer rounds than this carry no spread; a user who asks for fewer gets a number without one.
constexpr std::size_t kMinValidRounds = 3;
/// Time to fill files and to touch memory: the runner lets preparation take up to 30 % of the
/// budget, so this must be ample; a probe that prepares faster just ends earlier.
constexpr std::int64_t kPreparation_ns = 120 * kNanosecondsPerSecond;

std::vector<Flag> own_flags() {
    std::vector<Flag> flags{
        {{"duration", OptionKind::duration, "2s", "", "timed work of one round"}, '\0', ""},
        {{"rounds", OptionKind::count, "5", "", "rounds of each case"}, '\0', ""},
        seed_flag(),
        label_flag(),
    };
    for (const Flag& flag : delivery_flags())
        flags.push_back(flag);
    return flags;
}

Expected<const Probe*> named_probe(std::string_view id) {
    if (const Probe* probe = probes::find_probe(id))
        return probe;
    std::vector<std::string_view> ids;
    for (const Probe* probe : probes::all_probes())
        ids.push_back(probe->id);
    return failure(ErrorKind::usage,
                   fmt::format("Unknown probe '{}'.{} 'assay list' shows them all.", id,
                               did_you_mean(id, ids)));
}

std::string metric_notes(const Probe& probe) {
    std::string notes = "Metrics:\n";
    for (const Metric& metric : probe.metrics)
        notes +=
            fmt::format("  {} ({})\n      {}\n", metric.id, symbol(metric.unit), metric.definition);
    return notes;
}

Request make_request(const Probe& probe, const Arguments& arguments, std::uint64_t seed) {
    Request request{.values = {}, .seed = seed};
    for (const Option& option : probe.options) {
        if (const std::string* value = arguments.find(option.name))
            request.values.emplace(option.name, *value);
        else if (arguments.has(option.name))
            request.values.emplace(option.name, "true");
    }
    return request;
}

/// What storage is measured on, for the environment fingerprint.
std::string measured_path(const Request& request) {
    return request.text("device", request.text("path", "."));
}

/// Long enough for every round and half as many again, whatever preparing costs.
Expected<std::int64_t> generous_budget_ns(const host::Host& host, const Probe& probe,
                                          const Request& request, std::size_t rounds,
                                          std::int64_t round_ns) {
    ASSAY_TRY(const Footprint footprint, probe.plan(look_only_context(host), request));
    const double measuring_ns = static_cast<double>(round_ns) * static_cast<double>(rounds) *
                                static_cast<double>(std::max<std::size_t>(1, footprint.cases)) *
                                1.5;
    const double longest_ns = 30.0 * 24 * 3600 * static_cast<double>(kNanosecondsPerSecond);
    if (measuring_ns > longest_ns)
        return failure(ErrorKind::usage,
                       "These rounds would take over 30 days; ask for fewer or shorter ones.");
    return static_cast<std::int64_t>(measuring_ns) + kPreparation_ns +
           2 * std::int64_t{footprint.prepare_time.count()};
}

}  // namespace

Expected<Syntax> probe_syntax(std::span<const std::string> words) {
    Syntax syntax{
        .command = "probe",
        .summary = "Takes one measurement alone, as one would use a benchmark of its own.",
        .operands = {.usage = "ID", .at_least = 1, .at_most = 1},
        .flags = own_flags(),
        .notes =
            "Each probe has further options: 'assay help probe ID'; 'assay list' "
            "shows the probes.\n"};
    if (words.empty() || words.front() == "--help" || words.front() == "-h")
        return syntax;
    const std::string& id = words.front();
    if (id.starts_with('-'))
        return failure(ErrorKind::usage, "Name the probe first: 'assay probe ID " + id +
                                             " ...', since its options "
                                             "depend on it. 'assay list' shows the probes.");
    ASSAY_TRY(const Probe* named, named_probe(id));
    const Probe& probe = *named;
    syntax.command += " " + id;
    syntax.summary = probe.title;
    syntax.operands.usage = "";
    syntax.notes = metric_notes(probe);
    std::vector<Flag> flags;
    const std::vector<Flag> own = syntax.flags;
    for (const Option& option : probe.options)
        if (std::ranges::none_of(own,
                                 [&](const Flag& flag) { return flag.option.name == option.name; }))
            flags.push_back({option, '\0', ""});
    flags.insert(flags.end(), own.begin(), own.end());
    syntax.flags = std::move(flags);
    return syntax;
}

Expected<ExitStatus> probe_command(const Arguments& arguments, Session& session) {
    ASSAY_TRY(const Probe* probe, named_probe(arguments.operands.front()));
    ASSAY_TRY(std::string label, make_label(arguments));
    ASSAY_TRY(const std::uint64_t seed, make_seed(arguments));
    ASSAY_TRY(const Delivery delivery, make_delivery(arguments));
    ASSAY_TRY(const host::Host host, host::inspect_host(host::Files{}));
    const std::size_t rounds = arguments.count("rounds", kDefaultRounds);
    const std::int64_t round_ns = arguments.duration_ns("duration", kDefaultRound_ns);
    Request request = make_request(*probe, arguments, seed);
    ASSAY_TRY(const std::int64_t budget_ns,
              generous_budget_ns(host, *probe, request, rounds, round_ns));
    request.budget = std::chrono::nanoseconds(budget_ns);
    request.most_rounds = measure::most_rounds(rounds);
    const measure::RunPlan plan{.profile_name = "probe",
                                .budget_ns = budget_ns,
                                .rounds = rounds,
                                .min_valid_rounds = std::min(rounds, kMinValidRounds),
                                .longest_round_ns = round_ns,
                                .honours_round_shares = false,
                                .seed = seed,
                                .label = std::move(label),
                                .path = measured_path(request),
                                .probes = {{probe, request}}};
    return take_and_deliver(host, plan, delivery, session);
}

}  // namespace assay::cli
