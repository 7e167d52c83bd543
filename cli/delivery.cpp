#include "cli/delivery.h"

#include <algorithm>

#include "cli/output.h"
#include "report/atomic_file.h"
#include "report/format.h"
#include "report/json_writer.h"
#include "report/text.h"

namespace assay::cli {
namespace {

bool is_measured(const ProbeResult& probe) {
    return probe.status == ProbeStatus::measured;
}

void tell_what_is_missing(const Run& run) {
    for (const ProbeResult& probe : run.probes)
        if (!is_measured(probe))
            note(fmt::format("assay: {} was not measured: {}", probe.id,
                             probe.reason ? probe.reason->message : "no reason was given"));
}

Expected<void> show(const Run& run, const std::string& document, const Delivery& delivery,
                    const Session& session) {
    if (delivery.json)
        return print(document);
    // A screen without a number says less than the sentence on stderr.
    if (std::ranges::none_of(run.probes, is_measured))
        return {};
    return print(report::run_to_text(run, session.terminal.output));
}

}  // namespace

Expected<Delivery> make_delivery(const Arguments& arguments) {
    Delivery delivery{.file = std::nullopt,
                      .json = arguments.has("json"),
                      .quiet = arguments.has("quiet"),
                      .afterwards = {}};
    if (const std::string* file = arguments.find("output")) {
        ASSAY_TRY_VOID(report::check_writable(*file));
        delivery.file = *file;
    }
    return delivery;
}

Expected<ExitStatus> take_and_deliver(const host::Host& host, const measure::RunPlan& plan,
                                      const Delivery& delivery, Session& session) {
    const auto watch = [&](const measure::Progress& progress) {
        if (!delivery.quiet)
            session.progress.show(progress);
    };
    const auto run = measure::take_run(host, plan, session.stop, watch);
    session.progress.clear();
    if (!run)
        return std::unexpected(run.error());

    tell_what_is_missing(*run);
    const std::string document = report::run_to_json(*run);
    const Expected<void> written =
        delivery.file ? report::write_file_atomically(*delivery.file, document) : Expected<void>{};
    // The numbers cost minutes: a full disk must not keep them from the screen.
    const Expected<void> shown = show(*run, document, delivery, session);
    if (delivery.afterwards && std::ranges::any_of(run->probes, is_measured))
        delivery.afterwards(*run, document);
    if (!written)
        return std::unexpected(written.error());
    if (!shown)
        return std::unexpected(shown.error());
    if (delivery.file && !delivery.quiet)
        note("assay: the result is in " + delivery.file->string());
    return status_of_run(*run);
}

ExitStatus status_of_run(const Run& run) {
    if (std::ranges::all_of(run.probes, is_measured))
        return run.valid ? ExitStatus::done : ExitStatus::inconclusive;
    const auto status_of = [](const ProbeResult& probe) {
        return is_measured(probe) || !probe.reason ? ExitStatus::inconclusive
                                                   : exit_status_of(probe.reason->kind);
    };
    const ExitStatus first = status_of(run.probes.front());
    const bool all_alike = std::ranges::all_of(
        run.probes, [&](const ProbeResult& probe) { return status_of(probe) == first; });
    return all_alike ? first : ExitStatus::inconclusive;
}

}  // namespace assay::cli
