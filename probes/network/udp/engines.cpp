#include "probes/network/udp/engines.h"

namespace assay::network::udp {

std::string_view name_of(SendEngine engine) {
    switch (engine) {
        case SendEngine::plain:
            return "sendmsg";
        case SendEngine::batch:
            return "sendmmsg";
        case SendEngine::segments:
            return "gso";
    }
    return "sendmsg";
}

std::string_view name_of(ReceiveEngine engine) {
    switch (engine) {
        case ReceiveEngine::plain:
            return "recvmsg";
        case ReceiveEngine::batch:
            return "recvmmsg";
        case ReceiveEngine::coalesced:
            return "gro";
    }
    return "recvmsg";
}

std::optional<SendEngine> send_engine_of(std::string_view name) {
    for (const SendEngine engine : kSendEngines)
        if (name_of(engine) == name)
            return engine;
    return std::nullopt;
}

std::optional<ReceiveEngine> receive_engine_of(std::string_view name) {
    for (const ReceiveEngine engine : kReceiveEngines)
        if (name_of(engine) == name)
            return engine;
    return std::nullopt;
}

}  // namespace assay::network::udp
