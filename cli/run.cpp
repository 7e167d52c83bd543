#include "cli/command_functions.h"
#include "cli/delivery.h"
#include "cli/history_place.h"
#include "cli/output.h"
#include "cli/run_options.h"
#include "report/format.h"

namespace assay::cli {
namespace {

/// The user has the run already, so that a history that cannot take it is only a warning.
void keep_in_history(const Arguments& arguments, const Run& run, const std::string& document) {
    const auto number = [&]() -> Expected<std::int64_t> {
        ASSAY_TRY(const auto history, open_or_create_history(arguments));
        return history->add(store::record_of(run, document));
    }();
    if (!number)
        note("assay: warning: the run is not in the history: " + number.error().message);
    else if (!arguments.has("quiet"))
        note(fmt::format("assay: the run is number {} of the history", *number));
}

}  // namespace

Expected<Syntax> run_syntax(std::span<const std::string>) {
    Syntax syntax{.command = "run",
                  .summary =
                      "Measures this host and says how it went on stdout; -o keeps the "
                      "result for 'assay compare'.",
                  .operands = {},
                  .flags = plan_flags(),
                  .notes =
                      "Exit status: 0 everything was measured and is valid, 3 something was "
                      "not measured or is not\nvalid (the result says what), 75 the run "
                      "stopped to protect other work on this host.\n"};
    for (const Flag& flag : delivery_flags())
        syntax.flags.push_back(flag);
    syntax.flags.push_back(database_flag());
    syntax.flags.push_back(no_history_flag());
    return syntax;
}

Expected<ExitStatus> run_command(const Arguments& arguments, Session& session) {
    ASSAY_TRY(const measure::RunPlan plan, make_run_plan(arguments));
    ASSAY_TRY(Delivery delivery, make_delivery(arguments));
    if (!arguments.has("no-history"))
        delivery.afterwards = [&](const Run& run, const std::string& document) {
            keep_in_history(arguments, run, document);
        };
    ASSAY_TRY(const host::Host host, host::inspect_host(host::Files{}));
    return take_and_deliver(host, plan, delivery, session);
}

}  // namespace assay::cli
