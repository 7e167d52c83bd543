#include <array>

#include "cli/command_functions.h"
#include "cli/input.h"
#include "engine/core/units.h"
#include "report/capacity.h"
#include "report/format.h"

namespace assay::cli {
namespace {

using Wish = std::optional<double> score::CapacityTask::*;

/// A flag and where its value goes.
struct Row {
    std::string_view name, value_name;
    OptionKind kind;
    std::string_view help;
    Wish wish;
};
constexpr double kSecondsADay = 86'400;

const std::array kRows{
    Row{"dataset", "SIZE", OptionKind::bytes, "data to hold", &score::CapacityTask::dataset_bytes},
    Row{"active", "SIZE", OptionKind::bytes, "of it in use at the same time",
        &score::CapacityTask::active_bytes},
    Row{"snapshots-per-day", "N", OptionKind::count, "snapshots taken a day",
        &score::CapacityTask::snapshots_per_day},
    Row{"retention", "T", OptionKind::duration, "how long a snapshot is kept, as 168h",
        &score::CapacityTask::retention_days},
    Row{"operations", "N", OptionKind::count, "operations a second",
        &score::CapacityTask::operations_per_s},
    Row{"cpu-per-operation", "T", OptionKind::duration, "CPU time of one, as 2ms",
        &score::CapacityTask::cpu_s_per_operation},
    Row{"users", "N", OptionKind::count, "users at the same time", &score::CapacityTask::users},
    Row{"request-size", "SIZE", OptionKind::bytes, "of one request",
        &score::CapacityTask::request_bytes},
    Row{"window", "T", OptionKind::duration, "in which each user makes one request (1s)",
        &score::CapacityTask::window_s},
    Row{"connections", "N", OptionKind::count, "open at the same time",
        &score::CapacityTask::connections},
    Row{"faults", "N", OptionKind::count, "nodes that may fail at the same time",
        &score::CapacityTask::faults},
    Row{"tasks", "N", OptionKind::count, "tasks of a scheduler that this host must carry",
        &score::CapacityTask::tasks}};

Expected<double> value_of(const Arguments& arguments, const Row& row, const std::string& text) {
    if (row.kind == OptionKind::count)
        return static_cast<double>(arguments.count(row.name, 0));
    if (row.kind == OptionKind::duration) {
        const double seconds = to_seconds(arguments.duration_ns(row.name, 0));
        return row.wish == &score::CapacityTask::retention_days ? seconds / kSecondsADay : seconds;
    }
    ASSAY_TRY(const std::uint64_t bytes, parse_bytes(text));
    return static_cast<double>(bytes);
}

Expected<score::CapacityTask> task_of(const Arguments& arguments) {
    score::CapacityTask task;
    for (const Row& row : kRows)
        if (const std::string* text = arguments.find(row.name)) {
            ASSAY_TRY(const double value, value_of(arguments, row, *text));
            if (!(value > 0))
                return failure(ErrorKind::usage,
                               fmt::format("--{}: '{}' is not above zero.", row.name, *text));
            task.*row.wish = value;
        }
    if (task.snapshots_per_day.has_value() != task.retention_days.has_value())
        return failure(ErrorKind::usage,
                       "--snapshots-per-day and --retention belong together: how many, and for how "
                       "long.");
    return task;
}

}  // namespace

Expected<Syntax> capacity_syntax(std::span<const std::string>) {
    Syntax syntax{
        .command = "capacity",
        .summary =
            "Sizes a cluster by the requirement documents' formulas, with what a run measured.",
        .operands = {.usage = "RUN.json", .at_least = 1, .at_most = 1},
        .flags = {},
        .notes =
            "Each line shows its formula, the arithmetic, and the document and line that it is "
            "from.\nExit status: 0 all fits, 2 something does not, 3 something is not known.\n"};
    for (const Row& row : kRows)
        syntax.flags.push_back({{row.name, row.kind, "", "", row.help}, '\0', row.value_name});
    syntax.flags.push_back(format_flag());
    syntax.flags.push_back(output_flag());
    return syntax;
}

Expected<ExitStatus> capacity_command(const Arguments& arguments, Session& session) {
    ASSAY_TRY(const score::CapacityTask task, task_of(arguments));
    ASSAY_TRY_VOID(check_output(arguments));
    ASSAY_TRY(const Run run, read_input(arguments.operands.front()));
    const score::Capacity capacity = score::size_up(run, task);
    ASSAY_TRY_VOID(deliver_text(
        arguments, wants_json(arguments)
                       ? report::capacity_to_json(capacity, run)
                       : report::capacity_to_text(
                             capacity, run, style_for_delivery(arguments, session.terminal))));
    return exit_status_of(capacity.decision);
}

}  // namespace assay::cli
