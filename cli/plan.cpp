#include <vector>

#include "cli/command_functions.h"
#include "cli/footprint_total.h"
#include "cli/output.h"
#include "cli/run_options.h"
#include "engine/core/units.h"
#include "report/format.h"
#include "report/json.h"
#include "report/quantity.h"

namespace assay::cli {
namespace {

struct PlannedProbe {
    const Probe* probe;
    Footprint footprint;
};

double seconds_of(std::chrono::nanoseconds duration) {
    return to_seconds(duration.count());
}

std::vector<Footprint> footprints_of(const std::vector<PlannedProbe>& rows) {
    std::vector<Footprint> footprints;
    for (const auto& [probe, footprint] : rows)
        footprints.push_back(footprint);
    return footprints;
}

using report::Json;

Json footprint_document(const Footprint& footprint, std::size_t rounds) {
    return {{"bytes_written", footprint.bytes_written},
            {"free_space_bytes", footprint.free_space_bytes},
            {"shared_file_bytes", footprint.shared_bytes},
            {"bytes_sent", footprint.bytes_sent ? Json(*footprint.bytes_sent) : Json()},
            {"memory_bytes", footprint.memory_bytes},
            {"threads", footprint.threads},
            {"cases", footprint.cases + footprint.lasting.size()},
            {"rounds", rounds_of(footprint, rounds)},
            {"prepare_s", seconds_of(footprint.prepare_time)}};
}

std::string plan_document(const measure::RunPlan& plan, const std::vector<PlannedProbe>& rows,
                          const TimePlan& time) {
    Json probes = Json::array();
    for (const auto& [probe, footprint] : rows) {
        Json row{{"id", probe->id}};
        row.update(footprint_document(footprint, plan.rounds));
        row["note"] = footprint.note.empty() ? Json() : Json(footprint.note);
        probes.push_back(std::move(row));
    }
    Json files = Json::array();
    for (const SharedFile& file : shared_files(footprints_of(rows)))
        files.push_back({{"bytes", file.bytes},
                         {"bytes_written", file.written_bytes},
                         {"prepare_s", seconds_of(file.prepare_time)}});
    const Json document{{"schema", "assay.plan/1"},
                        {"profile",
                         {{"name", plan.profile_name},
                          {"budget_s", to_seconds(plan.budget_ns)},
                          {"seed", plan.seed}}},
                        {"probes", std::move(probes)},
                        {"shared_files", std::move(files)},
                        {"total", footprint_document(total_of(footprints_of(rows)), plan.rounds)},
                        {"round_s", seconds_of(time.round)},
                        {"duration_s", seconds_of(time.total)}};
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string table_row(std::string_view name, const Footprint& footprint, std::size_t rounds) {
    return fmt::format(
        "{:<24} {:>9} {:>10} {:>9} {:>9} {:>7} {:>5} {:>6} {:>7}\n", name,
        report::byte_size(footprint.bytes_written), report::byte_size(footprint.free_space_bytes),
        footprint.bytes_sent ? report::byte_size(*footprint.bytes_sent) : std::string("no bound"),
        report::byte_size(footprint.memory_bytes), footprint.threads,
        footprint.cases + footprint.lasting.size(), rounds_of(footprint, rounds),
        footprint.shared_file.empty() ? report::clock_time(seconds_of(footprint.prepare_time))
                                      : std::string("shared"));
}

std::string plan_text(const measure::RunPlan& plan, const std::vector<PlannedProbe>& rows,
                      const TimePlan& time) {
    std::string text =
        fmt::format("{:<24} {:>9} {:>10} {:>9} {:>9} {:>7} {:>5} {:>6} {:>7}\n", "probe", "writes",
                    "needs free", "sends", "memory", "threads", "cases", "rounds", "prepare");
    for (const auto& [probe, footprint] : rows)
        text += table_row(probe->id, footprint, plan.rounds);
    for (const SharedFile& file : shared_files(footprints_of(rows))) {
        Footprint row;
        row.bytes_written = file.written_bytes;
        row.free_space_bytes = file.bytes;
        row.prepare_time = file.prepare_time;
        text += table_row("shared test file", row, plan.rounds);
    }
    text += table_row("all together", total_of(footprints_of(rows)), plan.rounds);
    text += '\n';
    for (const auto& [probe, footprint] : rows)
        if (!footprint.note.empty())
            text += fmt::format("{}: {}\n", probe->id, footprint.note);
    text += fmt::format(
        "Profile {}: {} rounds of each case, interleaved; about {} of work a round.\n"
        "The run takes about {}, and never more than its budget of {}.\n"
        "Writes go to unnamed files under {}, which vanish when the run ends, however it ends.\n",
        plan.profile_name, plan.rounds,
        report::quantity(static_cast<double>(time.round.count()), Unit::nanoseconds),
        report::clock_time(seconds_of(time.total)), report::clock_time(to_seconds(plan.budget_ns)),
        plan.path);
    return text;
}

}  // namespace

Expected<Syntax> plan_syntax(std::span<const std::string>) {
    Syntax syntax{.command = "plan",
                  .summary =
                      "Shows what a run with these options would write, send and load, and "
                      "how long it takes. Nothing is measured or written.",
                  .operands = {},
                  .flags = plan_flags(),
                  .notes = ""};
    syntax.flags.push_back(json_flag("the plan as a document of schema assay.plan/1"));
    return syntax;
}

Expected<ExitStatus> plan_command(const Arguments& arguments, Session&) {
    ASSAY_TRY(const measure::RunPlan plan, make_run_plan(arguments));
    ASSAY_TRY(const host::Host host, host::inspect_host(host::Files{}));
    const RunContext context = look_only_context(host);
    std::vector<PlannedProbe> rows;
    std::vector<Footprint> footprints;
    for (const auto& [probe, request] : plan.probes) {
        ASSAY_TRY(Footprint footprint, probe->plan(context, request));
        footprints.push_back(footprint);
        rows.push_back({probe, std::move(footprint)});
    }
    const TimePlan time = plan_time(plan, footprints);
    ASSAY_TRY_VOID(print(arguments.has("json") ? plan_document(plan, rows, time)
                                               : plan_text(plan, rows, time)));
    return ExitStatus::done;
}

}  // namespace assay::cli
