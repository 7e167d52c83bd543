#include <algorithm>
#include <array>

#include "cli/command_functions.h"
#include "cli/history_actions.h"
#include "cli/history_place.h"
#include "cli/input.h"
#include "cli/redaction_choice.h"
#include "cli/suggest.h"
#include "report/format.h"

namespace assay::cli {
namespace {

constexpr std::size_t kMostFiles = 10'000;

/// A word behind `history`. The operands do not count the word itself.
struct Action {
    std::string_view name, usage, summary;
    std::size_t at_least, at_most;
    std::vector<Flag> (*flags)();
    Expected<ExitStatus> (*function)(const Arguments& arguments, Session& session);
    std::string_view notes = "";
};

Flag host_flag() {
    return {{"host", OptionKind::text, "all", "", "only runs of this host, by its own name"},
            '\0',
            "NAME"};
}
Flag last_flag(std::string_view otherwise) {
    return {{"last", OptionKind::count, otherwise, "", "only the newest so many"}, '\0', ""};
}

std::vector<Flag> no_flags() {
    return {};
}
std::vector<Flag> list_flags() {
    return {host_flag(), last_flag("50"), format_flag(), output_flag()};
}
std::vector<Flag> show_flags() {
    return {{{"format", OptionKind::choice, "json", "json|text",
              "json: the document, byte for byte as it was added; text: its result screen"},
             '\0',
             ""},
            output_flag()};
}
std::vector<Flag> trend_flags() {
    return {{{"host", OptionKind::text, "that of the newest run", "",
              "the host, by its own name; of two machines of one name as NAME#IDENTITY"},
             '\0',
             "NAME"},
            {{"metric", OptionKind::text, "*", "", "metrics by name, with * and ?"}, '\0', "GLOB"},
            last_flag("200"),
            {{"format", OptionKind::choice, "text", "text|json|html",
              "a screen with a plot, a document, or one page with a chart of each series"},
             '\0',
             ""},
            output_flag(),
            {{"redact", OptionKind::choice, "full", "full|partner",
              "who may read it. partner: the host, and what names something in conditions and "
              "facts, become pseudonyms"},
             '\0',
             ""},
            salt_flag()};
}
std::vector<Flag> prune_flags() {
    return {
        {{"before", OptionKind::text, "", "", "runs that started before this day (UTC)"},
         '\0',
         "YYYY-MM-DD"},
        {{"keep", OptionKind::count, "", "", "all but the newest so many of each host"}, '\0', ""},
        {{"whole-runs", OptionKind::flag, "", "",
          "drop the medians, too; else trends stay, and only raw samples go"},
         '\0',
         ""}};
}

const std::array kActions{
    Action{"add", "FILE.json...", "Adds result files to the history.", 1, kMostFiles, &no_flags,
           &history_add},
    Action{"list", "", "Shows the runs of the history, newest first.", 0, 0, &list_flags,
           &history_list},
    Action{"show", "RUN", "Gives a run back: RUN is its number, its id, or 'latest'.", 1, 1,
           &show_flags, &history_show},
    Action{
        "trend", "",
        "Shows how each number of a host went, and names what became worse, since when, and "
        "what else changed that day.",
        0, 0, &trend_flags, &history_trend,
        "Exit status: 0 nothing is worse, 1 an alarm stands: at least one number became worse and "
        "has\nnot come back.\n"},
    Action{"diff", "[RUN] RUN",
           "Shows what differs between two runs, numbers and environment. Of one RUN: against the "
           "baseline of its host.",
           1, 2, &no_flags, &history_diff},
    Action{"baseline", "[RUN]",
           "Makes a run the baseline of its host, or shows the baseline of each.", 0, 1, &no_flags,
           &history_baseline},
    Action{"prune", "",
           "Drops the raw samples of old runs (medians and environment stay for trends), or whole "
           "runs. Never a baseline.",
           0, 0, &prune_flags, &history_prune},
};

const Action* find_action(std::string_view name) {
    const auto found =
        std::ranges::find_if(kActions, [&](const Action& row) { return row.name == name; });
    return found == kActions.end() ? nullptr : &*found;
}

std::vector<std::string_view> action_names() {
    std::vector<std::string_view> names;
    for (const Action& action : kActions)
        names.push_back(action.name);
    return names;
}

std::string overview() {
    std::string text;
    for (const Action& action : kActions)
        text += fmt::format("  assay history {}{}{}\n", action.name,
                            action.usage.empty() ? "" : " ", action.usage);
    return text + "'assay help history WORD' shows the options of each.\n";
}

}  // namespace

Expected<Syntax> history_syntax(std::span<const std::string> words) {
    if (words.empty() || words.front() == "--help" || words.front() == "-h")
        return Syntax{.command = "history",
                      .summary = "Keeps runs, and shows how a host changes over time.",
                      .operands = {.usage = "WORD ...", .at_least = 1, .at_most = kMostFiles},
                      .flags = {database_flag()},
                      .notes = overview()};
    const Action* action = find_action(words.front());
    if (action == nullptr)
        return failure(ErrorKind::usage,
                       fmt::format("Unknown word 'history {}'.{} There are {}.", words.front(),
                                   did_you_mean(words.front(), action_names()),
                                   fmt::join(action_names(), ", ")));
    Syntax syntax{.command = "history " + std::string(action->name),
                  .summary = std::string(action->summary),
                  .operands = {.usage = action->usage,
                               .at_least = action->at_least + 1,
                               .at_most = action->at_most + 1},
                  .flags = action->flags(),
                  .notes = std::string(action->notes)};
    syntax.flags.push_back(database_flag());
    return syntax;
}

Expected<ExitStatus> history_command(const Arguments& arguments, Session& session) {
    // The syntax came from the same word, so it is there.
    const Action* action = find_action(arguments.operands.front());
    if (action == nullptr)
        return failure(ErrorKind::usage, "Name the word first: 'assay history WORD ...'.");
    return action->function(arguments, session);
}

}  // namespace assay::cli
