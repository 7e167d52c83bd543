#include "report/markup.h"

#include "report/plain_text.h"

namespace assay::report {

std::string markup_escaped(std::string_view text) {
    std::string safe;
    const std::string plain = visible(text);
    for (std::size_t at = 0; at < plain.size(); ++at) {
        // U+FFFE and U+FFFF are valid UTF-8 and no characters of XML.
        const std::string_view letter = std::string_view(plain).substr(at, 3);
        if (letter == "\xEF\xBF\xBE" || letter == "\xEF\xBF\xBF") {
            safe += "\uFFFD";
            at += 2;
            continue;
        }
        switch (plain[at]) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&quot;";
                break;
            case '\'':
                safe += "&#39;";
                break;
            default:
                safe += plain[at];
        }
    }
    return safe;
}

}  // namespace assay::report
