#include "probes/network/udp/udp.h"

#include <string>

#include "engine/core/units.h"
#include "probes/network/control/session.h"
#include "probes/network/udp/metrics.h"
#include "probes/network/udp/options.h"
#include "probes/network/udp/roles.h"
#include "probes/network/udp/settings.h"
#include "probes/network/udp/workload.h"

namespace assay::network::udp {
namespace {

std::vector<CheckLine> check(const RunContext&, const Request& request) {
    if (const auto settings = udp_settings(request); !settings)
        return {{.level = CheckLevel::block,
                 .subject = "network.udp",
                 .message = settings.error().message,
                 .advice = "See assay help network.udp for what the options take.",
                 .kind = settings.error().kind}};
    return {control::check_peer(request)};
}

Expected<Footprint> plan(const RunContext& context, const Request& request) {
    // Socket buffers as asked for at both ends, and the blocks that datagrams are built in.
    constexpr std::uint64_t kMemoryPerEndBytes = 16 * kMiB;
    ASSAY_TRY(const UdpSettings settings, udp_settings(request));
    const std::string* peer = request.find("peer");
    const std::size_t ends = peer == nullptr ? 2 : 1;
    const std::size_t searches = settings.rate_bytes_per_s ? 0 : settings.directions.size();
    return Footprint{.bytes_sent = peer == nullptr ? std::optional<std::uint64_t>(0) : std::nullopt,
                     .memory_bytes = ends * kMemoryPerEndBytes,
                     .threads = std::min(ends, context.host.topology.allowed_cpus().size()),
                     .cases = settings.directions.size() + searches,
                     .prepare_time = std::chrono::seconds(1),
                     .note = peer == nullptr
                                 ? "SELF-TEST over loopback: nothing leaves this host"
                                 : "fills the path to " + *peer + " until datagrams are lost"};
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(const UdpSettings settings, udp_settings(request));
    ASSAY_TRY(std::shared_ptr<control::Peer> peer, control::peer_for(context, request, kRoles));
    std::vector<Condition> conditions = control::peer_conditions(peer->facts());
    return make_workload(std::move(peer), context.host, settings, std::move(conditions),
                         {.stop = context.stop, .deadline = context.prepare_deadline});
}

}  // namespace

constexpr Probe kUdp{
    .id = "network.udp",
    .title = "UDP: the highest rate without loss; loss, order and jitter at a set rate",
    .metrics = kMetrics,
    .options = kUdpOptions,
    .check = check,
    .plan = plan,
    .prepare = prepare,
};

}  // namespace assay::network::udp
