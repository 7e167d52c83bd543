#include "probes/network/udp/wishes.h"

#include <algorithm>
#include <limits>

#include "engine/core/units.h"
#include "probes/network/udp/datagram.h"
#include "probes/network/udp/engines.h"

namespace assay::network::udp {
namespace {

constexpr std::uint64_t kMostNs = 120 * static_cast<std::uint64_t>(kNanosecondsPerSecond);
constexpr std::uint64_t kMostDatagrams = 1'000'000'000;
constexpr double kMostDatagramsPerS = 1e8;
constexpr std::uint64_t kMostBufferBytes = 256 * kMiB;
constexpr std::size_t kMostEngineBytes = 16;

void set_flow(Fields& fields, const FlowWishes& flow) {
    fields.set("flow", std::uint64_t{flow.flow});
    fields.set("round", flow.round);
    fields.set("payload_bytes", std::uint64_t{flow.payload_bytes});
    fields.set("interval_ns", flow.interval_ns);
    fields.set("engine", flow.engine);
}

Expected<FlowWishes> flow_of(const Fields& fields, const control::Caps& caps) {
    FlowWishes flow;
    const std::uint64_t last_flow = caps.most_streams == 0 ? 0 : caps.most_streams - 1;
    ASSAY_TRY(const std::uint64_t index, fields.count("flow", last_flow));
    flow.flow = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(index, std::numeric_limits<std::uint32_t>::max()));
    ASSAY_TRY(flow.round, fields.count("round", std::numeric_limits<std::uint64_t>::max()));
    ASSAY_TRY(flow.payload_bytes, fields.count("payload_bytes", kMostPayload));
    if (flow.payload_bytes < kLeastPayload)
        return failure(ErrorKind::bad_input,
                       "payload_bytes: " + std::to_string(flow.payload_bytes) +
                           " cannot hold a datagram's header of " + std::to_string(kLeastPayload) +
                           " bytes");
    ASSAY_TRY(flow.interval_ns, fields.count("interval_ns", kMostNs));
    if (flow.interval_ns < kMostNs / kMostIntervals)
        return failure(ErrorKind::bad_input, "interval_ns: stretches of " +
                                                 std::to_string(flow.interval_ns) +
                                                 " ns are too many for a report");
    ASSAY_TRY(flow.engine, fields.text("engine", kMostEngineBytes));
    return flow;
}

Expected<void> check_engine(const std::string& name, bool known) {
    if (known || name == "auto")
        return {};
    return failure(ErrorKind::bad_input, "there is no UDP engine '" + name + "'");
}

}  // namespace

Fields SendWishes::fields() const {
    Fields fields;
    set_flow(fields, flow);
    fields.set("datagrams_per_s", datagrams_per_s);
    fields.set("most_datagrams", most_datagrams);
    fields.set("duration_ns", static_cast<std::uint64_t>(duration.count()));
    fields.set("send_buffer_bytes", std::uint64_t{send_buffer_bytes});
    return fields;
}

Expected<SendWishes> SendWishes::of_fields(const Fields& fields, const control::Caps& caps) {
    SendWishes wishes;
    ASSAY_TRY(wishes.flow, flow_of(fields, caps));
    ASSAY_TRY_VOID(
        check_engine(wishes.flow.engine, send_engine_of(wishes.flow.engine).has_value()));
    ASSAY_TRY(wishes.datagrams_per_s, fields.number("datagrams_per_s"));
    if (wishes.datagrams_per_s < 0 || wishes.datagrams_per_s > kMostDatagramsPerS)
        return failure(ErrorKind::bad_input, "datagrams_per_s is not between 0 and 100 million");
    ASSAY_TRY(wishes.most_datagrams, fields.count("most_datagrams", kMostDatagrams));
    ASSAY_TRY(const std::uint64_t duration_ns, fields.count("duration_ns", kMostNs));
    wishes.duration = std::min(std::chrono::nanoseconds(duration_ns), caps.longest);
    ASSAY_TRY(wishes.send_buffer_bytes, fields.count("send_buffer_bytes", kMostBufferBytes));
    const auto payload_bytes = static_cast<double>(wishes.flow.payload_bytes);
    if (caps.most_bytes_per_s > 0) {
        const double cap = caps.most_bytes_per_s / payload_bytes;
        wishes.datagrams_per_s =
            wishes.datagrams_per_s > 0 ? std::min(wishes.datagrams_per_s, cap) : cap;
    }
    if (caps.most_bytes > 0) {
        // A cap below one datagram would read as 0, no limit.
        const std::uint64_t cap =
            std::max<std::uint64_t>(1, caps.most_bytes / wishes.flow.payload_bytes);
        wishes.most_datagrams =
            wishes.most_datagrams > 0 ? std::min(wishes.most_datagrams, cap) : cap;
    }
    return wishes;
}

Fields ReceiveWishes::fields() const {
    Fields fields;
    set_flow(fields, flow);
    fields.set("ramp_ns", ramp_ns);
    fields.set("late_ns", late_ns);
    fields.set("receive_buffer_bytes", std::uint64_t{receive_buffer_bytes});
    fields.set("time_stamps", std::uint64_t{time_stamps});
    return fields;
}

Expected<ReceiveWishes> ReceiveWishes::of_fields(const Fields& fields, const control::Caps& caps) {
    ReceiveWishes wishes;
    ASSAY_TRY(wishes.flow, flow_of(fields, caps));
    ASSAY_TRY_VOID(
        check_engine(wishes.flow.engine, receive_engine_of(wishes.flow.engine).has_value()));
    ASSAY_TRY(wishes.ramp_ns, fields.count("ramp_ns", kMostNs));
    ASSAY_TRY(wishes.late_ns, fields.count("late_ns", kMostNs));
    ASSAY_TRY(wishes.receive_buffer_bytes, fields.count("receive_buffer_bytes", kMostBufferBytes));
    ASSAY_TRY(const std::uint64_t time_stamps, fields.count("time_stamps", 1));
    wishes.time_stamps = time_stamps == 1;
    return wishes;
}

}  // namespace assay::network::udp
