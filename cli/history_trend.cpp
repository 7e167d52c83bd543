#include <algorithm>

#include "cli/history_actions.h"
#include "cli/history_place.h"
#include "cli/input.h"
#include "cli/redaction_choice.h"
#include "report/format.h"
#include "report/plain_text.h"
#include "report/store/trend.h"
#include "report/text.h"
#include "report/text_plot.h"

namespace assay::cli {
namespace {

constexpr std::size_t kMostPlots = 3;
constexpr std::uint64_t kDefaultPoints = 200;

std::string plot_of(const store::Trend& trend, const report::TextStyle& style) {
    std::vector<double> values;
    for (const store::SeriesPoint& point : trend.series.points)
        values.push_back(point.median);
    std::vector<std::size_t> marks;
    for (const score::LevelChange& change : trend.found.changes)
        marks.push_back(change.at);
    const std::string title = report::visible(trend.series.metric + "  " + trend.series.conditions);
    const std::string cut = report::cut(title, static_cast<std::size_t>(style.columns));
    return "\n" + (style.utf8 ? cut : report::to_ascii(cut)) + "\n" +
           report::text_plot(values, trend.series.unit, marks, style);
}

/// The only series, or the first few that became worse.
std::string plots_of(const std::vector<store::Trend>& trends, const report::TextStyle& style) {
    std::string text;
    std::size_t count = 0;
    for (const store::Trend& trend : trends)
        if (count < kMostPlots && (trends.size() == 1 || trend.found.is_worse())) {
            text += plot_of(trend, style);
            ++count;
        }
    return text;
}

std::string written(const Arguments& arguments, const std::vector<store::Trend>& trends,
                    const report::TextStyle& style) {
    const std::string& host = trends.front().series.host;
    const std::string format = arguments.text("format", "text");
    if (format == "json")
        return store::trends_to_json(trends);
    if (format == "html")
        return store::trends_to_html(host, trends);
    return report::to_text(store::document_of_trends(host, trends), style) +
           plots_of(trends, style);
}

/// --host, or that of the newest run.
Expected<std::string> chosen_host(const Arguments& arguments, store::Store& history) {
    if (const std::string* name = arguments.find("host"))
        return history.host(*name);
    ASSAY_TRY(const store::RunRow latest, history.find("latest"));
    return latest.host;
}

}  // namespace

Expected<ExitStatus> history_trend(const Arguments& arguments, Session& session) {
    ASSAY_TRY_VOID(check_output(arguments));
    ASSAY_TRY(const std::optional<report::Redactor> redactor, chosen_redactor(arguments));
    ASSAY_TRY(const auto history, open_history(arguments));
    ASSAY_TRY(const std::string host, chosen_host(arguments, *history));
    const store::SeriesFilter filter{.host = host,
                                     .metric = arguments.text("metric", "*"),
                                     .last = arguments.count("last", kDefaultPoints)};
    ASSAY_TRY(std::vector<store::Trend> trends, store::trends_of(*history, filter));
    if (trends.empty())
        return failure(ErrorKind::bad_input,
                       fmt::format("The history has no numbers of host '{}' for metric '{}'; "
                                   "'assay history list' shows the hosts.",
                                   host, filter.metric));
    const report::TextStyle style = style_for_delivery(arguments, session.terminal);
    if (redactor)
        store::hide_names(trends, *redactor);
    ASSAY_TRY_VOID(deliver_text(arguments, written(arguments, trends, style)));
    const bool has_alarm = std::ranges::any_of(
        trends, [](const store::Trend& trend) { return trend.found.is_worse(); });
    return has_alarm ? ExitStatus::conditions : ExitStatus::done;
}

}  // namespace assay::cli
