#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "engine/host/host.h"
#include "engine/measure/runner.h"

/// From a plan to its result in the user's hands: what `run` and `probe` have in common.
namespace assay::cli {

struct Delivery {
    std::optional<std::filesystem::path> file;  ///< -o
    bool json = false;                          ///< the document on stdout instead of the screen
    bool quiet = false;
    /// Called with the run and its document once the user has both; may be empty.
    std::function<void(const Run& run, const std::string& document)> afterwards{};
};
/// Reads -o, --json, --quiet; the file is tried now, so that no run is lost to a bad name later.
/// Errors: cannot_create.
Expected<Delivery> make_delivery(const Arguments& arguments);

/// Takes the run, writes the file, prints the result. What could not be measured is told on stderr.
/// Errors: those of take_run; cannot_create, after the result was shown all the same.
Expected<ExitStatus> take_and_deliver(const host::Host& host, const measure::RunPlan& plan,
                                      const Delivery& delivery, Session& session);

/// done: everything was measured and is valid. inconclusive: something was not measured, or is not
/// valid. Where nothing was measured and all for one kind of reason: the status of that kind.
ExitStatus status_of_run(const Run& run);

}  // namespace assay::cli
