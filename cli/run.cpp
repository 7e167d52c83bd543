#include "cli/command_functions.h"
#include "cli/delivery.h"
#include "cli/run_options.h"

namespace assay::cli {

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
    return syntax;
}

Expected<ExitStatus> run_command(const Arguments& arguments, Session& session) {
    ASSAY_TRY(const measure::RunPlan plan, make_run_plan(arguments));
    ASSAY_TRY(const Delivery delivery, make_delivery(arguments));
    ASSAY_TRY(const host::Host host, host::inspect_host(host::Files{}));
    return take_and_deliver(host, plan, delivery, session);
}

}  // namespace assay::cli
