#include "cli/arguments.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "cli/suggest.h"
#include "report/format.h"

namespace assay::cli {
namespace {

constexpr int kHelpColumns = 100;

std::unexpected<Error> usage_error(const Syntax& syntax, const std::string& sentence) {
    return failure(ErrorKind::usage, sentence + " See 'assay help " + syntax.command + "'.");
}

bool is_choice(std::string_view choices, std::string_view text) {
    while (!choices.empty()) {
        const std::size_t bar = choices.find('|');
        if (choices.substr(0, bar) == text)
            return true;
        if (bar == std::string_view::npos)
            return false;
        choices.remove_prefix(bar + 1);
    }
    return false;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number == 0)
        return std::nullopt;
    return number;
}

bool is_positive_number(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && std::isfinite(number) &&
           number > 0;
}

std::string dashed(const Flag& flag) {
    return "--" + std::string(flag.option.name);
}

const Flag* find_flag(const Syntax& syntax, std::string_view name) {
    const auto found = std::ranges::find_if(
        syntax.flags, [&](const Flag& flag) { return flag.option.name == name; });
    return found == syntax.flags.end() ? nullptr : &*found;
}

/// The parser itself: one CLI11 application for one command. All values are collected, so that a
/// flag given twice is found here and explained in our words.
class Parser {
  public:
    explicit Parser(const Syntax& syntax) : syntax_(syntax), app_("", "assay " + syntax.command) {
        app_.allow_extras();
        for (const Flag& flag : syntax.flags) {
            const std::string names = flag.letter == '\0'
                                          ? dashed(flag)
                                          : fmt::format("-{},{}", flag.letter, dashed(flag));
            const std::string key(flag.option.name);
            if (flag.option.kind == OptionKind::flag)
                app_.add_flag(names, switches_[key]);
            else
                app_.add_option(names, values_[key])
                    ->expected(1)
                    ->allow_extra_args(false)
                    ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        }
        // How many may come is checked here, behind the unknown options, whose values look like
        // words.
        app_.add_option("operands", operands_)->expected(0, -1);
    }

    Expected<Arguments> parse(std::span<const std::string> words) {
        // CLI11 reads its vector from the back.
        std::vector<std::string> reversed(words.rbegin(), words.rend());
        try {
            app_.parse(std::move(reversed));
        } catch (const CLI::CallForHelp&) {
            Arguments arguments;
            arguments.help = true;
            return arguments;
        } catch (const CLI::ArgumentMismatch& mismatch) {
            return usage_error(syntax_, missing_value(mismatch.what()));
        } catch (const CLI::ConversionError&) {
            return usage_error(syntax_, "An option without a value was given one.");
        } catch (const CLI::Error& error) {
            return usage_error(syntax_, std::string(error.what()) + ".");
        }
        if (auto extras = check_extras(); !extras)
            return std::unexpected(extras.error());
        return collect();
    }

  private:
    /// CLI11 says "--seed: 1 required TEXT missing".
    std::string missing_value(std::string_view message) const {
        const std::string_view name = message.substr(0, message.find(':'));
        const Flag* flag = name.starts_with("--") ? find_flag(syntax_, name.substr(2)) : nullptr;
        if (flag == nullptr)
            return std::string(message) + ".";
        return fmt::format("{} needs a value: {} {}.", name, name, value_name_of(*flag));
    }

    Expected<void> check_extras() {
        for (const std::string& word : app_.remaining()) {
            if (word == "--")  // ends the options; what follows are operands
                continue;
            if (!word.starts_with('-') || word == "-")
                return usage_error(syntax_, "Unexpected word '" + word + "'.");
            const std::string given = word.substr(0, word.find('='));
            std::vector<std::string> names{"--help"};
            for (const Flag& flag : syntax_.flags)
                names.push_back(dashed(flag));
            const std::vector<std::string_view> views(names.begin(), names.end());
            return usage_error(syntax_,
                               "Unknown option '" + given + "'." + did_you_mean(given, views));
        }
        if (operands_.size() > syntax_.operands.at_most)
            return usage_error(syntax_,
                               "Unexpected word '" + operands_[syntax_.operands.at_most] + "'.");
        if (operands_.size() < syntax_.operands.at_least)
            return usage_error(syntax_, fmt::format("Too few words for 'assay {} {}'.",
                                                    syntax_.command, syntax_.operands.usage));
        return {};
    }

    Expected<Arguments> collect() {
        Arguments arguments;
        arguments.operands = std::move(operands_);
        for (const auto& [name, given] : switches_)
            if (given)
                arguments.switches.insert(name);
        for (auto& [name, given] : values_) {
            if (given.empty())
                continue;
            if (given.size() > 1)
                return usage_error(syntax_, "--" + name + " was given more than once.");
            if (given.front().starts_with("--") &&
                find_flag(syntax_, std::string_view(given.front()).substr(2)) != nullptr)
                return usage_error(
                    syntax_,
                    fmt::format("--{} needs a value, and '{}' is an option.", name, given.front()));
            if (auto checked = check_value(find_flag(syntax_, name)->option, given.front());
                !checked)
                return usage_error(syntax_, checked.error().message);
            arguments.values.emplace(name, std::move(given.front()));
        }
        return arguments;
    }

    const Syntax& syntax_;
    CLI::App app_;
    // CLI11 keeps references into these; map nodes do not move.
    std::map<std::string, std::vector<std::string>> values_;
    std::map<std::string, bool> switches_;
    std::vector<std::string> operands_;
};

/// Breaks `text` into lines of at most `columns`, each but the first indented.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns) {
    std::string lines;
    std::size_t used = indent;
    while (!text.empty()) {
        const std::size_t blank = text.find(' ');
        const std::string_view word = text.substr(0, blank);
        text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
        if (used > indent && used + 1 + word.size() > columns) {
            lines += '\n' + std::string(indent, ' ');
            used = indent;
        } else if (used > indent) {
            lines += ' ';
            ++used;
        }
        lines += word;
        used += word.size();
    }
    return lines;
}

std::string flag_help(const Flag& flag, std::size_t width) {
    std::string left = flag.letter == '\0' ? "      " : fmt::format("  -{}, ", flag.letter);
    left += dashed(flag);
    if (const std::string value = value_name_of(flag); !value.empty())
        left += ' ' + value;
    std::string right(flag.option.help);
    if (flag.option.kind != OptionKind::flag && !flag.option.default_text.empty())
        right += fmt::format(" [{}]", flag.option.default_text);
    std::string line = left.size() + 2 > width ? left + '\n' + std::string(width, ' ')
                                               : fmt::format("{:<{}}", left, width);
    return line + wrapped(right, width, kHelpColumns) + '\n';
}

}  // namespace

const std::string* Arguments::find(std::string_view name) const {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : &found->second;
}

std::string Arguments::text(std::string_view name, std::string_view otherwise) const {
    const std::string* given = find(name);
    return given == nullptr ? std::string(otherwise) : *given;
}

std::int64_t Arguments::duration_ns(std::string_view name, std::int64_t otherwise) const {
    const std::string* given = find(name);
    return given == nullptr ? otherwise : parse_duration(*given).value_or(otherwise);
}

std::uint64_t Arguments::count(std::string_view name, std::uint64_t otherwise) const {
    const std::string* given = find(name);
    return given == nullptr ? otherwise : whole_number(*given).value_or(otherwise);
}

Expected<Arguments> parse_arguments(const Syntax& syntax, std::span<const std::string> words) {
    try {
        return Parser(syntax).parse(words);
    } catch (const CLI::ConstructionError& error) {
        return failure(ErrorKind::internal,
                       "the options of '" + syntax.command + "' contradict: " + error.what());
    }
}

Expected<void> check_value(const Option& option, const std::string& text) {
    const std::string name = "--" + std::string(option.name);
    const auto refuse = [&](const std::string& why) {
        return failure(ErrorKind::usage, fmt::format("{}: '{}' {}.", name, text, why));
    };
    switch (option.kind) {
        case OptionKind::bytes:
            if (auto parsed = parse_bytes(text); !parsed)
                return failure(ErrorKind::usage, name + ": " + parsed.error().message + ".");
            return {};
        case OptionKind::duration:
            if (auto parsed = parse_duration(text); !parsed)
                return failure(ErrorKind::usage, name + ": " + parsed.error().message + ".");
            return {};
        case OptionKind::count:
            if (!whole_number(text))
                return refuse("is not a whole number of 1 or more");
            return {};
        case OptionKind::rate:
            if (!is_positive_number(text))
                return refuse("is not a positive number of operations per second");
            return {};
        case OptionKind::choice:
            if (!is_choice(option.choices, text))
                return refuse(fmt::format("is none of {}", option.choices));
            return {};
        case OptionKind::text:
            if (text.empty())
                return refuse("is empty");
            return {};
        case OptionKind::flag:
            return {};
    }
    return {};
}

std::string value_name_of(const Flag& flag) {
    if (!flag.value_name.empty())
        return std::string(flag.value_name);
    switch (flag.option.kind) {
        case OptionKind::bytes:
            return "SIZE";
        case OptionKind::count:
        case OptionKind::rate:
            return "N";
        case OptionKind::duration:
            return "T";
        case OptionKind::choice:
            return std::string(flag.option.choices);
        case OptionKind::text:
            return "TEXT";
        case OptionKind::flag:
            return "";
    }
    return "";
}

std::string help_text(const Syntax& syntax) {
    constexpr std::size_t kFlagColumns = 26;
    std::string usage = "assay " + syntax.command;
    if (!syntax.operands.usage.empty())
        usage += ' ' + std::string(syntax.operands.usage);
    if (!syntax.flags.empty())
        usage += " [options]";
    std::string text =
        fmt::format("{}\n\nUsage: {}\n", wrapped(syntax.summary, 0, kHelpColumns), usage);
    text += "\nOptions:\n";
    for (const Flag& flag : syntax.flags)
        text += flag_help(flag, kFlagColumns);
    text += flag_help({{"help", OptionKind::flag, "", "", "this page"}, 'h', ""}, kFlagColumns);
    if (!syntax.notes.empty())
        text += '\n' + syntax.notes;
    return text;
}

}  // namespace assay::cli
