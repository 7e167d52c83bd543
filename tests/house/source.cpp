#include "tests/house/source.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <utility>

namespace assay::house {
namespace {

enum class State { code, line_comment, block_comment, text, character, raw_text };

/// Blanks comments, and in the skeleton also what literals hold, keeping every line break.
class Stripper {
  public:
    explicit Stripper(std::string_view text) : text_(text) {
        while (at_ < text_.size())
            step();
    }
    std::string code, skeleton;

  private:
    bool next_is(std::string_view what) const { return text_.substr(at_).starts_with(what); }
    void put(char in_code, char in_skeleton) {
        code += in_code;
        skeleton += in_skeleton;
        ++at_;
    }
    void keep() { put(text_[at_], text_[at_]); }
    void hide() { put(text_[at_] == '\n' ? '\n' : ' ', text_[at_] == '\n' ? '\n' : ' '); }
    void hide_in_skeleton() { put(text_[at_], text_[at_] == '\n' ? '\n' : ' '); }

    void step() {
        switch (state_) {
            case State::code:
                return step_in_code();
            case State::line_comment:
                if (text_[at_] == '\n')
                    state_ = State::code;
                return hide();
            case State::block_comment:
                if (next_is("*/")) {
                    hide();
                    state_ = State::code;
                }
                return hide();
            case State::text:
                return step_in_literal('"');
            case State::character:
                return step_in_literal('\'');
            case State::raw_text:
                if (next_is(raw_end_)) {
                    for (std::size_t left = raw_end_.size(); left > 0; --left)
                        keep();
                    state_ = State::code;
                    return;
                }
                return hide_in_skeleton();
        }
    }

    void step_in_code() {
        const bool after_word =
            at_ > 0 && (std::isalnum(static_cast<unsigned char>(text_[at_ - 1])) != 0);
        if (next_is("//")) {
            state_ = State::line_comment;
            return hide();
        }
        if (next_is("/*")) {
            state_ = State::block_comment;
            hide();
            return hide();
        }
        if (next_is("R\"") && !after_word) {
            const std::size_t open = text_.find('(', at_);
            raw_end_ = ")" + std::string(text_.substr(at_ + 2, open - at_ - 2)) + "\"";
            state_ = State::raw_text;
            while (at_ <= open && at_ < text_.size())
                keep();
            return;
        }
        if (text_[at_] == '"')
            state_ = State::text;
        else if (text_[at_] == '\'' && !after_word)  // after a digit it separates thousands
            state_ = State::character;
        keep();
    }

    void step_in_literal(char end) {
        if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
            hide_in_skeleton();
            return hide_in_skeleton();
        }
        if (text_[at_] == end || text_[at_] == '\n') {
            state_ = State::code;
            return keep();
        }
        hide_in_skeleton();
    }

    std::string_view text_;
    std::size_t at_ = 0;
    State state_ = State::code;
    std::string raw_end_;
};

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

}  // namespace

bool Source::is_test() const {
    return path.starts_with("tests/") || path.ends_with("_test.cpp") ||
           path.ends_with("_bench.cpp") || path.ends_with("_fuzz.cpp");
}

std::string Source::room() const {
    const std::filesystem::path parts = std::filesystem::path(path).parent_path();
    auto part = parts.begin();
    if (part == parts.end())
        return "";
    std::string room = (part++)->string();
    if ((room == "engine" || room == "probes") && part != parts.end())
        room += "/" + part->string();
    return room;
}

std::string Source::stem() const {
    const std::filesystem::path file(path);
    std::string name = file.stem().string();
    for (const std::string_view ending : {"_test", "_bench", "_fuzz"})
        if (name.ends_with(ending))
            name.resize(name.size() - ending.size());
    return (file.parent_path() / name).string();
}

Source source_of(std::string path, std::string_view text) {
    const Stripper stripped(text);
    return {.path = std::move(path),
            .raw = lines_of(text),
            .code = lines_of(stripped.code),
            .skeleton = lines_of(stripped.skeleton)};
}

std::vector<Source> read_tree(const std::filesystem::path& root) {
    std::vector<Source> sources;
    for (const char* top : {"engine", "probes", "report", "cli", "tests"}) {
        if (!std::filesystem::exists(root / top))
            continue;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root / top)) {
            const std::string path = std::filesystem::relative(entry.path(), root).string();
            const std::string extension = entry.path().extension().string();
            if (!entry.is_regular_file() || (extension != ".h" && extension != ".cpp") ||
                path.starts_with("tests/fixtures/"))
                continue;
            std::ifstream file(entry.path(), std::ios::binary);
            const std::string text{std::istreambuf_iterator<char>(file), {}};
            sources.push_back(source_of(path, text));
        }
    }
    std::ranges::sort(sources, {}, &Source::path);
    return sources;
}

std::vector<Include> includes_of(const Source& source) {
    static const std::regex directive(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
    std::vector<Include> includes;
    std::smatch match;
    for (std::size_t at = 0; at < source.code.size(); ++at)
        if (std::regex_search(source.code[at], match, directive))
            includes.push_back(
                {.line = at + 1, .name = match[2].str(), .angled = match[1].str() == "<"});
    return includes;
}

}  // namespace assay::house
