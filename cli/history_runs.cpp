#include <algorithm>

#include "cli/history_actions.h"
#include "cli/history_place.h"
#include "cli/input.h"
#include "cli/output.h"
#include "report/format.h"
#include "report/input_file.h"
#include "report/json_reader.h"
#include "report/json_tree.h"
#include "report/store/history_document.h"
#include "report/text.h"

namespace assay::cli {
namespace {

std::span<const std::string> words_of(const Arguments& arguments) {
    return std::span(arguments.operands).subspan(1);
}

/// "2026-11-21", which sorts as text before every time of that day.
Expected<void> check_day(const std::string& text) {
    constexpr std::string_view kForm = "dddd-dd-dd";
    bool fits = text.size() == kForm.size();
    for (std::size_t at = 0; fits && at < text.size(); ++at)
        fits = kForm[at] == 'd' ? text[at] >= '0' && text[at] <= '9' : text[at] == '-';
    if (fits)
        return {};
    return failure(ErrorKind::usage, "--before: '" + text + "' is no day; write 2026-01-31");
}

Expected<void> deliver_document(const Arguments& arguments, const report::Document& document,
                                const Session& session) {
    return deliver_text(arguments,
                        report::to_text(document, style_for_delivery(arguments, session.terminal)));
}

/// From one reading of the file, so that what is kept is what was checked.
Expected<store::RunRecord> read_record(const std::string& file) {
    auto text = report::read_input_file(file, report::JsonLimits{}.text_bytes);
    if (!text)
        return std::unexpected(as_bad_input(file, text.error()));
    const auto run = report::read_run(*text);
    if (!run)
        return std::unexpected(as_bad_input(file, run.error()));
    return store::record_of(*run, std::move(*text));
}

}  // namespace

Expected<ExitStatus> history_add(const Arguments& arguments, Session&) {
    ASSAY_TRY(const auto history, open_or_create_history(arguments));
    for (const std::string& file : words_of(arguments)) {
        ASSAY_TRY(const store::RunRecord record, read_record(file));
        ASSAY_TRY(const std::int64_t number, history->add(record));
        ASSAY_TRY_VOID(print(fmt::format("{} {}\n", number, record.run_id)));
    }
    return ExitStatus::done;
}

Expected<ExitStatus> history_list(const Arguments& arguments, Session& session) {
    constexpr std::uint64_t kShown = 50;
    ASSAY_TRY_VOID(check_output(arguments));
    ASSAY_TRY(const auto history, open_history(arguments));
    store::RunFilter filter{.host = std::nullopt, .last = arguments.count("last", kShown)};
    if (const std::string* name = arguments.find("host")) {
        ASSAY_TRY(filter.host, history->host(*name));
    }
    ASSAY_TRY(const std::vector<store::RunRow> runs, history->list(filter));
    if (wants_json(arguments)) {
        ASSAY_TRY_VOID(deliver_text(arguments, store::runs_to_json(runs)));
    } else {
        ASSAY_TRY_VOID(
            deliver_document(arguments, store::document_of_runs(runs, "history"), session));
    }
    return ExitStatus::done;
}

Expected<ExitStatus> history_show(const Arguments& arguments, Session& session) {
    ASSAY_TRY_VOID(check_output(arguments));
    ASSAY_TRY(const auto history, open_history(arguments));
    ASSAY_TRY(const store::RunRow row, history->find(words_of(arguments).front()));
    ASSAY_TRY(std::string text, history->document(row));
    if (arguments.text("format", "json") == "text") {
        ASSAY_TRY(const Run run, report::read_run(text));
        text = report::run_to_text(run, style_for_delivery(arguments, session.terminal));
    }
    ASSAY_TRY_VOID(deliver_text(arguments, text));
    return ExitStatus::done;
}

Expected<ExitStatus> history_diff(const Arguments& arguments, Session& session) {
    ASSAY_TRY(const auto history, open_history(arguments));
    const auto words = words_of(arguments);
    store::RunPair pair;
    ASSAY_TRY(pair.after, history->find(words.back()));
    if (words.size() == 2) {
        ASSAY_TRY(pair.before, history->find(words.front()));
    } else {
        ASSAY_TRY(const auto baseline, history->baseline(pair.after.host));
        if (!baseline)
            return failure(ErrorKind::bad_input,
                           fmt::format("The host {} has no baseline: name two runs, or choose one "
                                       "with 'assay history baseline RUN'.",
                                       pair.after.host));
        pair.before = *baseline;
    }
    ASSAY_TRY(pair.before_medians, history->medians(pair.before.number));
    ASSAY_TRY(pair.after_medians, history->medians(pair.after.number));
    ASSAY_TRY(pair.before_facts, history->facts(pair.before.number));
    ASSAY_TRY(pair.after_facts, history->facts(pair.after.number));
    ASSAY_TRY_VOID(deliver_document(arguments, store::document_of_pair(pair), session));
    return ExitStatus::done;
}

Expected<ExitStatus> history_baseline(const Arguments& arguments, Session& session) {
    ASSAY_TRY(const auto history, open_history(arguments));
    const auto words = words_of(arguments);
    if (words.empty()) {
        ASSAY_TRY(std::vector<store::RunRow> runs, history->list({}));
        std::erase_if(runs, [](const store::RunRow& run) { return !run.is_baseline; });
        ASSAY_TRY_VOID(
            deliver_document(arguments, store::document_of_runs(runs, "baselines"), session));
        return ExitStatus::done;
    }
    ASSAY_TRY(const store::RunRow run, history->find(words.front()));
    ASSAY_TRY_VOID(history->set_baseline(run));
    note(fmt::format("assay: run {} is the baseline of {}", run.number, run.host));
    return ExitStatus::done;
}

Expected<ExitStatus> history_prune(const Arguments& arguments, Session&) {
    store::PruneRule rule;
    if (const std::string* day = arguments.find("before")) {
        ASSAY_TRY_VOID(check_day(*day));
        rule.before = *day;
    }
    if (arguments.find("keep") != nullptr)
        rule.keep = arguments.count("keep", 1);
    if (!rule.before && !rule.keep)
        return failure(ErrorKind::usage,
                       "Say what may go: --before YYYY-MM-DD, --keep N, or both (then what both "
                       "name).");
    rule.whole_runs = arguments.has("whole-runs");
    ASSAY_TRY(const auto history, open_history(arguments));
    ASSAY_TRY(const std::size_t count, history->prune(rule));
    ASSAY_TRY_VOID(print(fmt::format(
        "{} {}\n", count, rule.whole_runs ? "runs dropped" : "runs lost their raw samples")));
    return ExitStatus::done;
}

}  // namespace assay::cli
