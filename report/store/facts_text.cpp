#include "report/store/facts_text.h"

namespace assay::store {
namespace {

void append_escaped(std::string& line, std::string_view text) {
    for (const char letter : text)
        if (letter == '\t')
            line += "\\t";
        else if (letter == '\n')
            line += "\\n";
        else if (letter == '\\')
            line += "\\\\";
        else
            line += letter;
}

std::string unescaped(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\' || at + 1 == text.size()) {
            plain += text[at];
            continue;
        }
        const char letter = text[++at];
        plain += letter == 't' ? '\t' : letter == 'n' ? '\n' : letter;
    }
    return plain;
}

}  // namespace

std::string text_of_facts(const std::vector<Fact>& facts) {
    std::string text;
    for (const Fact& fact : facts) {
        append_escaped(text, fact.path);
        text += '\t';
        append_escaped(text, fact.value);
        text += '\n';
    }
    return text;
}

std::vector<Fact> facts_of_text(std::string_view text) {
    std::vector<Fact> facts;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        const std::size_t tab = line.find('\t');
        if (tab != std::string_view::npos)
            facts.push_back({unescaped(line.substr(0, tab)), unescaped(line.substr(tab + 1))});
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return facts;
}

}  // namespace assay::store
