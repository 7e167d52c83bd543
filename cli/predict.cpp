#include <charconv>

#include "cli/command_functions.h"
#include "cli/input.h"
#include "engine/core/data_rate.h"
#include "engine/core/units.h"
#include "engine/score/predict.h"
#include "report/format.h"
#include "report/prediction.h"

namespace assay::cli {
namespace {

using score::RestoreTask;

Flag text_flag(std::string_view name, std::string_view value_name, std::string_view help) {
    return {{name, OptionKind::text, "", "", help}, '\0', value_name};
}

Expected<double> bytes_of(const std::string& text, std::string_view flag) {
    const auto bytes = parse_bytes(text);
    if (!bytes)
        return failure(bytes.error().kind, fmt::format("--{}: {}.", flag, bytes.error().message));
    return static_cast<double>(*bytes);
}

Expected<std::optional<double>> rate_of(const Arguments& arguments, std::string_view flag) {
    const std::string* text = arguments.find(flag);
    if (text == nullptr)
        return std::nullopt;
    const auto rate = parse_data_rate(*text);
    if (!rate)
        return failure(rate.error().kind, fmt::format("--{}: {}.", flag, rate.error().message));
    return *rate;
}

Expected<std::optional<double>> ratio_of(const Arguments& arguments) {
    const std::string* text = arguments.find("ratio");
    if (text == nullptr)
        return std::nullopt;
    constexpr double kMostRatio = 1000;
    double ratio = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), ratio);
    if (error != std::errc{} || end != text->data() + text->size() || !(ratio >= 1) ||
        ratio > kMostRatio)
        return failure(
            ErrorKind::usage,
            fmt::format("--ratio: '{}' is not a compression ratio; write a number from 1 "
                        "to {}: restored bytes by bytes on the wire.",
                        *text, kMostRatio));
    return ratio;
}

std::optional<double> seconds_of(const Arguments& arguments, std::string_view flag) {
    if (arguments.find(flag) == nullptr)
        return std::nullopt;
    return to_seconds(arguments.duration_ns(flag, 0));
}

Expected<RestoreTask> task_of(const Arguments& arguments) {
    const std::string* data = arguments.find("data");
    const auto rto = seconds_of(arguments, "rto");
    if (data == nullptr || !rto)
        return failure(ErrorKind::usage,
                       "assay predict needs --data (how much is to be restored) and --rto (by "
                       "when), as in: assay predict --data 2TB --rto 1h prod.json dr01.json");
    RestoreTask task;
    ASSAY_TRY(task.data_bytes, bytes_of(*data, "data"));
    task.rto_s = *rto;
    task.rpo_s = seconds_of(arguments, "rpo");
    ASSAY_TRY(task.change_bytes_per_s, rate_of(arguments, "change-rate"));
    if (task.rpo_s && !task.change_bytes_per_s)
        return failure(ErrorKind::usage,
                       "--rpo needs --change-rate: how much data changes in what time, as 50GB/h.");
    ASSAY_TRY(task.declared_link_bytes_per_s, rate_of(arguments, "link"));
    ASSAY_TRY(task.declared_ratio, ratio_of(arguments));
    if (arguments.text("cpu", "one") == "all")
        task.cpu = score::CpuUse::all_cpus;
    ASSAY_TRY(task.chunk_bytes, bytes_of(arguments.text("chunk", "1MiB"), "chunk"));
    ASSAY_TRY(task.sync_every_bytes, bytes_of(arguments.text("sync-every", "1GiB"), "sync-every"));
    task.seed = arguments.count("seed", task.seed);
    return task;
}

}  // namespace

Expected<Syntax> predict_syntax(std::span<const std::string>) {
    return Syntax{
        .command = "predict",
        .summary =
            "Predicts how long a restore to the target takes, from the result files of both "
            "sides.",
        .operands = {.usage = "SOURCE.json TARGET.json", .at_least = 2, .at_most = 2},
        .flags = {text_flag("data", "SIZE", "how much is restored, as 2TB (before compression)"),
                  {{"rto", OptionKind::duration, "", "", "by when it must be back, as 1h"},
                   '\0',
                   ""},
                  {{"rpo", OptionKind::duration, "", "",
                    "how much of the past may be lost, as 5m; needs --change-rate"},
                   '\0',
                   ""},
                  text_flag("change-rate", "RATE", "how much data changes, as 50GB/h"),
                  text_flag("link", "RATE",
                            "your own figure for the link, as 1Gbit/s; replaces a measurement and "
                            "is labelled as declared"),
                  text_flag("ratio", "N",
                            "restored bytes by bytes on the wire; default is the probe's corpus"),
                  {{"cpu", OptionKind::choice, "one", "one|all",
                    "one thread decrypts and one decompresses, or all CPUs do"},
                   '\0',
                   ""},
                  text_flag("chunk", "SIZE", "what passes from stage to stage at once (1MiB)"),
                  text_flag("sync-every", "SIZE", "data between two syncs of the writer (1GiB)"),
                  {{"seed", OptionKind::count, "1", "", "of the Monte Carlo"}, '\0', "N"},
                  format_flag(),
                  output_flag()},
        .notes =
            "Stages: read at the source, network, decrypt (AES-256-GCM), decompress (zstd), write, "
            "sync. A stage that was not measured is named and never assumed.\n"
            "Exit status: 0 the RTO (and RPO) hold with 95 %, 1 less surely, 2 they do not, 3 "
            "INCONCLUSIVE.\n"};
}

Expected<ExitStatus> predict_command(const Arguments& arguments, Session& session) {
    ASSAY_TRY(const RestoreTask task, task_of(arguments));
    ASSAY_TRY_VOID(check_output(arguments));
    ASSAY_TRY(const Run source, read_input(arguments.operands[0]));
    ASSAY_TRY(const Run target, read_input(arguments.operands[1]));
    const score::Prediction prediction = score::predict(source, target, task);
    const report::PredictionContext context{source, target, task};
    const std::string text =
        wants_json(arguments)
            ? report::prediction_to_json(prediction, context)
            : report::prediction_to_text(prediction, context,
                                         style_for_delivery(arguments, session.terminal));
    ASSAY_TRY_VOID(deliver_text(arguments, text));
    return exit_status_of(prediction.decision);
}

}  // namespace assay::cli
