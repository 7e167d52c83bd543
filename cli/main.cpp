#include <exception>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/output.h"

int main(int argc, char** argv) {
    try {
        const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
        return assay::cli::answer(words);
    } catch (const std::exception& error) {
        assay::cli::note(std::string("assay: an error that no room should let out: ") +
                         error.what() + ". Please report it with the command line.");
        return static_cast<int>(assay::cli::ExitStatus::internal);
    }
}
