#include "cli/commands.h"

#include <algorithm>
#include <array>
#include <vector>

#include "cli/command_functions.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/suggest.h"
#include "report/format.h"

namespace assay::cli {
namespace {

constexpr std::array kCommands{
    Command{"doctor", "check, read-only, whether this host can be measured, and what to mend",
            &doctor_syntax, &doctor_command},
    Command{"plan", "show what a run would write, send, load, and how long it takes", &plan_syntax,
            &plan_command},
    Command{"run", "measure this host: storage, memory, CPU and network", &run_syntax,
            &run_command},
    Command{"compare", "judge targets against a source: GO, NO-GO, and why", &compare_syntax,
            &compare_command},
    Command{"check", "judge one host by a policy's absolute limits", &check_syntax, &check_command},
    Command{"predict", "how long a restore to the target takes, and whether the RTO holds",
            &predict_syntax, &predict_command},
    Command{"capacity", "size a cluster by the documents' formulas and measured numbers",
            &capacity_syntax, &capacity_command},
    Command{"explain", "what a finding or a recommendation means, and what to do", &explain_syntax,
            &explain_command},
    Command{"report", "show or rewrite a result file", &report_syntax, &report_command},
    Command{"probe", "take one measurement alone, with its own options", &probe_syntax,
            &probe_command},
    Command{"agent", "wait on the peer host as the other end of the network probes", &agent_syntax,
            &agent_command},
    Command{"keygen", "make the key that an agent and its probers share", &keygen_syntax,
            &keygen_command},
    Command{"list", "list the probes, their metrics and options", &list_syntax, &list_command},
    Command{"version", "show the versions that a comparison depends on", &version_syntax,
            &version_command},
};

constexpr std::string_view kExamples = R"(
A certification in four lines:
  assay doctor --path /srv/data                             on both hosts: what would be in the way
  assay run --profile quick --path /srv/data -o prod.json   on the source, 5 minutes
  assay run --profile quick --path /srv/data -o dr01.json   on the target
  assay compare prod.json dr01.json --without network       the verdict

Exit status: 0 GO or done, 1 GO WITH CONDITIONS, 2 NO-GO, 3 INCONCLUSIVE, 64 usage, 65 bad input,
69 unavailable, 70 internal, 73 cannot create output, 75 try again, 77 permission, 78 bad policy,
130 interrupted.
'assay help COMMAND' shows the options of a command.
)";

const Command* find_command(std::string_view name) {
    const auto found =
        std::ranges::find_if(kCommands, [&](const Command& row) { return row.name == name; });
    return found == kCommands.end() ? nullptr : &*found;
}

std::string overview() {
    std::string text =
        "assay: is this disaster-recovery target able to carry the source's workload?\n\n"
        "Usage: assay COMMAND [options]\n\n";
    for (const Command& row : kCommands)
        text += fmt::format("  {:<9} {}\n", row.name, row.help);
    return text + std::string(kExamples);
}

Error unknown_command(const std::string& word) {
    std::vector<std::string_view> names{"help"};
    for (const Command& row : kCommands)
        names.push_back(row.name);
    return {ErrorKind::usage,
            "Unknown command '" + word + "'." + did_you_mean(word, names) + " See 'assay help'."};
}

Expected<ExitStatus> print_and_be_done(const std::string& text) {
    ASSAY_TRY_VOID(print(text));
    return ExitStatus::done;
}

/// `assay help`, `assay help run`, `assay help probe storage.random_read`.
Expected<ExitStatus> help(std::span<const std::string> words) {
    if (words.empty() || words.front() == "help")
        return print_and_be_done(overview());
    const Command* command = find_command(words.front());
    if (command == nullptr)
        return std::unexpected(unknown_command(words.front()));
    ASSAY_TRY(const Syntax syntax, command->syntax(words.subspan(1)));
    return print_and_be_done(help_text(syntax));
}

Expected<ExitStatus> execute(const Command& command, std::span<const std::string> words,
                             Session& session) {
    ASSAY_TRY(const Syntax syntax, command.syntax(words));
    ASSAY_TRY(const Arguments arguments, parse_arguments(syntax, words));
    if (arguments.help)
        return print_and_be_done(help_text(syntax));
    return command.function(arguments, session);
}

Expected<ExitStatus> dispatch(std::span<const std::string> words) {
    if (words.empty()) {
        note(overview());
        return ExitStatus::usage;
    }
    const std::string& name = words.front();
    if (name == "--help" || name == "-h")
        return help({});
    if (name == "help")
        return help(words.subspan(1));
    const Command* command = find_command(name == "--version" ? "version" : name);
    if (command == nullptr)
        return std::unexpected(unknown_command(name));

    const Terminal terminal = inspect_terminal();
    ProgressView progress(terminal);
    ASSAY_TRY(const auto interrupt, Interrupt::watch([&progress] { progress.clear(); }));
    Session session{terminal, progress, interrupt->token()};
    auto status = execute(*command, words.subspan(1), session);
    progress.clear();
    return status;
}

}  // namespace

std::span<const Command> commands() {
    return kCommands;
}

int answer(std::span<const std::string> words) {
    const Expected<ExitStatus> status = dispatch(words);
    if (status)
        return static_cast<int>(*status);
    note("assay: " + status.error().message);
    return static_cast<int>(exit_status_of(status.error().kind));
}

}  // namespace assay::cli
