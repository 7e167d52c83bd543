#include "cli/command_functions.h"
#include "cli/output.h"
#include "probes/network/control/credentials.h"
#include "report/format.h"

namespace assay::cli {

Expected<Syntax> keygen_syntax(std::span<const std::string>) {
    return Syntax{
        .command = "keygen",
        .summary =
            "Makes the key by which an agent and its probers know each other: 256 random "
            "bits in a file that only its owner can read (mode 0600).",
        .operands = {},
        .flags = {{{"output", OptionKind::text, "", "", "the file to create; never replaced"},
                   'o',
                   "FILE"}},
        .notes =
            "Copy the file to the agent's host over a channel that you trust (scp), and keep "
            "its mode. Whoever has\nit can make the agent send and receive, within the "
            "limits that the agent was started with.\n"};
}

Expected<ExitStatus> keygen_command(const Arguments& arguments, Session&) {
    const std::string* path = arguments.find("output");
    if (path == nullptr)
        return failure(ErrorKind::usage, "Where to? Give -o FILE. See 'assay help keygen'.");
    ASSAY_TRY_VOID(network::control::create_key_file(*path));
    ASSAY_TRY_VOID(print(fmt::format("{}: a new key, readable by its owner only.\n", *path)));
    return ExitStatus::done;
}

}  // namespace assay::cli
