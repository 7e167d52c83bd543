#include "cli/input.h"

#include <unistd.h>

#include "cli/output.h"
#include "report/atomic_file.h"
#include "report/json_reader.h"

namespace assay::cli {

Flag format_flag() {
    return {
        {"format", OptionKind::choice, "text", "text|json", "a screen for people, or a document"},
        '\0',
        ""};
}

Flag run_format_flag() {
    return {{"format", OptionKind::choice, "text",
             "text|json|html|pdf|csv|markdown|junit|openmetrics|nagios",
             "a screen for people, a document, or what another program reads"},
            '\0',
            "NAME"};
}

Flag comparison_format_flag() {
    return {{"format", OptionKind::choice, "text", "text|json|html|pdf|csv|markdown|junit|nagios",
             "a screen for people, a document, or what another program reads"},
            '\0',
            "NAME"};
}

Flag output_flag() {
    return {{"output", OptionKind::text, "", "", "write it here instead of stdout"}, 'o', "FILE"};
}

Error as_bad_input(const std::string& file, Error error) {
    if (error.kind == ErrorKind::not_found)
        error.kind = ErrorKind::bad_input;
    if (error.message.find(file) == std::string::npos)
        error.message = file + ": " + error.message;
    return error;
}

Expected<Run> read_input(const std::string& file) {
    auto run = report::read_run_file(file);
    if (run)
        return run;
    return std::unexpected(as_bad_input(file, run.error()));
}

bool wants_json(const Arguments& arguments) {
    return arguments.text("format", "text") == "json";
}

report::TextStyle style_for_delivery(const Arguments& arguments, const Terminal& terminal) {
    if (arguments.find("output") == nullptr)
        return terminal.output;
    return {.colour = false, .utf8 = terminal.output.utf8, .columns = 100};
}

Expected<void> check_output(const Arguments& arguments) {
    if (const std::string* file = arguments.find("output"))
        return report::check_writable(*file);
    if (arguments.text("format", "text") == "pdf" && ::isatty(STDOUT_FILENO) == 1)
        return failure(ErrorKind::usage,
                       "--format pdf is no text for a terminal: name a file with -o FILE.");
    return {};
}

Expected<void> deliver_text(const Arguments& arguments, const std::string& text) {
    if (const std::string* file = arguments.find("output"))
        return report::write_file_atomically(*file, text);
    return print(text);
}

}  // namespace assay::cli
