#include <algorithm>
#include <vector>

#include "cli/command_functions.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/policy_input.h"
#include "cli/redaction_choice.h"
#include "cli/suggest.h"
#include "engine/score/change.h"
#include "engine/score/compare.h"
#include "engine/score/rank.h"
#include "report/format.h"
#include "report/formats.h"
#include "report/html.h"
#include "report/json_writer.h"
#include "report/pdf.h"
#include "report/quantity.h"
#include "report/text.h"

namespace assay::cli {
namespace {

constexpr std::size_t kMostFiles = 1001;
/// More targets than this are a fleet, which wants a table and not one screen after another.
constexpr std::size_t kMostScreens = 3;

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

/// Who a run is of, without its numbers: 200 targets are to fit into little memory.
Run identity_of(const Run& run) {
    Run identity;
    identity.run_id = run.run_id;
    identity.label = run.label;
    identity.tool_version = run.tool_version;
    identity.workload_version = run.workload_version;
    identity.started_at = run.started_at;
    identity.profile_name = run.profile_name;
    return identity;
}

/// Every target's verdict, one file in memory at a time.
struct Judgement {
    std::vector<score::Candidate> candidates;
    std::vector<Run> identities;
    std::vector<std::string> screens;
    ExitStatus status = ExitStatus::done;
};

struct Task {
    const Arguments& arguments;
    const Policy& policy;
    const report::TextStyle& style;
    std::string format;
    report::Redactor* redactor = nullptr;  ///< of a copy for others
};

/// A run as the reader may see it. What a verdict or a ranking is made of stays as it was read.
Run shown(Run run, report::Redactor* redactor) {
    return redactor == nullptr ? std::move(run) : redactor->redacted(run);
}

Expected<std::string> written(const Run& source, const Run& target, const Verdict& verdict,
                              const Task& task) {
    const std::string& format = task.format;
    if (format == "json")
        return report::comparison_to_json(source, target, verdict);
    if (format == "html")
        return report::comparison_to_html(source, target, verdict);
    if (format == "pdf")
        return report::to_pdf(report::pdf_report_of(source, target, verdict));
    if (format == "csv")
        return report::comparison_to_csv(source, target, verdict);
    if (format == "markdown")
        return report::to_markdown(report::document_of(source, target, verdict));
    if (format == "junit")
        return report::comparison_to_junit(source, target, verdict);
    if (format == "nagios")
        return report::comparison_to_nagios(target, verdict);
    return report::comparison_to_text(source, target, verdict, task.style);
}

/// Formats of which two behind each other are none.
bool takes_one_target(const std::string& format) {
    return format == "html" || format == "csv" || format == "junit" || format == "nagios";
}

Expected<Judgement> judge(const Run& source, std::span<const std::string> files, const Task& task) {
    const auto table =
        task.arguments.has("compat") ? score::single_metric_table() : score::metric_table();
    Judgement all;
    for (const std::string& file : files) {
        ASSAY_TRY(Run target, read_input(file));
        Verdict verdict = score::compare_by(table, source, target, task.policy, &report::quantity);
        // Either host's texts may name the other.
        if (task.redactor != nullptr) {
            task.redactor->learn(source);
            target = task.redactor->redacted(target);
            verdict = task.redactor->redacted(std::move(verdict));
        }
        all.status = worse_of(all.status, exit_status_of(verdict.decision));
        if (task.arguments.has("compat")) {
            all.screens.push_back(report::compatible_to_json(target, verdict));
        } else if (files.size() == 1 || (files.size() <= kMostScreens && task.format != "pdf")) {
            ASSAY_TRY(std::string screen,
                      written(shown(source, task.redactor), target, verdict, task));
            all.screens.push_back(std::move(screen));
        }
        if (task.arguments.find("output") != nullptr)
            note(fmt::format("assay: {}: {}", file, name_of(verdict.decision)));
        all.identities.push_back(identity_of(target));
        all.candidates.push_back(
            {target.label.empty() ? target.run_id : target.label, std::move(verdict)});
    }
    return all;
}

/// One PDF of a document that has no annex.
Expected<std::string> pdf_of(report::Document document, const Run& dated) {
    return report::to_pdf({std::move(document), {}, "", dated.started_at});
}

Expected<std::string> document_of(const Run& source, const Judgement& all, const Task& task) {
    if (task.arguments.has("compat") && all.screens.size() > 1)
        return fmt::format("[\n{}]\n", fmt::join(all.screens, ",\n"));
    if (all.candidates.size() == 1 || task.arguments.has("compat"))
        return all.screens.front();
    const score::Ranking ranking = score::rank(all.candidates);
    if (wants_json(task.arguments))
        return report::ranking_to_json(source, all.candidates, all.identities, ranking);
    const report::Document order = report::document_of_ranking(source, all.candidates, ranking);
    if (task.format == "pdf")
        return pdf_of(order, source);
    std::string text =
        task.format == "markdown" ? report::to_markdown(order) : report::to_text(order, task.style);
    for (const std::string& screen : all.screens)
        text += "\n" + screen;
    return text;
}

struct Change {
    const Run& before;
    const Run& after;
    const score::ChangeReport& report;
};

Expected<std::string> change_text(const Arguments& arguments, const Change& change,
                                  const report::TextStyle& style) {
    if (wants_json(arguments))
        return report::change_to_json(change.before, change.after, change.report);
    report::Document document =
        report::document_of_change(change.before, change.after, change.report);
    if (arguments.text("format", "text") == "pdf")
        return pdf_of(std::move(document), change.after);
    return report::to_text(document, style);
}

Expected<ExitStatus> compare_before_and_after(const Arguments& arguments, const Policy& policy,
                                              const report::TextStyle& style) {
    if (arguments.find("before") == nullptr || arguments.find("after") == nullptr ||
        !arguments.operands.empty() || arguments.has("compat"))
        return failure(ErrorKind::usage,
                       "Compare either SOURCE.json with TARGET.json..., or --before A.json with "
                       "--after B.json. See 'assay help compare'.");
    if (const std::string format = arguments.text("format", "text");
        format != "text" && format != "json" && format != "pdf")
        return failure(
            ErrorKind::usage,
            "--format " + format + ": --before and --after are written as text, json or pdf.");
    ASSAY_TRY(const Run before, read_input(*arguments.find("before")));
    ASSAY_TRY(const Run after, read_input(*arguments.find("after")));
    ASSAY_TRY(std::optional<report::Redactor> redactor, chosen_redactor(arguments));
    score::ChangeReport report = score::changes_between(before, after, policy);
    report::Redactor* const reader = redactor ? &*redactor : nullptr;
    if (reader != nullptr) {
        reader->learn(before);
        reader->learn(after);
        report = reader->redacted(std::move(report));
    }
    const Run shown_before = shown(before, reader), shown_after = shown(after, reader);
    ASSAY_TRY(const std::string text,
              change_text(arguments, {shown_before, shown_after, report}, style));
    ASSAY_TRY_VOID(deliver_text(arguments, text));
    return report.changes.empty() ? ExitStatus::inconclusive : ExitStatus::done;
}

Flag run_flag(std::string_view name, std::string_view help) {
    return {{name, OptionKind::text, "", "", help}, '\0', "FILE"};
}

}  // namespace

Expected<Syntax> compare_syntax(std::span<const std::string>) {
    Syntax syntax{
        .command = "compare",
        .summary =
            "Compares the results of targets with the result of the source, and decides; or "
            "shows what changed on one host.",
        .operands = {.usage = "SOURCE.json TARGET.json...", .at_least = 0, .at_most = kMostFiles},
        .flags = {policy_flag(),
                  {{"without", OptionKind::text, "", "",
                    "leave categories out of the score, openly: cpu, memory, "
                    "storage, network"},
                   '\0',
                   "CAT,..."},
                  run_flag("before", "one host's result before a change; with --after"),
                  run_flag("after", "the same host's result after it"),
                  {{"compat", OptionKind::flag, "", "",
                    "one metric a category, and JSON in the field names of the requirement: "
                    "overall_score, cpu_ratio, ..., recommendation, warnings"},
                   '\0',
                   ""},
                  comparison_format_flag(),
                  output_flag(),
                  redact_flag(),
                  salt_flag()},
        .notes =
            "Exit status: 0 GO, 1 GO WITH CONDITIONS, 2 NO-GO, 3 INCONCLUSIVE, 78 a policy that is "
            "wrong; of several\ntargets the worst. Of --before and --after 0, or 3 where nothing "
            "could be compared.\n"};
    return syntax;
}

Expected<ExitStatus> compare_command(const Arguments& arguments, Session& session) {
    ASSAY_TRY(Policy policy, chosen_policy(arguments));
    if (const std::string* without = arguments.find("without"))
        ASSAY_TRY_VOID(leave_out(policy, *without));
    ASSAY_TRY_VOID(check_output(arguments));
    const report::TextStyle style = style_for_delivery(arguments, session.terminal);
    if (arguments.find("before") != nullptr || arguments.find("after") != nullptr)
        return compare_before_and_after(arguments, policy, style);
    if (arguments.operands.size() < 2)
        return failure(ErrorKind::usage,
                       "Too few words for 'assay compare SOURCE.json TARGET.json...'. See 'assay "
                       "help compare'.");
    ASSAY_TRY(const Run source, read_input(arguments.operands.front()));
    ASSAY_TRY(std::optional<report::Redactor> redactor, chosen_redactor(arguments));
    const Task task{arguments, policy, style, arguments.text("format", "text"),
                    redactor ? &*redactor : nullptr};
    if (takes_one_target(task.format) && arguments.operands.size() > 2)
        return failure(ErrorKind::usage, "--format " + task.format +
                                             " holds one target; compare each with a call of its "
                                             "own.");
    ASSAY_TRY(const Judgement all, judge(source, std::span(arguments.operands).subspan(1), task));
    ASSAY_TRY(const std::string text, document_of(shown(source, task.redactor), all, task));
    ASSAY_TRY_VOID(deliver_text(arguments, text));
    return all.status;
}

}  // namespace assay::cli
