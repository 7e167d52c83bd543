#include "cli/run_options.h"

#include <fnmatch.h>
#include <limits.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "cli/footprint_total.h"
#include "cli/suggest.h"
#include "engine/core/profile.h"
#include "engine/core/units.h"
#include "engine/measure/schedule.h"
#include "probes/network/control/peer_options.h"
#include "probes/registry.h"
#include "report/format.h"

namespace assay::cli {
namespace {

constexpr std::size_t kLongestLabel = 200;
constexpr std::uint64_t kLargestSeed = (std::uint64_t{1} << 53) - 1;
constexpr std::string_view kDefaultProfile = "quick";

std::vector<std::string_view> probe_ids() {
    std::vector<std::string_view> ids;
    for (const Probe* probe : probes::all_probes())
        ids.push_back(probe->id);
    return ids;
}

std::vector<std::string_view> profile_names() {
    std::vector<std::string_view> names;
    for (const Profile& profile : profiles())
        names.push_back(profile.name);
    return names;
}

Expected<Profile> chosen_profile(const Arguments& arguments) {
    const std::string name = arguments.text("profile", kDefaultProfile);
    if (const auto profile = find_profile(name))
        return *profile;
    const auto names = profile_names();
    return failure(ErrorKind::usage,
                   fmt::format("Unknown profile '{}'.{} There are {}.", name,
                               did_you_mean(name, names), fmt::join(names, ", ")));
}

/// Length of the UTF-8 sequence that begins `text`, or 0 where it is none (RFC 3629).
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t index) {
        return index < text.size() ? static_cast<unsigned char>(text[index]) : 0u;
    };
    const auto continues = [&](std::size_t index) { return (byte(index) & 0xC0u) == 0x80u; };
    const unsigned first = byte(0);
    if (first < 0x80u)
        return 1;
    if (first >= 0xC2u && first <= 0xDFu)
        return continues(1) ? 2 : 0;
    if (first >= 0xE0u && first <= 0xEFu) {
        const bool overlong = first == 0xE0u && byte(1) < 0xA0u;
        const bool surrogate = first == 0xEDu && byte(1) >= 0xA0u;
        return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0u && first <= 0xF4u) {
        const bool overlong = first == 0xF0u && byte(1) < 0x90u;
        const bool beyond = first == 0xF4u && byte(1) >= 0x90u;
        return continues(1) && continues(2) && continues(3) && !overlong && !beyond ? 4 : 0;
    }
    return 0;
}

bool is_printable_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const auto first = static_cast<unsigned char>(text.front());
        if (length == 0 || first < 0x20u || first == 0x7Fu)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string host_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0' ||
        !is_printable_utf8(name.data()))
        return "unnamed";
    return name.data();
}

bool takes(const Probe& probe, std::string_view option) {
    return std::ranges::any_of(probe.options,
                               [&](const Option& row) { return row.name == option; });
}

}  // namespace

std::vector<Flag> check_flags() {
    std::vector<Flag> flags{
        {{"profile", OptionKind::text, "quick", "",
          "how long and how thorough: smoke 20 s, quick 5 min, standard 15 min, "
          "deep 1 h"},
         '\0',
         "NAME"},
        {{"path", OptionKind::text, ".", "",
          "a folder on the filesystem to measure; only unnamed files are written "
          "there"},
         '\0',
         "DIR"},
        {{"peer", OptionKind::text, "", "",
          "the 'assay agent' that the network probes measure the path to"},
         '\0',
         "HOST:PORT"},
    };
    for (const Flag& flag : credential_flags())
        flags.push_back(flag);
    return flags;
}

std::vector<Flag> credential_flags() {
    std::vector<Flag> flags;
    for (const Option& option : network::control::kPeerOptions)
        if (option.name != network::control::kPeerOption.name)
            flags.push_back({option, '\0', "FILE"});
    return flags;
}

Flag label_flag() {
    return {
        {"label", OptionKind::text, "host name", "", "what reports call this host"}, '\0', "NAME"};
}

Flag seed_flag() {
    return {
        {"seed", OptionKind::count, "random", "", "repeats the random choices of an earlier run"},
        '\0',
        ""};
}

Flag json_flag(std::string_view help) {
    return {{"json", OptionKind::flag, "", "", help}, '\0', ""};
}

std::vector<Flag> plan_flags() {
    std::vector<Flag> flags = check_flags();
    flags.push_back({{"only", OptionKind::text, "", "",
                      "probes by name, with * and ?, comma-separated: 'storage.*'"},
                     '\0',
                     "GLOB,..."});
    flags.push_back({{"budget", OptionKind::duration, "the profile's", "",
                      "hard limit of the run's wall-clock time"},
                     '\0',
                     ""});
    flags.push_back({{"memory-spec", OptionKind::text, "", "",
                      "the DRAM of a NUMA node, as 12x4800; adds the share of its peak"},
                     '\0',
                     "CHANNELSxMT/s"});
    flags.push_back(label_flag());
    flags.push_back(seed_flag());
    return flags;
}

std::vector<Flag> delivery_flags() {
    return {
        {{"output", OptionKind::text, "", "",
          "write the result document here, whole or not at all"},
         'o',
         "FILE"},
        json_flag("the result document on stdout, and nothing else there"),
        {{"quiet", OptionKind::flag, "", "", "no progress on stderr"}, '\0', ""},
    };
}

Expected<std::vector<const Probe*>> select_probes(std::string_view globs) {
    std::vector<bool> chosen(probes::all_probes().size());
    const auto ids = probe_ids();
    for (;;) {
        const std::size_t comma = globs.find(',');
        const std::string glob(globs.substr(0, comma));
        bool matched = false;
        for (std::size_t index = 0; index < ids.size(); ++index)
            if (::fnmatch(glob.c_str(), std::string(ids[index]).c_str(), 0) == 0)
                chosen[index] = matched = true;
        if (!matched)
            return failure(ErrorKind::usage,
                           fmt::format("--only: '{}' matches no probe.{} There "
                                       "are {}.",
                                       glob, did_you_mean(glob, ids), fmt::join(ids, ", ")));
        if (comma == std::string_view::npos)
            break;
        globs.remove_prefix(comma + 1);
    }
    std::vector<const Probe*> selected;
    for (std::size_t index = 0; index < chosen.size(); ++index)
        if (chosen[index])
            selected.push_back(probes::all_probes()[index]);
    return selected;
}

Expected<std::string> make_label(const Arguments& arguments) {
    const std::string* given = arguments.find("label");
    if (given == nullptr)
        return host_name();
    if (given->size() > kLongestLabel)
        return failure(ErrorKind::usage, fmt::format("--label: {} bytes are too long; {} fit.",
                                                     given->size(), kLongestLabel));
    if (!is_printable_utf8(*given))
        return failure(ErrorKind::usage,
                       "--label: only UTF-8 text without control characters can be a label.");
    return *given;
}

Expected<std::uint64_t> make_seed(const Arguments& arguments) {
    if (arguments.find("seed") != nullptr) {
        const std::uint64_t seed = arguments.count("seed", 1);
        if (seed > kLargestSeed)
            return failure(ErrorKind::usage,
                           fmt::format("--seed: {} is too large; {} is the largest that every "
                                       "JSON reader keeps exactly.",
                                       seed, kLargestSeed));
        return seed;
    }
    std::uint64_t bits = 0;
    ssize_t got = 0;
    do
        got = ::getrandom(&bits, sizeof bits, 0);
    while (got < 0 && errno == EINTR);
    if (got != ssize_t{sizeof bits})
        return failure(ErrorKind::internal, "get a random seed; give one with --seed N", errno);
    return std::max<std::uint64_t>(1, bits & kLargestSeed);
}

Expected<void> check_path_exists(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0)
        return {};
    Error error = system_failure("--path " + path + " cannot be measured", errno).error();
    error.message += ". Name a folder on the filesystem that will carry the data.";
    return std::unexpected(std::move(error));
}

Expected<measure::RunPlan> make_run_plan(const Arguments& arguments) {
    ASSAY_TRY(const Profile profile, chosen_profile(arguments));
    ASSAY_TRY(const auto selected, select_probes(arguments.text("only", "*")));
    ASSAY_TRY(std::string label, make_label(arguments));
    ASSAY_TRY(const std::uint64_t seed, make_seed(arguments));
    const std::string path = arguments.text("path", ".");
    ASSAY_TRY_VOID(check_path_exists(path));
    measure::RunPlan plan{.profile_name = std::string(profile.name),
                          .budget_ns = arguments.duration_ns("budget", profile.budget_ns),
                          .rounds = profile.rounds,
                          .min_valid_rounds = profile.min_valid_rounds,
                          .longest_round_ns = profile.longest_round_ns,
                          .seed = seed,
                          .label = std::move(label),
                          .path = path,
                          .probes = {}};
    for (const Probe* probe : selected) {
        Request request{.values = {},
                        .seed = seed,
                        .budget = std::chrono::nanoseconds(plan.budget_ns),
                        .extent = profile.extent,
                        .most_rounds = measure::most_rounds(profile.rounds)};
        if (takes(*probe, "path"))
            request.values.emplace("path", path);
        for (const Option& option : network::control::kPeerOptions)
            if (const std::string* value = arguments.find(option.name);
                value && takes(*probe, option.name))
                request.values.emplace(option.name, *value);
        if (const std::string* spec = arguments.find("memory-spec");
            spec && takes(*probe, "memory-spec"))
            request.values.emplace("memory-spec", *spec);
        plan.probes.push_back({probe, std::move(request)});
    }
    return plan;
}

RunContext look_only_context(const host::Host& host) {
    return {.host = host,
            .stop = {},
            .prepare_deadline = std::chrono::steady_clock::now(),
            .memory_allowance_bytes = host.memory_allowance_bytes(),
            .shelf = nullptr};
}

TimePlan plan_time(const measure::RunPlan& plan, const std::vector<Footprint>& footprints) {
    // Between two rounds the host comes to rest; the runner asks for 50 ms.
    constexpr std::chrono::nanoseconds kRest = std::chrono::milliseconds(50);
    const std::chrono::nanoseconds budget(plan.budget_ns);
    const Footprint total = total_of(footprints);
    const double shares = *total.round_shares;
    const std::size_t cases = total.cases;
    TimePlan time;
    time.prepare = std::min(total.prepare_time, budget);
    time.rounds = rounds_of(total, plan.rounds);
    std::chrono::nanoseconds lasting{};
    for (const Lasting& each : total.lasting)
        lasting += each.length * static_cast<std::int64_t>(std::min(each.rounds, plan.rounds));
    lasting = std::min(lasting, measure::most_of_lasting(budget - time.prepare));
    time.round =
        measure::round_duration({.left = budget - time.prepare - lasting,
                                 .rounds = cases * plan.rounds,
                                 .shares = shares * static_cast<double>(plan.rounds),
                                 .longest = std::chrono::nanoseconds(plan.longest_round_ns),
                                 .overhead = kRest});
    const double measuring_ns = static_cast<double>(plan.rounds) *
                                (shares * static_cast<double>(time.round.count()) +
                                 static_cast<double>(cases) * static_cast<double>(kRest.count()));
    time.total =
        std::min(budget, time.prepare + lasting +
                             std::chrono::nanoseconds(static_cast<std::int64_t>(measuring_ns)));
    return time;
}

}  // namespace assay::cli
