#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "probes/network/path/netlink.h"
#include "probes/network/rtt/echo_message.h"
#include "probes/network/rtt/echo_role.h"
#include "probes/network/rtt/handshake_paths.h"
#include "probes/network/rtt/icmp_path.h"

/// Any bytes that a network may bring to the round trip probe, or a prober to the agent's echo
/// role: what is taken for a message lies inside the bytes and within its limits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace assay::network;
    using namespace assay::network::rtt;
    const auto bytes = std::as_bytes(std::span(data, size));
    for (const auto direction : {EchoMessage::Direction::request, EchoMessage::Direction::answer})
        if (const auto message = EchoMessage::decode(bytes, 0, direction))
            if (message->answer_bytes > size || message->answer_bytes < EchoMessage::kBytes)
                std::abort();
    for (const int family : {AF_INET, AF_INET6}) {
        for (const IcmpSocket kind : {IcmpSocket::ping, IcmpSocket::raw}) {
            const auto inner = echo_data(bytes, family, kind);
            if (!inner.empty() &&
                (inner.data() < bytes.data() || inner.data() + inner.size() > bytes.data() + size))
                std::abort();
        }
        (void)syn_answer(bytes, family, 80);
    }
    for (const auto& [type, value] : path::attributes_of(bytes))
        if (value.data() + value.size() > bytes.data() + size)
            std::abort();
    if (const auto fields = Fields::decode(bytes))
        if (const auto wishes = EchoWishes::of(*fields))
            if (!(EchoWishes::of(wishes->fields())))
                std::abort();
    return 0;
}
