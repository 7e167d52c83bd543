#include <vector>

#include "cli/command_functions.h"
#include "cli/output.h"
#include "cli/suggest.h"
#include "engine/core/finding.h"
#include "engine/core/finding_page.h"
#include "engine/score/recommend.h"
#include "report/format.h"

namespace assay::cli {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kIndent = 2;

/// Words of `text`, in lines of at most kColumns, each indented.
std::string paragraph(std::string_view title, std::string_view text) {
    std::string lines(title);
    std::size_t used = kColumns;
    while (!text.empty()) {
        const std::size_t blank = text.find(' ');
        const std::string_view word = text.substr(0, blank);
        text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
        if (used + 1 + word.size() > kColumns) {
            lines += "\n" + std::string(kIndent, ' ');
            used = kIndent;
        } else {
            lines += " ";
            ++used;
        }
        lines += word;
        used += word.size();
    }
    return lines + "\n\n";
}

std::string page_of(const FindingKind& kind) {
    std::string text = fmt::format("{}  (finding, {})\n", kind.id, name_of(kind.severity));
    text += paragraph("", kind.meaning).substr(1);
    const FindingPage* page = finding_page(kind.id);
    if (page == nullptr)
        return text + paragraph("What to do", kind.advice);
    return text + paragraph("What it means", page->means) +
           paragraph("How it is detected", page->detected) +
           paragraph("What to do", fmt::format("{} {}", kind.advice, page->remedy));
}

std::string page_of(const score::Rule& rule) {
    std::string text = fmt::format("{}  (recommendation)\n", rule.id);
    text += paragraph("", rule.meaning).substr(1);
    const score::RulePage* page = score::rule_page(rule.id);
    if (page == nullptr)
        return text;
    return text + paragraph("What it means", page->means) +
           paragraph("How it is detected", page->detected) + paragraph("What to do", page->remedy);
}

std::string everything() {
    std::string text = "Findings: facts that weaken or explain a number\n\n";
    for (const FindingKind& kind : finding_kinds())
        text += fmt::format("  {:<25}{:<9}{}\n", kind.id, name_of(kind.severity), kind.meaning);
    text += "\nRecommendations: what a comparison says of the target\n\n";
    for (const score::Rule& rule : score::rules())
        text += fmt::format("  {:<25}{}\n", rule.id, rule.meaning);
    return text + "\n'assay explain ID' has the page of each.\n";
}

}  // namespace

Expected<Syntax> explain_syntax(std::span<const std::string>) {
    return Syntax{.command = "explain",
                  .summary =
                      "Explains a finding or a recommendation: what it means, how it was detected, "
                      "what to do. Without a word, lists them all.",
                  .operands = {.usage = "[ID]", .at_least = 0, .at_most = 1},
                  .flags = {},
                  .notes = "Ids stand in result files, comparisons and reports.\n"};
}

Expected<ExitStatus> explain_command(const Arguments& arguments, Session&) {
    if (arguments.operands.empty()) {
        ASSAY_TRY_VOID(print(everything()));
        return ExitStatus::done;
    }
    const std::string& id = arguments.operands.front();
    std::vector<std::string_view> known;
    for (const FindingKind& kind : finding_kinds()) {
        known.push_back(kind.id);
        if (kind.id == id) {
            ASSAY_TRY_VOID(print(page_of(kind)));
            return ExitStatus::done;
        }
    }
    const std::vector<score::Rule> rules = score::rules();
    for (const score::Rule& rule : rules) {
        known.push_back(rule.id);
        if (rule.id == id) {
            ASSAY_TRY_VOID(print(page_of(rule)));
            return ExitStatus::done;
        }
    }
    return failure(ErrorKind::usage,
                   fmt::format("'{}' is no finding and no recommendation.{} 'assay explain' lists "
                               "them all.",
                               id, did_you_mean(id, known)));
}

}  // namespace assay::cli
