#include "probes/network/rtt/rtt.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/units.h"
#include "probes/network/control/session.h"
#include "probes/network/rtt/echo_role.h"
#include "probes/network/rtt/metrics.h"
#include "probes/network/rtt/options.h"
#include "probes/network/rtt/rtt_workload.h"

namespace assay::network::rtt {
namespace {

std::vector<CheckLine> check(const RunContext&, const Request& request) {
    const auto settings = rtt_settings(request);
    if (!settings)
        return {{.level = CheckLevel::block,
                 .subject = "round trips",
                 .message = settings.error().message,
                 .advice = "Give values within the limits that 'assay help network.rtt' names.",
                 .kind = settings.error().kind}};
    return {control::check_peer(request)};
}

Expected<Footprint> plan(const RunContext&, const Request& request) {
    ASSAY_TRY(const RttSettings settings, rtt_settings(request));
    const bool is_self_test = request.find("peer") == nullptr;
    const bool is_loaded = std::ranges::any_of(
        settings.cases, [](const RttCase& one) { return one.load != Load::none; });
    // Books of 40 B a request for two minutes at the highest rate of the cases, and for each stream
    // of the load its blocks and socket buffers.
    constexpr std::uint64_t kPerStreamBytes = 12 * kMiB, kPerRequestBytes = 40;
    double highest = 1;
    for (const RttCase& one : settings.cases)
        if (one.echo)
            highest = std::max(highest, rate_of(settings, *one.echo));
    constexpr double kLongestRoundS = 120;
    return Footprint{
        .bytes_sent = is_self_test ? std::optional<std::uint64_t>(0) : std::nullopt,
        .memory_bytes = static_cast<std::uint64_t>(highest * kLongestRoundS) * kPerRequestBytes +
                        (is_loaded ? 2 * settings.load_streams * kPerStreamBytes : 0),
        .threads = 1 + (is_loaded ? 2 * settings.load_streams : 0),
        .cases = settings.cases.size(),
        .prepare_time = std::chrono::milliseconds(500),
        .note = is_self_test ? "SELF-TEST over loopback: nothing leaves this host"
                : is_loaded  ? "fills the path to the peer by TCP in the cases under load"
                             : "some 1000 small packets a second"};
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(const RttSettings settings, rtt_settings(request));
    ASSAY_TRY(auto peer, control::peer_for(context, request, kRttRoles));
    const std::vector<Condition> conditions = control::peer_conditions(peer->facts());
    return make_rtt_workload(std::move(peer), settings, conditions, context.host.files,
                             {.stop = context.stop, .deadline = context.prepare_deadline});
}

}  // namespace

constexpr Probe kRtt{
    .id = "network.rtt",
    .title = "Round trips by UDP, TCP, ICMP and handshake, idle and under load; path MTU",
    .metrics = kRttMetrics,
    .options = kRttOptions,
    .check = check,
    .plan = plan,
    .prepare = prepare,
};

}  // namespace assay::network::rtt
