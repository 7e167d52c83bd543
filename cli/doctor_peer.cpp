#include "cli/doctor_peer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/units.h"
#include "probes/network/control/path_check.h"
#include "probes/network/control/peer_options.h"
#include "probes/network/control/session.h"
#include "report/format.h"
#include "report/quantity.h"

namespace assay::cli {
namespace {

using namespace network;
using namespace network::control;

constexpr std::chrono::seconds kLongestConnect{15};
constexpr std::chrono::seconds kLongestPathCheck{5};

Interrupt within(std::chrono::nanoseconds limit, const std::stop_token& stop) {
    return {.stop = stop, .deadline = std::chrono::steady_clock::now() + limit};
}

CheckLine blocked(std::string subject, const Error& error, std::string advice) {
    return {CheckLevel::block, std::move(subject), error.message, std::move(advice), error.kind};
}

std::string limits_text(const Caps& caps) {
    std::string text =
        fmt::format("at most {} and {} streams a test",
                    report::quantity(static_cast<double>(caps.longest.count()), Unit::nanoseconds),
                    caps.most_streams);
    if (caps.most_bytes_per_s > 0)
        text += ", " + report::quantity(caps.most_bytes_per_s, Unit::bytes_per_second);
    if (caps.most_bytes > 0)
        text += ", " + report::quantity(static_cast<double>(caps.most_bytes), Unit::bytes);
    return text;
}

CheckLine agent_line(const PeerFacts& facts) {
    std::string message = fmt::format("{} answers: assay {}, agent {}, {}", facts.address,
                                      facts.version, facts.agent_id, limits_text(facts.caps));
    if (facts.version != ASSAY_VERSION)
        return {CheckLevel::warn, "agent", message + "; this host has assay " ASSAY_VERSION,
                "install the same version on all hosts", ErrorKind::unsupported};
    if (facts.same_host)
        return {CheckLevel::warn, "agent", message + "; it runs on this very host",
                "run it on the peer host: a path within one host is a SELF-TEST, never scored",
                ErrorKind::unavailable};
    return {CheckLevel::ok, "agent", std::move(message), "", ErrorKind::unsupported};
}

CheckLine udp_line(Peer& peer, const std::stop_token& stop) {
    const auto is_open = udp_path_is_open(peer, within(kLongestPathCheck, stop));
    if (is_open && *is_open)
        return {CheckLevel::ok, "UDP path", "datagrams get through, there and back", "",
                ErrorKind::unsupported};
    if (is_open)
        return {CheckLevel::warn, "UDP path",
                "blocked: no datagram got through to " + peer.facts().address + " and back",
                "allow UDP to the same port as TCP; until then UDP is not measured",
                ErrorKind::unavailable};
    return {CheckLevel::warn, "UDP path", is_open.error().message,
            "try again when the agent is free", is_open.error().kind};
}

}  // namespace

std::vector<CheckLine> peer_lines(const host::Host& host, const Arguments& arguments,
                                  std::stop_token stop) {
    Request request;
    for (const Option& option : kPeerOptions)
        if (const std::string* value = arguments.find(option.name))
            request.values.emplace(option.name, *value);
    const auto address = peer_address_of(request);
    if (!address)
        return {blocked("network peer", address.error(),
                        "start 'assay agent --key FILE' on the peer host, and give its address "
                        "and a copy of the key file here")};
    if (!*address)
        return {};
    const auto peer = connect_to_peer(host, **address, within(kLongestConnect, stop));
    if (!peer)
        return {blocked("agent", peer.error(),
                        "see the agent's own lines on its host; it says why it refuses somebody")};
    return {agent_line((*peer)->facts()), udp_line(**peer, stop)};
}

}  // namespace assay::cli
