#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/probe.h"

/// What a command line may say, and what it said. Help texts and checks both follow from the same
/// rows, so they cannot drift apart.
namespace assay::cli {

/// A flag of a command. Its value is checked against option.kind (and option.choices) while it is
/// parsed.
struct Flag {
    Option option;                  ///< name, kind, default, choices, help
    char letter = '\0';             ///< 'o' for -o
    std::string_view value_name{};  ///< "FILE"; empty: named after the kind
};

/// The words of a command that are no flags.
struct Operands {
    std::string_view usage;  ///< "SOURCE.json TARGET.json..."
    std::size_t at_least = 0;
    std::size_t at_most = 0;
};

struct Syntax {
    std::string command;  ///< "run"; "probe storage.random_read"
    std::string summary;  ///< a sentence
    Operands operands;
    std::vector<Flag> flags;
    std::string notes;  ///< paragraphs below the flags, ending in a newline; may be empty
};

struct Arguments {
    std::map<std::string, std::string, std::less<>> values;  ///< by flag name, kind checked
    std::set<std::string, std::less<>> switches;             ///< flags without a value
    std::vector<std::string> operands;
    bool help = false;  ///< --help was given; the rest may be missing

    bool has(std::string_view name) const { return switches.contains(name); }
    const std::string* find(std::string_view name) const;  ///< nullptr if not given
    std::string text(std::string_view name, std::string_view otherwise) const;
    /// A duration flag's value. It was checked while it was parsed; absent is `otherwise`.
    std::int64_t duration_ns(std::string_view name, std::int64_t otherwise) const;
    std::uint64_t count(std::string_view name, std::uint64_t otherwise) const;
};

/// Errors: usage, one sentence that names the word, offers the nearest flag, and says where help
/// is.
Expected<Arguments> parse_arguments(const Syntax& syntax, std::span<const std::string> words);

/// Is `text` a value of this kind? Errors: usage.
Expected<void> check_value(const Option& option, const std::string& text);

/// What `assay help COMMAND` prints. Ends in a newline, at most 100 columns wide.
std::string help_text(const Syntax& syntax);

/// "PATH", "N", "T": how help and errors call the value of a flag. Empty for a switch.
std::string value_name_of(const Flag& flag);

}  // namespace assay::cli
