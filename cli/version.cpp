#include "cli/command_functions.h"
#include "cli/output.h"
#include "engine/core/run.h"
#include "report/format.h"

namespace assay::cli {

Expected<Syntax> version_syntax(std::span<const std::string>) {
    return Syntax{.command = "version",
                  .summary = "Shows the versions that a comparison depends on.",
                  .operands = {},
                  .flags = {},
                  .notes = "Two results are compared only if their workload versions are equal.\n"};
}

Expected<ExitStatus> version_command(const Arguments&, Session&) {
    ASSAY_TRY_VOID(
        print(fmt::format("assay {}\nworkload version {}\nresult schema {}\ncompiler {}\n",
                          ASSAY_VERSION, kWorkloadVersion, kRunSchema, __VERSION__)));
    return ExitStatus::done;
}

}  // namespace assay::cli
