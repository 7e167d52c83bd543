#include <algorithm>

#include "report/store/trend.h"

namespace assay::store {
namespace {

bool is_of_name(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_' ||
           letter == '.' || letter == '[' || letter == ']';
}

/// Where the next " name=" begins, from `at` on; the text's size where none does. A value can hold
/// blanks.
std::size_t next_condition(std::string_view text, std::size_t at) {
    for (std::size_t blank = text.find(' ', at); blank != std::string_view::npos;
         blank = text.find(' ', blank + 1)) {
        std::size_t end = blank + 1;
        while (end < text.size() && is_of_name(text[end]))
            ++end;
        if (end > blank + 1 && end < text.size() && text[end] == '=')
            return blank;
    }
    return text.size();
}

/// "path=/srv/db depth=32" -> "path=id-0123456789ab depth=32".
std::string hidden_conditions(std::string_view text, const report::Redactor& redactor) {
    std::string hidden;
    while (!text.empty()) {
        const std::size_t end = next_condition(text, 0);
        const std::string_view condition = text.substr(0, end);
        const std::size_t equals = std::min(condition.find('='), condition.size());
        const std::string_view name = condition.substr(0, equals);
        hidden += (hidden.empty() ? "" : " ") + redactor.path(name);
        if (equals < condition.size())
            hidden += "=" + redactor.value(name, std::string(condition.substr(equals + 1)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return hidden;
}

}  // namespace

void hide_names(std::vector<Trend>& trends, const report::Redactor& redactor) {
    for (Trend& trend : trends) {
        trend.is_redacted = true;
        trend.series.host = redactor.name(trend.series.host);
        trend.series.conditions = hidden_conditions(trend.series.conditions, redactor);
        for (Alarm& alarm : trend.alarms)
            for (report::EnvironmentChange& change : alarm.environment)
                change = {redactor.path(change.path), redactor.value(change.path, change.before),
                          redactor.value(change.path, change.after)};
    }
}

}  // namespace assay::store
