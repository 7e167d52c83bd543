#include "tests/house/rules.h"

#include <algorithm>
#include <array>
#include <map>
#include <regex>
#include <set>
#include <span>

namespace assay::house {
namespace {

/// Which of our folders a room may include from, besides itself.
struct Room {
    std::string_view name;
    std::vector<std::string_view> may_include;
};
const std::array kRooms{
    Room{"engine/core", {"engine/core/"}},
    Room{"engine/host", {"engine/core/", "engine/host/"}},
    Room{"engine", {"engine/core/", "engine/host/", "engine/probe.h"}},
    Room{"engine/measure", {"engine/core/", "engine/host/", "engine/probe.h", "engine/measure/"}},
    Room{"engine/score", {"engine/core/", "engine/measure/statistics.h", "engine/score/"}},
    Room{"probes", {"engine/", "probes/"}},
    Room{"report", {"engine/", "report/"}},
    Room{"cli", {"engine/", "probes/", "report/", "cli/"}},
    Room{"tests", {"engine/", "probes/", "report/", "tests/"}},
};

/// Headers that the C library and the kernel bring; they need no wrapper.
constexpr std::array<std::string_view, 7> kSystemFolders{"sys/", "linux/", "netinet/", "arpa/",
                                                         "net/", "asm/",   "bits/"};

struct Library {
    std::string_view name;
    std::vector<std::string_view> headers;  ///< prefixes of include names
    std::string_view room;                  ///< where its one wrapper lives
};
const std::array kLibraries{
    Library{"cairo and pango", {"cairo", "pango/", "fontconfig/"}, "report/pdf"},
    Library{"liburing", {"liburing"}, "probes/storage"},
    Library{"ISA-L", {"isa-l/"}, "probes/storage"},
    Library{"hwloc", {"hwloc"}, "engine/host"},
    Library{"libnuma", {"numa.h", "numaif.h"}, "engine/host"},
    Library{"libssl", {"openssl/ssl.h", "openssl/err.h"}, "probes/network"},
    Library{"OpenSSL", {"openssl/"}, "engine/host"},
    Library{"libblkid", {"blkid/"}, "engine/host"},
    Library{"zstd", {"zstd"}, "probes/cpu"},
    Library{"LZ4", {"lz4"}, "probes/cpu"},
    Library{"SQLite", {"sqlite3"}, "report/store"},
    Library{"nlohmann-json", {"nlohmann/"}, "report"},
    Library{"toml++", {"toml++/"}, "report"},
    Library{"CLI11", {"CLI/"}, "cli"},
    Library{"fmt", {"fmt/"}, "report"},
};
constexpr std::array<std::string_view, 3> kTestLibraries{"gtest/", "gmock/", "benchmark/"};

bool starts_with_one_of(std::string_view text, std::span<const std::string_view> prefixes) {
    return std::ranges::any_of(prefixes, [&](auto prefix) { return text.starts_with(prefix); });
}

const Library* library_of(std::string_view include) {
    for (const Library& library : kLibraries)
        if (starts_with_one_of(include, library.headers))
            return &library;
    return nullptr;
}

/// A violation for each line in which `pattern` is found.
Violations matches(const Source& source, const std::vector<std::string>& lines,
                   const std::regex& pattern, std::string_view what) {
    Violations found;
    std::smatch match;
    for (std::size_t at = 0; at < lines.size(); ++at)
        if (std::regex_search(lines[at], match, pattern))
            found.push_back({source.path, at + 1, std::string(what) + ": " + match[0].str()});
    return found;
}

/// What each library's users are: stem of the file, to its first line that includes it.
using Users = std::map<std::string, Violation>;
std::map<std::string_view, Users> library_users(const std::vector<Source>& sources) {
    std::map<std::string_view, Users> users;
    for (const Source& source : sources)
        for (const Include& include : includes_of(source))
            if (const Library* library = library_of(include.name))
                users[library->name].try_emplace(source.stem(), source.path, include.line,
                                                 include.name);
    return users;
}

Violations unknown_libraries(const Source& source) {
    Violations found;
    for (const Include& include : includes_of(source)) {
        const bool is_standard = include.name.find_first_of("/.") == std::string::npos;
        const bool is_system = starts_with_one_of(include.name, kSystemFolders) ||
                               (include.name.find('/') == std::string::npos && include.angled);
        if (!include.angled || is_standard || library_of(include.name) != nullptr)
            continue;
        if (starts_with_one_of(include.name, kTestLibraries)) {
            if (source.is_product())
                found.push_back({source.path, include.line,
                                 "product code includes the test library " + include.name});
        } else if (!is_system) {
            found.push_back({source.path, include.line,
                             "<" + include.name +
                                 "> is of a library that tests/house/rules.cpp does not know; "
                                 "give it one wrapper, there and in third_party/README.md"});
        }
    }
    return found;
}

}  // namespace

Violations include_direction(const Source& source) {
    const std::string room = source.room();
    const Room* plan = nullptr;
    for (const Room& candidate : kRooms)
        if (room == candidate.name || (candidate.name == "probes" && room.starts_with("probes/")))
            plan = &candidate;
    if (plan == nullptr)
        return {{source.path, 0, "the folder '" + room + "' is not in the floor plan"}};
    Violations found;
    for (const Include& include : includes_of(source)) {
        if (include.angled) {
            if (room == "engine/core" && source.is_product() &&
                include.name.find_first_of("/.") != std::string::npos)
                found.push_back({source.path, include.line,
                                 "engine/core includes more than the standard library: <" +
                                     include.name + ">"});
            continue;
        }
        bool allowed = starts_with_one_of(include.name, plan->may_include);
        if (source.is_test())
            allowed = allowed || include.name.starts_with("tests/support/");
        // A probe knows its own room and the engine; only the registry knows all probes.
        if (room.starts_with("probes/") && include.name.starts_with("probes/"))
            allowed = include.name.starts_with(room + "/");
        if (!allowed)
            found.push_back(
                {source.path, include.line, room + " must not include \"" + include.name + "\""});
    }
    return found;
}

Violations third_party_wrappers(const std::vector<Source>& sources) {
    Violations found;
    for (const Source& source : sources) {
        const Violations unknown = unknown_libraries(source);
        found.insert(found.end(), unknown.begin(), unknown.end());
    }
    const auto users = library_users(sources);
    for (const Library& library : kLibraries) {
        const auto used = users.find(library.name);
        if (used == users.end())
            continue;
        for (const auto& [stem, where] : used->second) {
            if (!stem.starts_with(std::string(library.room) + "/"))
                found.push_back({where.path, where.line,
                                 std::string(library.name) + " belongs in " +
                                     std::string(library.room) + " only: <" + where.what + ">"});
            else if (used->second.size() > 1)
                found.push_back({where.path, where.line,
                                 std::string(library.name) + " has " +
                                     std::to_string(used->second.size()) +
                                     " wrappers, of which this is one: <" + where.what + ">"});
        }
    }
    return found;
}

std::vector<std::string> wrappers_in_use(const std::vector<Source>& sources) {
    std::vector<std::string> wrappers;
    for (const auto& [library, users] : library_users(sources))
        for (const auto& [stem, where] : users)
            wrappers.push_back(stem);
    return wrappers;
}

Violations no_other_programs(const Source& source) {
    static const std::regex pattern(
        R"(\b(system|popen|execl|execlp|execle|execv|execvp|execvpe|execve|execveat|fexecve|)"
        R"(posix_spawnp?|fork|vfork|clone3?)\s*\(|\bSYS_(execve|execveat|fork|vfork|clone3?)\b)");
    return source.is_test() ? Violations{}
                            : matches(source, source.skeleton, pattern, "starts a process");
}

Violations only_host_asks_the_machine(const Source& source) {
    if (source.is_test() || source.room() == "engine/host")
        return {};
    static const std::regex files(R"("/?(proc|sys)/[^" ]*")");
    static const std::regex instructions(
        R"(\b(__cpuid(_count|ex)?|__get_cpuid(_max|_count)?|__builtin_cpu_(init|supports|is)|)"
        R"(_?xgetbv)\b|<cpuid\.h>)");
    Violations found = matches(source, source.code, files, "reads procfs or sysfs itself");
    const Violations more = matches(source, source.code, instructions, "asks CPUID itself");
    found.insert(found.end(), more.begin(), more.end());
    return found;
}

Violations only_cli_prints_and_exits(const Source& source) {
    if (source.is_test() || source.room() == "cli")
        return {};
    static const std::regex prints(
        R"(\b(v?f?printf|v?dprintf|puts|fputs|putchar|putc|fputc|perror|psignal)\s*\(|)"
        R"(\bstd::(cout|cerr|clog)\b|\bfmt::print\b)");
    static const std::regex ends(R"(\b(exit|_exit|_Exit|quick_exit|getenv|secure_getenv)\s*\()");
    Violations found;
    for (const Violation& violation : matches(source, source.skeleton, prints, "prints")) {
        const auto here = source.skeleton.begin() + static_cast<std::ptrdiff_t>(violation.line - 1);
        const auto end = here + std::min<std::ptrdiff_t>(4, source.skeleton.end() - here);
        const bool last_words = here->find("stderr") != std::string::npos &&
                                std::any_of(here, end, [](const auto& line) {
                                    return line.find("std::abort()") != std::string::npos;
                                });
        if (!last_words)
            found.push_back(violation);
    }
    const Violations more = matches(source, source.skeleton, ends, "ends or asks the process");
    found.insert(found.end(), more.begin(), more.end());
    return found;
}

Violations no_bare_unit_factors(const Source& source) {
    static const std::regex pattern(
        R"((^|[^\w.'])(1e9|1e-9|1024(\.0)?|1048576|1073741824|1'?000'?000'?000|1'?048'?576))"
        R"((?![\w.']))");
    // units.h gives the factors; quantity.cpp is the one place that scales for people.
    if (source.is_test() || source.path.starts_with("engine/core/units.") ||
        source.path.starts_with("report/quantity."))
        return {};
    Violations found = matches(source, source.skeleton, pattern, "a bare factor");
    // A number that a constant names is not bare, whatever it is worth.
    std::erase_if(found, [&](const Violation& violation) {
        return source.skeleton[violation.line - 1].find("constexpr") != std::string::npos;
    });
    return found;
}

Violations telling_names(const Source& source) {
    static const std::set<std::string, std::less<>> empty_words{
        "util", "utils", "common", "manager", "helper", "helpers", "misc"};
    static const std::regex word(R"([A-Za-z0-9]+)");
    for (std::sregex_iterator at(source.path.begin(), source.path.end(), word), end; at != end;
         ++at)
        if (empty_words.contains(at->str()))
            return {{source.path, 0, "the name says nothing: " + at->str()}};
    return {};
}

Violations no_promises(const Source& source) {
    // These files hold the words that they look for.
    if (source.path == "tests/house_test.cpp" || source.path.starts_with("tests/house/"))
        return {};
    static const std::regex pattern(R"(\b(TODO|FIXME|XXX|HACK)\b)");
    static const std::regex phrases(
        R"(\b(for now|temporary hack|temporary workaround|to be implemented|not yet implemented)\b)",
        std::regex::icase);
    Violations found = matches(source, source.raw, pattern, "unfinished work");
    const Violations more = matches(source, source.raw, phrases, "unfinished work");
    found.insert(found.end(), more.begin(), more.end());
    return found;
}

Violations every_test_is_compiled(const std::vector<Source>& sources, std::string_view root,
                                  std::string_view compile_commands) {
    Violations found;
    for (const Source& source : sources) {
        if (!source.path.ends_with("_test.cpp"))
            continue;
        const std::string entry = "\"file\": \"" + std::string(root) + "/" + source.path + "\"";
        if (compile_commands.find(entry) == std::string_view::npos)
            found.push_back({source.path, 0, "no test program compiles it"});
    }
    return found;
}

Violations every_probe_is_registered(const std::vector<Source>& sources) {
    static const std::regex declaration(R"(\bextern\s+const\s+Probe\s+(k\w+)\s*;)");
    static const std::regex definition(R"(\bProbe\s+k\w+\s*(=\s*)?\{)");
    static const std::regex id(R"re(\.id\s*=\s*"([^"]+)")re");
    std::string registry;
    for (const Source& source : sources)
        if (source.path == "probes/registry.cpp")
            for (const std::string& line : source.code)
                registry += line + "\n";
    Violations found;
    std::smatch match;
    for (const Source& source : sources) {
        if (!source.room().starts_with("probes/") || source.is_test())
            continue;
        bool defines = false;
        for (std::size_t at = 0; at < source.code.size(); ++at) {
            if (std::regex_search(source.code[at], match, declaration) &&
                !std::regex_search(registry, std::regex("::" + match[1].str() + "\\b")))
                found.push_back(
                    {source.path, at + 1, match[1].str() + " has no line in probes/registry.cpp"});
            defines = defines || std::regex_search(source.code[at], definition);
            if (defines && std::regex_search(source.code[at], match, id)) {
                defines = false;
                const std::string prefix =
                    source.room().substr(std::string("probes/").size()) + ".";
                if (!match[1].str().starts_with(prefix))
                    found.push_back(
                        {source.path, at + 1,
                         "the id " + match[1].str() + " does not begin with " + prefix});
            }
        }
    }
    return found;
}

}  // namespace assay::house
