#include "probes/network/control/prober_door.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "probes/network/control/arrivals.h"
#include "probes/network/control/ticket.h"

namespace assay::network::control {
namespace {

constexpr std::chrono::seconds kStreamLimit{5};
/// Between two tries to validate a path: 100 ms, then twice as long each time, for five tries.
constexpr std::chrono::milliseconds kFirstPatience{100};
constexpr int kMostTries = 5;

Interrupt at_most(const Interrupt& interrupt, std::chrono::nanoseconds limit) {
    return {.stop = interrupt.stop,
            .deadline = std::min(interrupt.deadline, std::chrono::steady_clock::now() + limit)};
}

Expected<void> send_all(const Socket& socket, std::span<const std::byte> bytes,
                        const Interrupt& interrupt, const std::string& action) {
    while (!bytes.empty()) {
        ASSAY_TRY_VOID(interrupt.check(action));
        ASSAY_TRY(const Transfer sent, send_some(socket, bytes));
        bytes = bytes.subspan(sent.bytes);
    }
    return {};
}

/// Sends one datagram of the validation and waits for a CHALLENGE to it, or until it is known that
/// the flow is open.
class FlowOpening {
  public:
    FlowOpening(const Connection& connection, std::uint32_t test, const SharedKey& test_key,
                const Socket& socket, const PathDatagram& init)
        : connection_(connection), test_(test), key_(test_key), socket_(socket), next_(init) {}

    bool is_open() const { return connection_.is_flow_open(test_, next_.index); }

    /// One try of at most `patience`. Errors: as Interrupt::check; unavailable (refused by ICMP).
    Expected<void> attempt(std::chrono::milliseconds patience, const Interrupt& interrupt,
                           const std::string& action) {
        const SteadyTime end = std::chrono::steady_clock::now() + patience;
        ASSAY_TRY_VOID(send_next());
        while (!is_open() && std::chrono::steady_clock::now() < end) {
            ASSAY_TRY_VOID(interrupt.check(action));
            // A test that the agent has ended opens no flow any more.
            ASSAY_TRY_VOID(connection_.progress(test_));
            ASSAY_TRY(const bool came, receive_challenge());
            if (came) {
                ASSAY_TRY_VOID(send_next());
            }
        }
        return {};
    }

  private:
    /// The errno that an ICMP message became on this connected socket; other ones are passing.
    static bool is_rejection(int error) {
        return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH ||
               error == EACCES || error == EPERM;
    }
    static std::unexpected<Error> rejected(int error) {
        return failure(ErrorKind::unavailable,
                       std::string("the agent's UDP port is ") +
                           (error == EPERM || error == EACCES ? "forbidden by this host's own rules"
                            : error == ECONNREFUSED ? "rejected on the way (ICMP port unreachable)"
                                                    : "rejected on the way by an ICMP message") +
                           "; allow UDP to the same port as TCP",
                       error);
    }

    Expected<void> send_next() {
        const std::vector<std::byte> bytes = next_.signed_with(key_).encode();
        if (::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0 &&
            is_rejection(errno))
            return rejected(errno);
        return {};  // else it was lost: the next try sends it again
    }

    Expected<bool> receive_challenge() {
        constexpr int kGlance_ms = 5;  // the agent's word that the flow is open comes by TLS
        pollfd wanted{socket_.descriptor(), POLLIN, 0};
        if (poll(&wanted, 1, kGlance_ms) < 0 && errno != EINTR)
            return system_failure("wait for a datagram", errno);
        std::array<std::byte, PathDatagram::kInitBytes + 1> buffer;
        const ssize_t got = recv(socket_.descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got < 0 && is_rejection(errno))
            return rejected(errno);
        if (got < 0)
            return false;
        const auto challenge =
            PathDatagram::decode(std::span(buffer).first(static_cast<std::size_t>(got)));
        if (!challenge || challenge->type != PathDatagram::Type::challenge ||
            challenge->index != next_.index || challenge->nonce != next_.nonce ||
            !challenge->is_genuine(key_))
            return false;
        const bool is_first = next_.type == PathDatagram::Type::init;
        next_.type = PathDatagram::Type::response;
        next_.cookie = challenge->cookie;
        return is_first;
    }

    const Connection& connection_;
    std::uint32_t test_;
    const SharedKey& key_;
    const Socket& socket_;
    PathDatagram next_;
};

Expected<std::uint64_t> random_nonce() {
    ASSAY_TRY(const SharedKey bits, make_key());
    return shared_number(bits, 0);
}

}  // namespace

Expected<Socket> ProberDoor::tcp_stream(std::uint32_t index, const Interrupt& caller) {
    const Interrupt interrupt = at_most(caller, kStreamLimit);
    const std::string action = "open TCP stream " + std::to_string(index) + " to the agent at " +
                               connection_->agreed().agent.text();
    ASSAY_TRY(Socket socket, connect_to(connection_->agreed().agent, std::nullopt, interrupt));
    const auto ticket = StreamTicket::of(test_key_, index).encode();
    ASSAY_TRY_VOID(send_all(socket, ticket, interrupt, action));
    Proof receipt{};
    for (std::size_t got = 0; got < receipt.size();) {
        ASSAY_TRY_VOID(interrupt.check(action));
        const auto received = receive_some(socket, std::span(receipt).subspan(got));
        if (!received || received->end)
            return failure(ErrorKind::unavailable,
                           action +
                               ": the agent closed it; a middlebox that changes addresses "
                               "between two connections would make it do so");
        got += received->bytes;
    }
    if (receipt != stream_receipt(test_key_, index))
        return failure(ErrorKind::unavailable,
                       action + ": what answers is not the agent of this session");
    return socket;
}

Expected<Socket> ProberDoor::udp_flow(std::uint32_t index, const Interrupt& interrupt) {
    const Endpoint& agent = connection_->agreed().agent;
    const std::string action =
        "open UDP flow " + std::to_string(index) + " to the agent at " + agent.text();
    Socket socket(::socket(agent.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP));
    if (!socket.is_open() || connect(socket.descriptor(), agent.address(), agent.size()) != 0)
        return system_failure(action, errno);
    ASSAY_TRY(const std::uint64_t nonce, random_nonce());
    FlowOpening opening(*connection_, test_, test_key_, socket,
                        {.type = PathDatagram::Type::init, .index = index, .nonce = nonce});
    std::chrono::milliseconds patience = kFirstPatience;
    for (int attempt = 0; attempt < kMostTries && !opening.is_open(); ++attempt, patience *= 2)
        ASSAY_TRY_VOID(opening.attempt(patience, interrupt, action));
    if (!opening.is_open())
        return failure(ErrorKind::timed_out,
                       action +
                           ": no datagram came through in 5 tries; a firewall drops UDP port " +
                           std::to_string(agent.port()) + " on the way");
    // A second CHALLENGE, to an INIT that was repeated, may wait here.
    std::array<std::byte, 1> scrap{};
    while (recv(socket.descriptor(), scrap.data(), scrap.size(), MSG_DONTWAIT) >= 0) {
    }
    return socket;
}

std::uint64_t ProberDoor::shared_key(std::uint32_t index) const {
    return shared_number(test_key_, index);
}

}  // namespace assay::network::control
