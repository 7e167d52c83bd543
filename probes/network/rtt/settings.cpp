#include "probes/network/rtt/settings.h"

#include <algorithm>
#include <array>
#include <string>

#include "probes/network/rtt/echo_message.h"
#include "probes/network/rtt/echo_role.h"

namespace assay::network::rtt {
namespace {

struct Named {
    std::string_view name;
    std::optional<Echo> echo;
};
constexpr std::array kKinds{
    Named{"udp", Echo::udp},         Named{"tcp", Echo::tcp}, Named{"icmp", Echo::icmp},
    Named{"connect", Echo::connect}, Named{"syn", Echo::syn}, Named{"mtu", std::nullopt},
};

std::vector<RttCase> cases_of(const Request& request) {
    const std::string protocol = request.text("protocol", "all");
    const std::string asked_load = request.text("load", "");
    for (const Named& kind : kKinds)
        if (kind.name == protocol) {
            for (const Load load : {Load::up, Load::down, Load::both})
                if (asked_load == name_of(load))
                    return {{kind.echo, load}};
            return {{kind.echo, Load::none}};
        }
    std::vector<RttCase> cases;
    for (const Load load : {Load::up, Load::down, Load::both})
        if (asked_load == name_of(load))
            return {{Echo::udp, load}, {Echo::tcp, load}, {Echo::icmp, load}};
    if (request.extent == Extent::smoke)
        return {{Echo::udp, Load::none}, {Echo::tcp, Load::none}};
    for (const Named& kind : kKinds)
        cases.push_back({kind.echo, Load::none});
    if (asked_load == name_of(Load::none))
        return cases;
    cases.push_back({Echo::udp, Load::up});
    cases.push_back({Echo::udp, Load::down});
    if (request.extent == Extent::standard || request.extent == Extent::deep) {
        cases.push_back({Echo::udp, Load::both});
        cases.push_back({Echo::tcp, Load::up});
        cases.push_back({Echo::tcp, Load::down});
    }
    return cases;
}

}  // namespace

double rate_of(const RttSettings& settings, Echo echo) {
    // Handshakes cost the peer a connection each, and ICMP is what firewalls limit first.
    const bool is_slow = echo != Echo::udp && echo != Echo::tcp;
    const double rate = settings.per_second.value_or(is_slow ? 100 : 1000);
    return is_slow ? std::min(rate, kMostIcmpPerSecond) : rate;
}

Expected<RttSettings> rtt_settings(const Request& request) {
    constexpr std::uint64_t kMostRate = 10'000;
    RttSettings settings;
    settings.cases = cases_of(request);
    ASSAY_TRY(const std::uint64_t rate, request.count("rate", 1));
    if (rate == 0 || rate > kMostRate)
        return failure(ErrorKind::usage, "--rate: from 1 to 10000 requests a second");
    if (request.find("rate") != nullptr)
        settings.per_second = static_cast<double>(rate);
    const bool only_icmp = std::ranges::all_of(
        settings.cases, [](const RttCase& one) { return one.echo == Echo::icmp; });
    if (only_icmp && static_cast<double>(rate) > kMostIcmpPerSecond)
        return failure(ErrorKind::usage, "--rate: at most 1000 ICMP echoes a second");
    ASSAY_TRY(const std::uint64_t payload, request.bytes("payload", settings.payload_bytes));
    if (payload < EchoMessage::kBytes || payload > EchoWishes::kMostPayloadBytes)
        return failure(ErrorKind::usage, "--payload: from 24 to 65507 bytes");
    settings.payload_bytes = payload;
    ASSAY_TRY(const std::uint64_t streams, request.count("streams", settings.load_streams));
    if (streams == 0 || streams > EchoWishes::kMostStreams)
        return failure(ErrorKind::usage, "--streams: from 1 to 16 TCP streams of load");
    settings.load_streams = streams;
    constexpr std::size_t kMostCongestionBytes = 15;  // TCP_CA_NAME_MAX, without its zero
    settings.congestion = request.text("congestion", "");
    if (settings.congestion.size() > kMostCongestionBytes)
        return failure(ErrorKind::usage, "--congestion: no such name is longer than 15 letters");
    if (settings.congestion.empty())
        settings.congestion = queue_filling_congestion_control();
    settings.ping_pong = request.text("loop", "open") == "closed";
    return settings;
}

}  // namespace assay::network::rtt
