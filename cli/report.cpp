#include "cli/command_functions.h"
#include "cli/delivery.h"
#include "cli/input.h"
#include "cli/redaction_choice.h"
#include "report/formats.h"
#include "report/html.h"
#include "report/json_writer.h"
#include "report/pdf.h"
#include "report/text.h"

namespace assay::cli {
namespace {

Expected<std::string> written(const Run& run, const std::string& format,
                              const report::TextStyle& style) {
    if (format == "json")
        return report::run_to_json(run);
    if (format == "html")
        return report::run_to_html(run);
    if (format == "pdf")
        return report::to_pdf(report::pdf_report_of(run));
    if (format == "csv")
        return report::run_to_csv(run);
    if (format == "markdown")
        return report::to_markdown(report::document_of(run));
    if (format == "junit")
        return report::run_to_junit(run);
    if (format == "openmetrics")
        return report::run_to_openmetrics(run);
    if (format == "nagios")
        return report::run_to_nagios(run);
    return report::run_to_text(run, style);
}

}  // namespace

Expected<Syntax> report_syntax(std::span<const std::string>) {
    return Syntax{.command = "report",
                  .summary =
                      "Shows a result file. As json it is checked and rewritten in this "
                      "version's own form.",
                  .operands = {.usage = "FILE.json", .at_least = 1, .at_most = 1},
                  .flags = {run_format_flag(), output_flag(), redact_flag(), salt_flag()},
                  .notes =
                      "openmetrics is for the folder of a text-file collector: name the file with "
                      "-o, which replaces it at once.\nnagios ends with 0 (all measured and valid) "
                      "or 3; every other format with 0.\n"};
}

Expected<ExitStatus> report_command(const Arguments& arguments, Session& session) {
    ASSAY_TRY_VOID(check_output(arguments));
    ASSAY_TRY(const Run run, read_input(arguments.operands.front()));
    const std::string format = arguments.text("format", "text");
    const report::TextStyle style = style_for_delivery(arguments, session.terminal);
    ASSAY_TRY(std::optional<report::Redactor> redactor, chosen_redactor(arguments));
    ASSAY_TRY(const std::string text,
              written(redactor ? redactor->redacted(run) : run, format, style));
    ASSAY_TRY_VOID(deliver_text(arguments, text));
    // A Nagios plug-in answers with its status, too; the other formats only say what is.
    return format == "nagios" ? (status_of_run(run) == ExitStatus::done ? ExitStatus::done
                                                                        : ExitStatus::inconclusive)
                              : ExitStatus::done;
}

}  // namespace assay::cli
