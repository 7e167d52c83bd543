#include <algorithm>
#include <string>
#include <vector>

#include "cli/command_functions.h"
#include "cli/output.h"
#include "cli/privileges.h"
#include "cli/run_options.h"
#include "engine/core/units.h"
#include "engine/host/host.h"
#include "probes/network/control/agent.h"
#include "probes/network/control/listeners.h"
#include "probes/network/control/peer_options.h"
#include "probes/network/roles.h"
#include "report/format.h"

namespace assay::cli {
namespace {

using namespace network::control;

constexpr std::int64_t kLongestTest_ns = 120 * kNanosecondsPerSecond;
constexpr std::uint64_t kMostStreams = std::uint64_t{1} << 10;

std::vector<Flag> agent_flags() {
    std::vector<Flag> flags{
        {{"listen", OptionKind::text, ":4840", "",
          "where to listen, TCP and UDP; without an address on all of them, port 0 takes a free "
          "one"},
         '\0',
         "ADDR:PORT"},
    };
    for (const Flag& flag : credential_flags())
        flags.push_back(flag);
    const std::vector<Flag> limits{
        {{"allow", OptionKind::text, "everybody with the key", "",
          "networks that may connect: 192.0.2.0/24,2001:db8::/32"},
         '\0',
         "CIDR,..."},
        {{"max-rate", OptionKind::bytes, "none", "", "bytes per second that a test may send"},
         '\0',
         ""},
        {{"max-bytes", OptionKind::bytes, "none", "", "bytes that one test may send"}, '\0', ""},
        {{"max-duration", OptionKind::duration, "120s", "", "of one test; 120 s at most"},
         '\0',
         ""},
        {{"max-streams", OptionKind::count, "1024", "", "of one test; 1024 at most"}, '\0', ""},
        {{"user", OptionKind::text, "", "", "the user to become once the sockets are open"},
         '\0',
         "NAME"},
        {{"once", OptionKind::flag, "", "", "end when the first prober that ran a test has left"},
         '\0',
         ""},
    };
    flags.insert(flags.end(), limits.begin(), limits.end());
    return flags;
}

Expected<std::vector<Network>> allowed_networks(const Arguments& arguments) {
    std::vector<Network> networks;
    const std::string* given = arguments.find("allow");
    std::string_view left = given == nullptr ? std::string_view() : *given;
    while (!left.empty()) {
        const std::size_t comma = left.find(',');
        auto network = Network::parse(left.substr(0, comma));
        if (!network)
            return failure(ErrorKind::usage, "--allow: " + network.error().message);
        networks.push_back(*network);
        left.remove_prefix(comma == std::string_view::npos ? left.size() : comma + 1);
    }
    return networks;
}

Expected<network::control::Caps> caps_of(const Arguments& arguments) {
    Caps caps;
    if (const std::string* rate = arguments.find("max-rate")) {
        ASSAY_TRY(const std::uint64_t bytes_per_s, parse_bytes(*rate));
        caps.most_bytes_per_s = static_cast<double>(bytes_per_s);
    }
    if (const std::string* bytes = arguments.find("max-bytes")) {
        ASSAY_TRY(caps.most_bytes, parse_bytes(*bytes));
    }
    const std::int64_t longest_ns = arguments.duration_ns("max-duration", kLongestTest_ns);
    const std::uint64_t streams = arguments.count("max-streams", kMostStreams);
    if (longest_ns > kLongestTest_ns)
        return failure(ErrorKind::usage, "--max-duration: 120 s is the most.");
    if (streams > kMostStreams)
        return failure(ErrorKind::usage, "--max-streams: 1024 is the most.");
    caps.longest = std::chrono::nanoseconds(longest_ns);
    caps.most_streams = streams;
    return caps;
}

Expected<AgentSettings> make_settings(const Arguments& arguments) {
    AgentSettings settings;
    ASSAY_TRY(settings.listen, parse_listen(arguments.text("listen", ":4840")));
    Request request;
    for (const Flag& flag : credential_flags())
        if (const std::string* value = arguments.find(flag.option.name))
            request.values.emplace(flag.option.name, *value);
    ASSAY_TRY(settings.credentials, credentials_of(request));
    ASSAY_TRY(settings.allowed, allowed_networks(arguments));
    ASSAY_TRY(settings.caps, caps_of(arguments));
    settings.roles = network::all_roles();
    settings.once = arguments.has("once");
    settings.tell = [](const std::string& event) { note("assay agent: " + event); };
    return settings;
}

Expected<void> drop_privileges(Agent& agent, const Arguments& arguments) {
    if (const std::string* name = arguments.find("user")) {
        ASSAY_TRY(const Account account, find_account(*name));
        ASSAY_TRY_VOID(agent.give_sockets_to(account.user));
        ASSAY_TRY_VOID(become(account));
    }
    return renounce_new_privileges();
}

}  // namespace

Expected<Syntax> agent_syntax(std::span<const std::string>) {
    return Syntax{
        .command = "agent",
        .summary =
            "The other end of the network probes: waits on the peer host for probers that "
            "have its key, and plays the other end of their tests, one at a time.",
        .operands = {},
        .flags = agent_flags(),
        .notes =
            "It sends only to probers that have proven themselves and their address, and "
            "stops within a second\nwhen it no longer hears of them. One port, TCP and UDP, "
            "must be open towards it. SIGTERM ends it, status 0.\n"};
}

Expected<ExitStatus> agent_command(const Arguments& arguments, Session& session) {
    ASSAY_TRY(AgentSettings settings, make_settings(arguments));
    ASSAY_TRY(const host::Host host, host::inspect_host(host::Files{}));
    allow_many_files();
    ASSAY_TRY(const std::unique_ptr<Agent> agent, Agent::open(host, std::move(settings)));
    ASSAY_TRY_VOID(drop_privileges(*agent, arguments));
    for (const network::Endpoint& endpoint : agent->endpoints())
        note("assay agent: listening on " + endpoint.text() + ", TCP and UDP");
    ASSAY_TRY_VOID(agent->serve(session.stop));
    note("assay agent: ended");
    return ExitStatus::done;
}

}  // namespace assay::cli
