#include "probes/network/rtt/rtt.h"

#include <algorithm>
#include <string>

#include "engine/core/units.h"
#include "probes/network/control/session.h"
#include "probes/network/rtt/echo_role.h"
#include "probes/network/rtt/metrics.h"
#include "probes/network/rtt/options.h"
#include "probes/network/rtt/rtt_workload.h"
#include "probes/network/rtt/settings.h"

namespace assay::network::rtt {
namespace {

std::vector<CheckLine> check(const RunContext&, const Request& request) {
    if (const auto settings = rtt_settings(request); !settings)
        return {{.level = CheckLevel::block,
                 .subject = "network.rtt",
                 .message = settings.error().message,
                 .advice = "See assay help network.rtt for what the options take.",
                 .kind = settings.error().kind}};
    return {control::check_peer(request)};
}

Expected<Footprint> plan(const RunContext& context, const Request& request) {
    constexpr std::uint64_t kMemoryPerEndBytes = 16 * kMiB;
    ASSAY_TRY(const RttSettings settings, rtt_settings(request));
    const std::string* peer = request.find("peer");
    const std::size_t ends = peer == nullptr ? 2 : 1;
    const bool loads = std::ranges::any_of(
        settings.cases, [](const RttCase& one) { return one.load != Load::none; });
    return Footprint{.bytes_sent = peer == nullptr ? std::optional<std::uint64_t>(0) : std::nullopt,
                     .memory_bytes = ends * kMemoryPerEndBytes,
                     .threads = std::min(2 * ends, context.host.topology.allowed_cpus().size()),
                     .cases = settings.cases.size(),
                     .prepare_time = std::chrono::milliseconds(500),
                     .note = peer == nullptr ? "SELF-TEST over loopback: nothing leaves this host"
                             : loads ? "fills the path to " + *peer + " by TCP in half of its cases"
                                     : "sends small requests to " + *peer};
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(const RttSettings settings, rtt_settings(request));
    ASSAY_TRY(std::shared_ptr<control::Peer> peer, control::peer_for(context, request, kRttRoles));
    std::vector<Condition> conditions = control::peer_conditions(peer->facts());
    return make_rtt_workload(std::move(peer), settings, std::move(conditions), context.host.files);
}

}  // namespace

constexpr Probe kRtt{
    .id = "network.rtt",
    .title = "Round trips over UDP, TCP and ICMP, idle and under load; the path's MTU",
    .metrics = kRttMetrics,
    .options = kRttOptions,
    .check = check,
    .plan = plan,
    .prepare = prepare,
};

}  // namespace assay::network::rtt
