#include "report/html_chart.h"

#include <algorithm>

#include "report/format.h"
#include "report/html_text.h"
#include "report/svg_chart.h"

namespace assay::report {
namespace {

std::string legend_of(const Chart& chart) {
    if (chart.lines.size() < 2)
        return "";
    std::string text = "<ul class=\"legend\">";
    for (std::size_t index = 0; index < chart.lines.size(); ++index)
        text += "<li>" + legend_key_svg(chart, index) + " " + safe_text(chart.lines[index].name) +
                "</li>";
    return text + "</ul>";
}

std::string flags_of(const Chart& chart) {
    if (chart.flags.empty())
        return "";
    std::string text = "<ul class=\"flags\">";
    for (const ChartFlag& flag : chart.flags) {
        const FlagStyle style = flag_style(flag.kind);
        text += "<li>" + flag_key_svg(flag.kind) + " <span class=\"light " +
                std::string(style.look) + "\">" + std::string(style.word) + "</span> " +
                safe_text(flag.text) + "</li>";
    }
    return text + "</ul>";
}

std::string cell(std::string_view text) {
    return "<td>" + safe_text(text) + "</td>";
}

std::string row_of(const Chart& chart, const ChartLine& line, const ChartPoint& point) {
    std::string text = "<tr>";
    if (chart.lines.size() > 1)
        text += cell(line.name);
    if (chart.form == ChartForm::steps)
        text +=
            cell(point.y.text) + cell((point.from ? point.from->text : "") + " to " + point.x.text);
    else
        text += cell(point.x.text) + cell(point.y.text);
    return text + "</tr>\n";
}

std::string table_of(const Chart& chart) {
    std::string text =
        "<details><summary>Numbers of this chart</summary><table class=\"points\">"
        "<thead><tr>";
    const auto heading = [&text](std::string_view title) {
        text += "<th scope=\"col\">" + safe_text(title) + "</th>";
    };
    if (chart.lines.size() > 1)
        heading("line");
    heading(chart.form == ChartForm::steps ? "operations" : chart.x.title);
    heading(chart.form == ChartForm::steps ? chart.x.title : chart.y.title);
    text += "</tr></thead><tbody>\n";
    for (const ChartLine& line : chart.lines)
        for (const ChartPoint& point : line.points)
            text += row_of(chart, line, point);
    return text + "</tbody></table></details>";
}

}  // namespace

std::string chart_figure(const Chart& chart) {
    const std::string picture = chart_svg(chart);
    if (picture.empty())
        return "";
    std::string text = "<figure><figcaption>" + safe_text(chart.title) + "</figcaption>" + picture +
                       legend_of(chart) + flags_of(chart);
    if (!chart.note.empty())
        text += "<p class=\"note\">" + safe_text(chart.note) + "</p>";
    return text + table_of(chart) + "</figure>\n";
}

std::string chart_section(const std::vector<Chart>& charts, const ChartLimit& limit) {
    std::string text;
    std::vector<std::string> categories;
    for (const Chart& chart : charts)
        if (std::ranges::find(categories, chart.category) == categories.end())
            categories.push_back(chart.category);
    for (const std::string& category : categories) {
        std::string figures;
        for (const Chart& chart : charts)
            if (chart.category == category && text.size() + figures.size() < limit.bytes)
                figures += chart_figure(chart);
        if (!figures.empty())
            text += "<h3>" + safe_text(category) + "</h3><div class=\"charts\">\n" + figures +
                    "</div>\n";
    }
    if (text.size() >= limit.bytes)
        text +=
            "<p class=\"note\">The charts end here so that the page stays small enough to be sent; "
            "the numbers of the others are in " +
            safe_text(limit.source) + ".</p>\n";
    return text.empty() ? "" : "<h2>charts</h2>\n" + text;
}

}  // namespace assay::report
