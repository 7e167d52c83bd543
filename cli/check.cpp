#include "engine/score/check.h"
#include "cli/command_functions.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/policy_input.h"
#include "report/json_writer.h"
#include "report/quantity.h"
#include "report/text.h"

namespace assay::cli {

Expected<Syntax> check_syntax(std::span<const std::string>) {
    return Syntax{.command = "check",
                  .summary = "Judges one host by a policy's absolute limits.",
                  .operands = {.usage = "RUN.json", .at_least = 1, .at_most = 1},
                  .flags = {policy_flag(), format_flag(), output_flag()},
                  .notes =
                      "Exit status: 0 GO, 1 GO WITH CONDITIONS, 2 NO-GO, 3 INCONCLUSIVE, 78 a "
                      "policy that is wrong.\n"};
}

Expected<ExitStatus> check_command(const Arguments& arguments, Session& session) {
    if (arguments.find("policy") == nullptr)
        return failure(ErrorKind::usage,
                       "check needs --policy NAME|FILE: the default policy has no absolute limits. "
                       "See 'assay help check'.");
    ASSAY_TRY(const Policy policy, chosen_policy(arguments));
    ASSAY_TRY_VOID(check_output(arguments));
    ASSAY_TRY(const Run run, read_input(arguments.operands.front()));
    const Verdict verdict = score::check(run, policy, &report::quantity);
    const report::TextStyle style = style_for_delivery(arguments, session.terminal);
    ASSAY_TRY_VOID(deliver_text(
        arguments, wants_json(arguments)
                       ? report::check_to_json(run, verdict)
                       : report::to_text(report::document_of_check(run, verdict), style)));
    return exit_status_of(verdict.decision);
}

}  // namespace assay::cli
