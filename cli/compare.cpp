#include <algorithm>
#include <vector>

#include "cli/command_functions.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/suggest.h"
#include "engine/score/compare.h"
#include "report/format.h"
#include "report/formats.h"
#include "report/html.h"
#include "report/json_writer.h"
#include "report/text.h"

namespace assay::cli {
namespace {

/// More targets than this are a fleet, which wants a table and not one screen after another.
constexpr std::size_t kMostFiles = 1000;

Expected<void> leave_out(Policy& policy, std::string_view names) {
    std::vector<std::string_view> known;
    for (const CategoryPolicy& category : policy.categories)
        known.push_back(category.name);
    for (;;) {
        const std::size_t comma = names.find(',');
        const std::string name(names.substr(0, comma));
        if (std::ranges::find(known, name) == known.end())
            return failure(ErrorKind::usage,
                           fmt::format("--without: unknown category '{}'.{} There "
                                       "are {}.",
                                       name, did_you_mean(name, known), fmt::join(known, ", ")));
        if (std::ranges::find(policy.without, name) == policy.without.end())
            policy.without.push_back(name);
        if (comma == std::string_view::npos)
            break;
        names.remove_prefix(comma + 1);
    }
    if (policy.without.size() == known.size())
        return failure(ErrorKind::usage,
                       "--without: every category is left out, so nothing is left to compare.");
    return {};
}

std::string written(const Run& source, const Run& target, const Verdict& verdict,
                    const std::string& format, const report::TextStyle& style) {
    if (format == "json")
        return report::comparison_to_json(source, target, verdict);
    if (format == "html")
        return report::comparison_to_html(source, target, verdict);
    if (format == "csv")
        return report::comparison_to_csv(source, target, verdict);
    if (format == "markdown")
        return report::to_markdown(report::document_of(source, target, verdict));
    if (format == "junit")
        return report::comparison_to_junit(source, target, verdict);
    if (format == "nagios")
        return report::comparison_to_nagios(target, verdict);
    return report::comparison_to_text(source, target, verdict, style);
}

/// Formats of which two behind each other are none.
bool takes_one_target(const std::string& format) {
    return format == "html" || format == "csv" || format == "junit" || format == "nagios";
}

/// Several targets make one JSON list of the documents that each would be alone.
std::string joined(const std::vector<std::string>& documents, bool json) {
    if (!json || documents.size() == 1)
        return fmt::format("{}", fmt::join(documents, "\n"));
    return fmt::format("[\n{}]\n", fmt::join(documents, ",\n"));
}

}  // namespace

Expected<Syntax> compare_syntax(std::span<const std::string>) {
    Syntax syntax{
        .command = "compare",
        .summary = "Compares the results of targets with the result of the source, and decides.",
        .operands = {.usage = "SOURCE.json TARGET.json...", .at_least = 2, .at_most = kMostFiles},
        .flags = {{{"without", OptionKind::text, "", "",
                    "leave categories out of the score, openly: cpu, memory, "
                    "storage, network"},
                   '\0',
                   "CAT,..."},
                  comparison_format_flag(),
                  output_flag()},
        .notes =
            "Exit status: 0 GO, 1 GO WITH CONDITIONS, 2 NO-GO, 3 INCONCLUSIVE; of several "
            "targets the worst.\n"};
    return syntax;
}

Expected<ExitStatus> compare_command(const Arguments& arguments, Session& session) {
    Policy policy = score::default_policy();
    if (const std::string* without = arguments.find("without"))
        ASSAY_TRY_VOID(leave_out(policy, *without));
    ASSAY_TRY_VOID(check_output(arguments));
    ASSAY_TRY(const Run source, read_input(arguments.operands.front()));
    const bool json = wants_json(arguments);
    const std::string format = arguments.text("format", "text");
    if (takes_one_target(format) && arguments.operands.size() > 2)
        return failure(ErrorKind::usage, "--format " + format +
                                             " holds one target; compare each with a call of its "
                                             "own.");
    const report::TextStyle style = style_for_delivery(arguments, session.terminal);
    ExitStatus status = ExitStatus::done;
    std::vector<std::string> documents;
    for (const std::string& file : std::span(arguments.operands).subspan(1)) {
        ASSAY_TRY(const Run target, read_input(file));
        const Verdict verdict = score::compare(source, target, policy);
        status = worse_of(status, exit_status_of(verdict.decision));
        documents.push_back(written(source, target, verdict, format, style));
        if (arguments.find("output") != nullptr)
            note(fmt::format("assay: {}: {}", file, name_of(verdict.decision)));
    }
    ASSAY_TRY_VOID(deliver_text(arguments, joined(documents, json)));
    return status;
}

}  // namespace assay::cli
