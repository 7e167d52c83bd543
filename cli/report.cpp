#include "cli/command_functions.h"
#include "cli/input.h"
#include "report/json_writer.h"
#include "report/text.h"

namespace assay::cli {

Expected<Syntax> report_syntax(std::span<const std::string>) {
    return Syntax{.command = "report",
                  .summary =
                      "Shows a result file. As json it is checked and rewritten in this "
                      "version's own form.",
                  .operands = {.usage = "FILE.json", .at_least = 1, .at_most = 1},
                  .flags = {format_flag(), output_flag()},
                  .notes = ""};
}

Expected<ExitStatus> report_command(const Arguments& arguments, Session& session) {
    ASSAY_TRY_VOID(check_output(arguments));
    ASSAY_TRY(const Run run, read_input(arguments.operands.front()));
    const std::string text =
        wants_json(arguments)
            ? report::run_to_json(run)
            : report::run_to_text(run, style_for_delivery(arguments, session.terminal));
    ASSAY_TRY_VOID(deliver_text(arguments, text));
    return ExitStatus::done;
}

}  // namespace assay::cli
