#include "tests/support/network_doors.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace assay::test {
namespace {

using network::Endpoint;
using network::Interrupt;
using network::Socket;

Expected<void> run_in(const NetworkNamespace* place, const std::function<void()>& work) {
    if (place != nullptr)
        return place->run(work);
    work();
    return {};
}

Expected<Socket> udp_socket(const Endpoint& local) {
    Socket socket(::socket(local.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP));
    if (!socket.is_open())
        return system_failure("open a UDP socket", errno);
    if (bind(socket.descriptor(), local.address(), local.size()) != 0)
        return system_failure("bind a UDP socket to " + local.text(), errno);
    return socket;
}

Expected<void> connect_flow(const Socket& socket, const Socket& other) {
    ASSAY_TRY(const Endpoint remote, Endpoint::of_socket(other.descriptor()));
    if (connect(socket.descriptor(), remote.address(), remote.size()) != 0)
        return system_failure("connect a UDP socket to " + remote.text(), errno);
    return {};
}

}  // namespace

Expected<std::unique_ptr<PairedDoors>> PairedDoors::over_loopback() {
    std::unique_ptr<PairedDoors> doors(new PairedDoors(nullptr, nullptr));
    ASSAY_TRY_VOID(doors->listen());
    return doors;
}

Expected<std::unique_ptr<PairedDoors>> PairedDoors::between(const NetworkNamespace& left,
                                                            const NetworkNamespace& right) {
    std::unique_ptr<PairedDoors> doors(new PairedDoors(&left, &right));
    ASSAY_TRY_VOID(doors->listen());
    return doors;
}

Expected<void> PairedDoors::listen() {
    ASSAY_TRY(const Endpoint any,
              Endpoint::of_address(right_ == nullptr ? "127.0.0.1" : kRightAddress, 0));
    Expected<Socket> listening;
    ASSAY_TRY_VOID(run_in(right_, [&] { listening = network::listen_on(any, 64); }));
    ASSAY_TRY(listener_, std::move(listening));
    ASSAY_TRY(at_, Endpoint::of_socket(listener_.descriptor()));
    return {};
}

Expected<PairedDoors::Pair> PairedDoors::tcp_pair(const Interrupt& interrupt) const {
    Expected<Socket> connected;
    ASSAY_TRY_VOID(
        run_in(left_, [&] { connected = network::connect_to(at_, std::nullopt, interrupt); }));
    ASSAY_TRY(Socket prober, std::move(connected));
    for (;;) {
        ASSAY_TRY_VOID(interrupt.check("accept the other end of a pair"));
        ASSAY_TRY(std::optional<Socket> agent, network::accept_from(listener_));
        if (agent)
            return Pair{std::move(prober), std::move(*agent)};
    }
}

Expected<PairedDoors::Pair> PairedDoors::udp_pair() const {
    ASSAY_TRY(const Endpoint left,
              Endpoint::of_address(left_ == nullptr ? "127.0.0.1" : kLeftAddress, 0));
    ASSAY_TRY(const Endpoint right,
              Endpoint::of_address(right_ == nullptr ? "127.0.0.1" : kRightAddress, 0));
    Expected<Socket> opened_left, opened_right;
    ASSAY_TRY_VOID(run_in(left_, [&] { opened_left = udp_socket(left); }));
    ASSAY_TRY_VOID(run_in(right_, [&] { opened_right = udp_socket(right); }));
    ASSAY_TRY(Socket prober, std::move(opened_left));
    ASSAY_TRY(Socket agent, std::move(opened_right));
    ASSAY_TRY_VOID(connect_flow(prober, agent));
    ASSAY_TRY_VOID(connect_flow(agent, prober));
    return Pair{std::move(prober), std::move(agent)};
}

Expected<Socket> PairedDoors::take(End end, Kind kind, std::uint32_t index,
                                   const Interrupt& interrupt) {
    const std::lock_guard lock(mutex_);
    auto& mine = end == End::prober ? for_prober_ : for_agent_;
    auto& others = end == End::prober ? for_agent_ : for_prober_;
    if (const auto waiting = mine.find({kind, index}); waiting != mine.end()) {
        Socket socket = std::move(waiting->second);
        mine.erase(waiting);
        return socket;
    }
    ASSAY_TRY(Pair pair, kind == Kind::tcp ? tcp_pair(interrupt) : udp_pair());
    Socket& own = end == End::prober ? pair.prober : pair.agent;
    Socket& other = end == End::prober ? pair.agent : pair.prober;
    others.insert_or_assign({kind, index}, std::move(other));
    return std::move(own);
}

}  // namespace assay::test
