#include "cli/progress.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "cli/output.h"
#include "report/format.h"
#include "report/quantity.h"

namespace assay::cli {
namespace {

using Phase = measure::Progress::Phase;

constexpr double kShortestRedraw_s = 0.1;
constexpr double kPlainInterval_s = 5;

/// Columns that the text takes: code points, which is exact for what we print (no wide letters).
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0u) != 0x80u; }));
}

/// The first `columns` code points, the last of them a mark where something was cut.
std::string cut(std::string text, std::size_t columns, bool utf8) {
    if (width_of(text) <= columns)
        return text;
    std::size_t kept = 0;
    std::size_t end = 0;
    while (end < text.size()) {
        const bool begins = (static_cast<unsigned char>(text[end]) & 0xC0u) != 0x80u;
        if (begins && kept == columns - 1)
            break;
        kept += begins ? 1 : 0;
        ++end;
    }
    text.resize(end);
    return text + (utf8 ? "…" : ">");
}

std::string phase_text(const measure::Progress& progress) {
    switch (progress.phase) {
        case Phase::check:
            return "checking";
        case Phase::prepare:
            return "preparing";
        case Phase::warm_up:
            return "warming up";
        case Phase::measure:
        case Phase::paused:  // the load says "paused", and why
            return "";
        case Phase::verify:
            return "verifying";
    }
    return "";
}

/// The number of the case that the line names; a number of another probe would be read as this
/// one's.
std::string value_text(const measure::Progress& progress, bool utf8) {
    if (!progress.value || !progress.value->metric.starts_with(progress.probe))
        return "";
    const auto& value = *progress.value;
    std::string text = report::quantity(value.median, value.unit);
    if (value.spread_ratio)
        text += fmt::format(" {}{}", utf8 ? "±" : "+-", report::percent(*value.spread_ratio));
    return text;
}

void append(std::string& line, std::string_view separator, const std::string& part) {
    if (part.empty())
        return;
    if (!line.empty())
        line += separator;
    line += part;
}

}  // namespace

std::string progress_line(const measure::Progress& progress, const report::TextStyle& style) {
    std::string line;
    if (progress.rounds > 0) {
        const std::string all = std::to_string(progress.rounds);
        line = fmt::format("[{:>{}}/{}]", progress.round, all.size(), all);
    }
    append(line, " ", phase_text(progress));
    append(line, " ", std::string(progress.probe));
    append(line, " ", progress.case_name);
    if (progress.phase == Phase::measure) {
        append(line, "  ", value_text(progress, style.utf8));
        append(line, "  ", "ETA " + report::clock_time(progress.eta_s));
    }
    if (progress.phase == Phase::measure || progress.phase == Phase::paused)
        append(line, "  ", progress.load);
    return cut(std::move(line), static_cast<std::size_t>(std::max(1, style.columns)), style.utf8);
}

bool PlainPace::is_due(const measure::Progress& progress) {
    const bool names_probe = progress.phase == Phase::prepare || progress.phase == Phase::verify;
    const bool changed = phase_ != progress.phase || (names_probe && probe_ != progress.probe);
    const bool late =
        progress.phase == Phase::measure && progress.elapsed_s >= last_line_s_ + kPlainInterval_s;
    phase_ = progress.phase;
    probe_ = progress.probe;
    if (!changed && !late)
        return false;
    last_line_s_ = progress.elapsed_s;
    return true;
}

void ProgressView::show(const measure::Progress& progress) {
    if (terminal_.live)
        redraw(progress);
    else if (plain_.is_due(progress))
        note(progress_line(progress, terminal_.progress));
}

void ProgressView::redraw(const measure::Progress& progress) {
    if (drawn_phase_ == progress.phase && progress.elapsed_s < drawn_s_ + kShortestRedraw_s)
        return;
    drawn_phase_ = progress.phase;
    drawn_s_ = progress.elapsed_s;
    report::TextStyle style = terminal_.progress;
    // One column stays free: a line that fills the last one wraps on some terminals.
    style.columns = progress_columns(style.columns) - 1;
    is_drawn_ = true;
    write_to_stderr("\r" + progress_line(progress, style) + "\x1b[K");
}

void ProgressView::clear() {
    if (is_drawn_.exchange(false))
        write_to_stderr("\r\x1b[K");
}

}  // namespace assay::cli
