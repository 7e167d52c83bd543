#include "probes/network/udp/calibration.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "probes/network/udp/datagram.h"
#include "probes/network/udp/flow_socket.h"
#include "probes/network/udp/receive_queue.h"
#include "probes/network/udp/send_queue.h"
#include "probes/network/wire/endpoint.h"

namespace assay::network::udp {
namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

/// Each engine is tried this often, in turn; the best time counts, since only disturbances make a
/// try slower.
constexpr int kTries = 5;
constexpr nanoseconds kTryTime = std::chrono::milliseconds(8);
/// Datagrams whose taking is timed at once: they fit the receive buffer.
constexpr std::uint64_t kDatagrams = 512;

/// Two sockets that are each other's peer, on the loopback interface.
struct Pair {
    Socket from, to;
};

Expected<Socket> bound_socket() {
    Socket socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ASSAY_TRY(const Endpoint any, Endpoint::of_address("127.0.0.1", 0));
    if (!socket.is_open() || bind(socket.descriptor(), any.address(), any.size()) != 0)
        return system_failure("open a UDP socket on the loopback interface", errno);
    return socket;
}

Expected<Pair> loopback_pair() {
    ASSAY_TRY(Socket from, bound_socket());
    ASSAY_TRY(Socket to, bound_socket());
    ASSAY_TRY(const Endpoint from_end, Endpoint::of_socket(from.descriptor()));
    ASSAY_TRY(const Endpoint to_end, Endpoint::of_socket(to.descriptor()));
    if (connect(from.descriptor(), to_end.address(), to_end.size()) != 0 ||
        connect(to.descriptor(), from_end.address(), from_end.size()) != 0)
        return system_failure("connect UDP sockets on the loopback interface", errno);
    return Pair{std::move(from), std::move(to)};
}

/// Time a datagram that the kernel took; nullopt where it takes none with this engine.
std::optional<double> send_time_ns(const Pair& pair, SendEngine engine, const Stamp& stamp,
                                   std::size_t payload_bytes) {
    SendQueue queue(pair.from, engine, stamp, payload_bytes);
    std::uint64_t taken = 0;
    const auto begin = steady_clock::now();
    auto now = begin;
    while (now - begin < kTryTime) {
        const Offer offer = queue.offer(taken, queue.most(), 0);
        if (offer.taken == 0)
            return std::nullopt;
        taken += offer.taken;
        now = steady_clock::now();
    }
    return static_cast<double>(nanoseconds(now - begin).count()) / static_cast<double>(taken);
}

/// Time a datagram to take what lies in the socket; nullopt where nothing came.
std::optional<double> receive_time_ns(SendQueue& sending, ReceiveQueue& queue) {
    for (std::uint64_t sent = 0; sent < kDatagrams;) {
        const Offer offer =
            sending.offer(sent, std::min<std::size_t>(sending.most(), kDatagrams - sent), 0);
        if (offer.taken == 0)
            break;
        sent += offer.taken;
    }
    std::uint64_t taken = 0;
    const auto begin = steady_clock::now();
    while (true) {
        const auto batch = queue.take();
        if (!batch || batch->empty())
            break;
        taken += batch->size();
    }
    const auto elapsed_ns = static_cast<double>(nanoseconds(steady_clock::now() - begin).count());
    return taken == 0 ? std::nullopt : std::optional(elapsed_ns / static_cast<double>(taken));
}

/// The engine with the least of its times over all tries; `try_engine(engine)` gives one time.
template <class Engine, std::size_t count, class Try>
Engine fastest(const std::array<Engine, count>& engines, Engine otherwise, Try try_engine) {
    std::array<double, count> best;
    best.fill(std::numeric_limits<double>::infinity());
    for (int attempt = 0; attempt < kTries; ++attempt)
        for (std::size_t at = 0; at < count; ++at)
            if (const std::optional<double> time_ns = try_engine(engines[at]))
                best[at] = std::min(best[at], *time_ns);
    const auto least = std::ranges::min_element(best);
    return *least == std::numeric_limits<double>::infinity()
               ? otherwise
               : engines[static_cast<std::size_t>(least - best.begin())];
}

}  // namespace

SendEngine fastest_send_engine(std::size_t payload_bytes) {
    const auto pair = loopback_pair();
    if (!pair)
        return SendEngine::batch;
    // A receiver without room makes each engine pay for the sending alone.
    if (!ask_receive_buffer(pair->to, 1))
        return SendEngine::batch;
    const Stamp stamp(0, 0);
    return fastest(kSendEngines, SendEngine::batch, [&](SendEngine engine) {
        return send_time_ns(*pair, engine, stamp, payload_bytes);
    });
}

ReceiveEngine fastest_receive_engine(std::size_t payload_bytes) {
    const Stamp stamp(0, 0);
    return fastest(kReceiveEngines, ReceiveEngine::batch,
                   [&](ReceiveEngine engine) -> std::optional<double> {
                       // Coalescing cannot be switched off again, so each try has its own sockets.
                       const auto pair = loopback_pair();
                       if (!pair || !ask_receive_buffer(pair->to, std::size_t{1} << 22))
                           return std::nullopt;
                       ReceiveQueue queue(pair->to, engine, payload_bytes);
                       SendQueue sending(pair->from, SendEngine::segments, stamp, payload_bytes);
                       if (queue.engine() != engine)
                           return std::nullopt;
                       return receive_time_ns(sending, queue);
                   });
}

}  // namespace assay::network::udp
