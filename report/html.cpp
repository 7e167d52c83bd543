#include "report/html.h"

#include <algorithm>

#include "report/document.h"
#include "report/environment_diff.h"
#include "report/html_chart.h"
#include "report/html_style.h"
#include "report/html_text.h"
#include "report/quantity.h"
#include "report/svg.h"

namespace assay::report {
namespace {

constexpr std::size_t kMostChanges = 200;
/// A page is at most 1 MB; hostile texts are long. A page of our own comes to neither.
constexpr std::size_t kMostTableBytes = 150'000, kMostNoteBytes = 150'000;
/// Of a page whose charts get what is left; one chart more has room above it.
constexpr std::size_t kMostPageBytes = 900'000, kLeastChartBytes = 100'000;
constexpr std::string_view kAxisNote =
    "In the charts each number at an axis is one that was measured or asked for; the marks without "
    "a number on a logarithmic axis are its powers of ten and what lies between them.";

struct Light {
    std::string_view look, shape, word;
};
Light light_of(Mark mark) {
    switch (mark) {
        case Mark::good:
            return {"good", "\u25cf", "ok"};
        case Mark::warning:
            return {"warning", "\u25b2", "attention"};
        case Mark::bad:
            return {"bad", "\u25a0", "bad"};
        case Mark::absent:
            return {"absent", "\u25cb", "no number"};
        case Mark::none:
            break;
    }
    return {"", "", ""};
}

std::string light(Mark mark) {
    const Light row = light_of(mark);
    if (row.word.empty())
        return "";
    return "<span class=\"light " + std::string(row.look) + "\"><span aria-hidden=\"true\">" +
           std::string(row.shape) + "</span> " + std::string(row.word) + "</span>";
}

std::string header_of(const Document& document) {
    const Light row = light_of(document.mark);
    std::string text = "<header class=\"" + std::string(row.look) + "\"><h1>" +
                       "<span aria-hidden=\"true\">" + std::string(row.shape) + "</span> " +
                       safe_text(document.title) + "</h1><dl>";
    for (const Fact& fact : document.facts)
        text += "<dt>" + safe_text(fact.name) + "</dt><dd>" + safe_text(fact.value) + "</dd>";
    return text + "</dl></header>\n";
}

std::string without_breaks(std::string_view text) {
    std::string safe;
    for (const char letter : safe_text(text))
        safe += letter == ' ' ? std::string("&nbsp;") : std::string(1, letter);
    return safe;
}

/// Of "4.00 kop/s -> 2.00 kop/s" a line may end at the arrow only, not inside a number.
std::string cell_text(std::string_view text) {
    constexpr std::string_view kArrow = " \u2192 ";
    constexpr std::size_t kLongestPair = 60;
    const std::size_t at = text.find(kArrow);
    if (at == std::string_view::npos || text.size() > kLongestPair)
        return safe_text(text);
    return without_breaks(text.substr(0, at)) + std::string(kArrow) +
           without_breaks(text.substr(at + kArrow.size()));
}

std::string row_of(const Row& row, const Section& section) {
    std::string text = "<tr><td>" + light(row.mark) + "</td>";
    for (std::size_t index = 0; index < section.columns.size(); ++index) {
        const bool is_note = index == row.cells.size() && !row.note.empty();
        if (is_note) {
            text += "<td colspan=\"" + std::to_string(section.columns.size() - index) + "\">" +
                    safe_text(row.note) + "</td>";
            break;
        }
        const Column& column = section.columns[index];
        const std::string look = column.is_number ? " class=\"number\"" : "";
        // On a narrow screen the head of the table is not in sight, and each cell names its column.
        const std::string label =
            index == 0 ? "" : " data-column=\"" + safe_text(column.title) + "\"";
        text += "<td" + look + label + ">" +
                (index < row.cells.size() ? cell_text(row.cells[index]) : "") + "</td>";
    }
    return text + "</tr>\n";
}

std::string table_of(const Section& section) {
    if (section.rows.empty())
        return "";
    std::string text = "<h2>" + safe_text(section.title) +
                       "</h2><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" +
                       safe_text(section.title) +
                       "\"><table><thead><tr><th scope=\"col\">state</th>";
    for (const Column& column : section.columns)
        text += std::string("<th scope=\"col\"") + (column.is_number ? " class=\"number\"" : "") +
                ">" + safe_text(column.title) + "</th>";
    text += "</tr></thead><tbody>\n";
    for (const Row& row : section.rows) {
        if (text.size() > kMostTableBytes) {
            text +=
                row_of({{}, "More rows have no place on this page.", Mark::absent, {}}, section);
            break;
        }
        text += row_of(row, section);
    }
    return text + "</tbody></table></div>\n";
}

std::string notes_of(const Document& document) {
    std::string text;
    if (!document.notes.empty())
        text += "<h2>" + safe_text(document.notes_title) + "</h2><ul class=\"notes\">\n";
    for (const Note& note : document.notes) {
        if (text.size() > kMostNoteBytes) {
            text += "<li>More notes have no place on this page.</li>\n";
            break;
        }
        text += "<li>" + light(note.mark) + " " + safe_text(note.text);
        if (!note.advice.empty())
            text += "<span class=\"advice\">" + safe_text(note.advice) + "</span>";
        text += "</li>\n";
    }
    text += document.notes.empty() ? "" : "</ul>\n";
    if (!document.next_steps.empty())
        text += "<h2>next</h2><ul>\n";
    for (const std::string& step : document.next_steps)
        text += "<li>" + safe_text(step) + "</li>\n";
    return text + (document.next_steps.empty() ? "" : "</ul>\n");
}

std::string figure(const std::string& chart, const std::string& caption) {
    return chart.empty() ? ""
                         : "<figure>" + chart + "<figcaption>" + safe_text(caption) +
                               "</figcaption></figure>\n";
}

std::string page(const std::string& title, const std::string& body) {
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
           "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
           "style-src 'unsafe-inline'\"><title>assay: " +
           safe_text(title) + "</title><style>" + std::string(kHtmlStyle) +
           "</style></head><body><main>\n" + body + "</main></body></html>\n";
}

std::string method_box(const std::string& text) {
    return "<section class=\"method\" aria-label=\"method\"><h3>Method</h3><p>" + safe_text(text) +
           "</p></section>\n";
}

/// The metric without its category, which stands above it; of two of one name with what tells them
/// apart, in front, since a long name is cut at its end.
std::string bar_name(const MetricRatio& metric, const CategoryScore& category) {
    const auto same = std::ranges::count_if(category.metrics, [&](const MetricRatio& other) {
        return other.metric == metric.metric && other.statistic == metric.statistic;
    });
    const std::string name = metric.metric.substr(metric.metric.find('.') + 1) +
                             (metric.statistic == "median" ? "" : " " + metric.statistic);
    return same < 2 ? name : metric.conditions.substr(0, metric.conditions.find(',')) + " " + name;
}

std::vector<Bar> bars_of(const Verdict& verdict) {
    std::vector<Bar> bars;
    for (const CategoryScore& category : verdict.categories) {
        if (category.ratio)
            bars.push_back({category.name, score_text(*category.ratio), *category.ratio,
                            category.ratio_low, category.ratio_high});
        for (const MetricRatio& metric : category.metrics)
            bars.push_back({bar_name(metric, category), score_text(metric.ratio), metric.ratio,
                            metric.ratio_low, metric.ratio_high});
    }
    return bars;
}

Section environment_section(const Run& source, const Run& target) {
    Section section;
    section.title = "environment: what differs";
    section.columns = {{"fact", false}, {"source", false}, {"target", false}};
    const auto changes =
        environment_diff(lasting_facts(source.environment), lasting_facts(target.environment));
    for (const EnvironmentChange& change : changes) {
        if (section.rows.size() == kMostChanges) {
            section.rows.push_back({{"more"}, "in the result files", Mark::absent, {}});
            break;
        }
        section.rows.push_back({{change.path, change.before, change.after}, "", Mark::none, {}});
    }
    return section;
}

}  // namespace

std::string run_to_html(const Run& run) {
    const Document document = document_of(run);
    std::string body = header_of(document);
    for (const Section& section : document.sections)
        body += table_of(section);
    body += notes_of(document) + chart_section(document.charts);
    body += method_box(
        "Each number is the median over rounds; \u00b1 is half its order-statistic "
        "interval, or the MAD where the rounds are too few. Percentiles are over "
        "all operations of all valid rounds. Rounds that a gate refused are never "
        "used. " +
        std::string(kAxisNote) + " Run " + run.run_id + ", assay " + run.tool_version + ".");
    return page(document.title, body);
}

std::string document_to_html(const Document& document, const std::string& method,
                             std::string_view source) {
    const std::string head = header_of(document) + notes_of(document);
    std::string tables;
    for (const Section& section : document.sections)
        tables += table_of(section);
    tables += method_box(method);
    const std::size_t rest = head.size() + tables.size() + kHtmlStyle.size();
    const std::size_t room = kMostPageBytes - std::min(kMostPageBytes, rest);
    const std::string charts = chart_section(
        document.charts, {.bytes = std::max(room, kLeastChartBytes), .source = source});
    return page(document.title, head + charts + tables);
}

std::string comparison_to_html(const Run& source, const Run& target, const Verdict& verdict) {
    const Document document = document_of(source, target, verdict);
    std::string body = header_of(document) + notes_of(document) + "<div class=\"charts\">\n";
    body += figure(radar_svg(verdict),
                   "Target against source by category; the dashed ring is the source. Only the "
                   "spokes mean something, not the area.");
    body += figure(bars_svg(bars_of(verdict)),
                   "Ratio by category and metric, with its interval; longer is better.");
    body += "</div>\n";
    for (const Section& section : document.sections)
        body += table_of(section);
    body += table_of(environment_section(source, target));
    body += chart_section(document.charts);
    body += method_box(
        "A ratio is target over source, or source over target where lower is "
        "better. Intervals are by bootstrap over rounds. A category's ratio is "
        "made of the metrics in its table, by their shares. " +
        std::string(kAxisNote) + " Policy: " + verdict.policy + ". Source run " + source.run_id +
        ", target run " + target.run_id + ".");
    return page(document.title + " " + target.label, body);
}

}  // namespace assay::report
