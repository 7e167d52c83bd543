#include <regex>
#include <string>
#include <vector>

#include "tests/house/rules.h"

namespace assay::house {
namespace {

constexpr std::size_t kMostFileLines = 600;
constexpr std::size_t kMostFunctionLines = 70;

/// What a `{` opens, judged by the text between it and the last `;`, `{` or `}`.
enum class Block { scope, function, other };

Block block_after(const std::string& statement, bool inside_scopes_only) {
    static const std::regex scope(
        R"re(\b(namespace|class|struct|union|enum)\b|\bextern\s*"\s*")re");
    static const std::regex initialiser(R"(=\s*$)");
    if (!inside_scopes_only)
        return Block::other;
    if (statement.find(')') == std::string::npos)
        return std::regex_search(statement, scope) ? Block::scope : Block::other;
    if (std::regex_search(statement, initialiser))
        return Block::other;
    return Block::function;
}

struct Open {
    Block block = Block::other;
    std::size_t line = 0;
};

}  // namespace

Violations sizes(const Source& source) {
    Violations found;
    if (source.raw.size() > kMostFileLines)
        found.push_back({source.path, source.raw.size(),
                         "a file of " + std::to_string(source.raw.size()) +
                             " lines; the limit is " + std::to_string(kMostFileLines)});
    std::vector<Open> open;
    std::string statement;
    for (std::size_t at = 0; at < source.skeleton.size(); ++at) {
        if (source.skeleton[at].starts_with('#'))
            continue;
        for (const char character : source.skeleton[at]) {
            if (character == '{') {
                const bool scopes_only = open.empty() || open.back().block == Block::scope;
                open.push_back({block_after(statement, scopes_only), at + 1});
            } else if (character == '}' && !open.empty()) {
                const std::size_t lines = at + 2 - open.back().line;
                if (open.back().block == Block::function && lines > kMostFunctionLines)
                    found.push_back({source.path, open.back().line,
                                     "a function of " + std::to_string(lines) +
                                         " lines; the limit is " +
                                         std::to_string(kMostFunctionLines)});
                open.pop_back();
            }
            if (character == '{' || character == '}' || character == ';')
                statement.clear();
            else
                statement += character;
        }
        statement += ' ';
    }
    return found;
}

}  // namespace assay::house
