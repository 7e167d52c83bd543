#include "probes/network/tcp/tcp.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "engine/core/units.h"
#include "probes/network/control/session.h"
#include "probes/network/tcp/metrics.h"
#include "probes/network/tcp/options.h"
#include "probes/network/tcp/settings.h"
#include "probes/network/tcp/tcp_role.h"
#include "probes/network/tcp/tcp_workload.h"
#include "probes/network/wire/payload.h"

namespace assay::network::tcp {
namespace {

bool is_self_test(const Request& request) {
    return request.find("peer") == nullptr;
}

std::vector<CheckLine> check(const RunContext&, const Request& request) {
    if (const auto settings = tcp_settings(request); !settings)
        return {{.level = CheckLevel::block,
                 .subject = "network.tcp",
                 .message = settings.error().message,
                 .advice = "See assay help network.tcp for what the options take.",
                 .kind = settings.error().kind}};
    if (is_self_test(request))
        return {{.level = CheckLevel::ok,
                 .subject = "TCP over loopback",
                 .message = "no --peer was given, so this is a SELF-TEST, never scored",
                 .advice = ""}};
    return {{.level = CheckLevel::ok,
             .subject = "TCP to " + *request.find("peer"),
             .message = "the agent there is asked when the run begins",
             .advice = ""}};
}

/// Socket buffers, which the kernel grows to tcp_wmem and tcp_rmem (4 and 6 MiB where nobody raised
/// them).
constexpr std::uint64_t kMemoryPerStreamBytes = 10 * kMiB;
/// The payload block, the receiver's buffer, and the sampler's copy.
constexpr std::uint64_t kMemoryPerThreadBytes = 3 * Payload::kBlockBytes;

Expected<Footprint> plan(const RunContext& context, const Request& request) {
    ASSAY_TRY(const TcpSettings settings, tcp_settings(request));
    std::size_t most = 0;
    for (const TcpCase& one : settings.cases)
        most = std::max(most, one.streams * (one.direction == Direction::both ? 2 : 1));
    // A SELF-TEST holds both ends.
    const std::size_t ends = is_self_test(request) ? 2 : 1;
    const std::size_t cpus = std::max<std::size_t>(1, context.host.topology.allowed_cpus().size());
    const std::size_t threads = ends * std::min(most, 2 * cpus);
    return Footprint{
        .bytes_sent = 0,
        .memory_bytes = ends * most * kMemoryPerStreamBytes / 2 + threads * kMemoryPerThreadBytes,
        .threads = threads,
        .cases = settings.cases.size(),
        .prepare_time = std::chrono::milliseconds(is_self_test(request) ? 10 : 500),
        .note = is_self_test(request) ? "SELF-TEST over loopback: nothing leaves this host"
                                      : "fills the path to " + *request.find("peer") +
                                            " in both directions, as fast as it can"};
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(TcpSettings settings, tcp_settings(request));
    ASSAY_TRY(std::shared_ptr<control::Peer> peer,
              control::peer_for(context, request, tcp_roles()));
    const std::vector<Condition> conditions = control::peer_conditions(peer->facts());
    return std::make_unique<TcpWorkload>(context.host, std::move(peer), std::move(settings),
                                         conditions);
}

}  // namespace

constexpr Probe kTcp{
    .id = "network.tcp",
    .title = "Bulk TCP, one and several streams, both directions",
    .metrics = kTcpMetrics,
    .options = kTcpOptions,
    .check = check,
    .plan = plan,
    .prepare = prepare,
};

}  // namespace assay::network::tcp
