#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "cli/arguments.h"
#include "cli/exit_status.h"
#include "cli/progress.h"
#include "cli/terminal.h"

/// The front door: the table of commands, and the way from words to an exit status.
namespace assay::cli {

/// What a command gets of the process that it runs in.
struct Session {
    const Terminal& terminal;
    ProgressView& progress;
    std::stop_token stop;  ///< requested by Ctrl-C
};

struct Command {
    std::string_view name;
    std::string_view help;  ///< one line for `assay help`
    /// What this command understands. `words` are those behind the command: the flags of `probe`
    /// depend on the probe that they name. Errors: usage.
    Expected<Syntax> (*syntax)(std::span<const std::string> words);
    /// Does it. An error is told on stderr and becomes the status of its kind.
    Expected<ExitStatus> (*function)(const Arguments& arguments, Session& session);
};

/// In the order in which they are listed.
std::span<const Command> commands();

/// Runs the command that argv names; `words` is argv without the program's name. Prints, and
/// returns the exit status.
int answer(std::span<const std::string> words);

}  // namespace assay::cli
