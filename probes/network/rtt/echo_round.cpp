#include "probes/network/rtt/echo_round.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "probes/network/rtt/echo_role.h"
#include "probes/network/rtt/handshake_paths.h"
#include "probes/network/rtt/icmp_path.h"
#include "probes/network/rtt/stream_paths.h"

namespace assay::network::rtt {
namespace {

struct EchoRow {
    Echo echo;
    std::string_view name;
    EchoWishes::Over over;
};
constexpr std::array kEchoRows{
    EchoRow{Echo::udp, "udp", EchoWishes::Over::udp},
    EchoRow{Echo::tcp, "tcp", EchoWishes::Over::tcp},
    EchoRow{Echo::icmp, "icmp", EchoWishes::Over::none},
    EchoRow{Echo::connect, "connect", EchoWishes::Over::connect},
    EchoRow{Echo::syn, "syn", EchoWishes::Over::connect},
};

const EchoRow& row_of(Echo echo) {
    return *std::ranges::find(kEchoRows, echo, &EchoRow::echo);
}

bool loads_up(Load load) {
    return load == Load::up || load == Load::both;
}
bool loads_down(Load load) {
    return load == Load::down || load == Load::both;
}

/// The other end of a connected socket, at another port.
Expected<Endpoint> peer_of(const Socket& socket, std::uint16_t port) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    if (getpeername(socket.descriptor(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        return system_failure("ask who is at the other end of a connection", errno);
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* const number =
        address.ss_family == AF_INET6
            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr)
            : &reinterpret_cast<const sockaddr_in*>(&address)->sin_addr;
    if (inet_ntop(address.ss_family, number, text.data(), text.size()) == nullptr)
        return system_failure("read the address of the other end", errno);
    return Endpoint::of_address(text.data(), port);
}

EchoWishes wishes_of(const EchoPlan& plan) {
    return {.over = row_of(plan.echo).over,
            .payload_bytes = plan.payload_bytes,
            .streams_up = loads_up(plan.load) ? plan.load_streams : 0,
            .streams_down = loads_down(plan.load) ? plan.load_streams : 0,
            // The role ends by itself where the prober forgets it.
            .longest = std::min<std::chrono::nanoseconds>(
                plan.ramp + plan.duration + plan.patience + std::chrono::seconds(5),
                std::chrono::seconds(120)),
            .congestion = plan.congestion};
}

/// This host's end of one test, from its begin to the agent's report.
class Session {
  public:
    /// On the heap, since the path refers to the socket in it.
    static Expected<std::unique_ptr<Session>> begin(control::Peer& peer, const EchoPlan& plan,
                                                    const Interrupt& interrupt);
    Expected<EchoRound> play(const EchoPlan& plan, const host::Files& files,
                             const Interrupt& interrupt);

  private:
    Session() = default;
    Expected<void> take_streams(const EchoPlan& plan, const Interrupt& interrupt);
    Expected<void> open_path(const EchoPlan& plan, const Interrupt& interrupt);
    void read_load(LoadReport& load, const Fields& report, const EchoPlan& plan) const;

    std::unique_ptr<control::Test> test_;
    Fields granted_;
    Socket echo_;
    std::vector<BulkLoad::Stream> streams_;
    std::unique_ptr<EchoPath> path_;
    std::string transport_;
    std::uint64_t most_bytes_ = 0;  // that the agent takes from us; 0 = no limit
};

Expected<std::unique_ptr<Session>> Session::begin(control::Peer& peer, const EchoPlan& plan,
                                                  const Interrupt& interrupt) {
    std::unique_ptr<Session> session(new Session);
    session->most_bytes_ = peer.facts().caps.most_bytes;
    const EchoWishes wishes = wishes_of(plan);
    ASSAY_TRY(session->test_, peer.begin("rtt.echo", wishes.fields(), interrupt));
    if (const auto taken = session->take_streams(plan, interrupt); !taken)
        return std::unexpected(session->test_->cause_of(taken.error()));
    ASSAY_TRY(session->granted_, session->test_->prepared(interrupt));
    ASSAY_TRY_VOID(session->open_path(plan, interrupt));
    return session;
}

Expected<void> Session::take_streams(const EchoPlan& plan, const Interrupt& interrupt) {
    const EchoWishes wishes = wishes_of(plan);
    if (wishes.over == EchoWishes::Over::udp) {
        ASSAY_TRY(echo_, test_->door().udp_flow(0, interrupt));
    } else {
        ASSAY_TRY(echo_, test_->door().tcp_stream(0, interrupt));
    }
    const auto take = [&](std::uint32_t first, std::size_t streams,
                          BulkLoad::Stream::Does does) -> Expected<void> {
        for (std::uint32_t index = first; index < first + streams; ++index) {
            ASSAY_TRY(Socket socket, test_->door().tcp_stream(index, interrupt));
            streams_.push_back({std::move(socket), does});
        }
        return {};
    };
    ASSAY_TRY_VOID(take(first_up_stream(), wishes.streams_up, BulkLoad::Stream::Does::send));
    return take(first_down_stream(wishes), wishes.streams_down, BulkLoad::Stream::Does::receive);
}

Expected<void> Session::open_path(const EchoPlan& plan, const Interrupt&) {
    const std::uint64_t key = test_->door().shared_key(0);
    switch (plan.echo) {
        case Echo::udp:
            path_ = std::make_unique<UdpEchoPath>(echo_, key, plan.payload_bytes);
            return {};
        case Echo::tcp: {
            ASSAY_TRY(TcpEchoPath path, TcpEchoPath::on(echo_, key, plan.payload_bytes));
            path_ = std::make_unique<TcpEchoPath>(std::move(path));
            return {};
        }
        case Echo::icmp: {
            ASSAY_TRY(const Endpoint peer, peer_of(echo_, 0));
            ASSAY_TRY(auto path, IcmpEchoPath::open(peer, key, plan.payload_bytes));
            transport_ = name_of(path->kind());
            path_ = std::move(path);
            return {};
        }
        case Echo::connect:
        case Echo::syn:
            break;
    }
    ASSAY_TRY(const std::uint64_t port, granted_.count("port", 65535));
    ASSAY_TRY(const Endpoint listener, peer_of(echo_, static_cast<std::uint16_t>(port)));
    if (plan.echo == Echo::connect) {
        ASSAY_TRY(path_, ConnectPath::to(listener));
        return {};
    }
    ASSAY_TRY(const Endpoint source, Endpoint::of_socket(echo_.descriptor()));
    ASSAY_TRY(path_, SynPath::to(listener, source));
    return {};
}

Expected<EchoRound> Session::play(const EchoPlan& plan, const host::Files& files,
                                  const Interrupt& interrupt) {
    ASSAY_TRY(const Endpoint peer, peer_of(echo_, 1));
    ASSAY_TRY_VOID(test_->start(interrupt));
    ASSAY_TRY(const double cap, granted_.number("load_bytes_per_s"));
    const bool is_loaded = !streams_.empty();
    ASSAY_TRY(const auto load,
              BulkLoad::start(std::move(streams_), {.key = test_->door().shared_key(1),
                                                    .most_bytes_per_s = std::max(0.0, cap),
                                                    .most_bytes = most_bytes_,
                                                    .congestion = plan.congestion}));
    ASSAY_TRY_VOID(sleep_until(std::chrono::steady_clock::now() + plan.ramp, interrupt,
                               "let the load fill the path"));
    LoadReport load_report;
    load_report.before = load->facts();
    EchoRound round;
    // A path without a route in this namespace cannot be: the echoes go over it. What cannot be
    // watched is absent.
    if (auto watch = path::PathWatch::start(files, peer))
        round.watch = std::move(*watch);
    const std::uint64_t received_before = load->received_bytes();
    const std::int64_t begin = now_ns();
    const EchoSchedule schedule{.per_second = plan.per_second,
                                .duration = plan.duration,
                                .patience = plan.patience,
                                .first_sequence = 0};
    auto outcome = plan.ping_pong ? play_ping_pong(*path_, schedule, interrupt)
                                  : play_echoes(*path_, schedule, interrupt);
    if (!outcome)
        return std::unexpected(test_->cause_of(outcome.error()));
    round.outcome = std::move(*outcome);
    const double seconds = to_seconds(now_ns() - begin);
    if (round.watch)
        round.deltas = round.watch->deltas();
    load_report.after = load->facts();
    if (loads_down(plan.load))
        load_report.down_bytes_per_s =
            static_cast<double>(load->received_bytes() - received_before) / seconds;
    load_report.death = load->death();
    ASSAY_TRY(const Fields report, test_->finish(interrupt));
    load->stop();
    round.transport = transport_;
    ASSAY_TRY(round.echoed, report.count("echoed", ~std::uint64_t{0}));
    if (is_loaded) {
        read_load(load_report, report, plan);
        round.load = std::move(load_report);
    }
    return round;
}

void Session::read_load(LoadReport& load, const Fields& report, const EchoPlan& plan) const {
    if (const auto death = report.text("load_death", Fields::kMostTextBytes);
        death && load.death.empty())
        load.death = "on the agent: " + *death;
    const auto rates = report.numbers("load_rates", Fields::kMostElements);
    if (!loads_up(plan.load) || !rates)
        return;
    // The newest of them are those of the echoes; the ramp came before.
    constexpr std::chrono::milliseconds kInterval{100};
    const auto wanted = static_cast<std::size_t>(plan.duration / kInterval);
    const std::size_t count = std::min(wanted, rates->size());
    load.rates_bytes_per_s.assign(rates->end() - static_cast<std::ptrdiff_t>(count), rates->end());
    double sum = 0;
    for (const double rate : load.rates_bytes_per_s)
        sum += rate;
    if (count > 0)
        load.up_bytes_per_s = sum / static_cast<double>(count);
}

}  // namespace

std::string_view name_of(Echo echo) {
    return row_of(echo).name;
}

std::string_view name_of(Load load) {
    constexpr std::array<std::pair<Load, std::string_view>, 4> kNames{
        {{Load::none, "none"}, {Load::up, "up"}, {Load::down, "down"}, {Load::both, "both"}}};
    for (const auto& [value, name] : kNames)
        if (value == load)
            return name;
    return "none";
}

Expected<EchoRound> play_round(control::Peer& peer, const EchoPlan& plan, const host::Files& files,
                               const Interrupt& interrupt) {
    ASSAY_TRY(const auto session, Session::begin(peer, plan, interrupt));
    return session->play(plan, files, interrupt);
}

Expected<PathMtu> measure_mtu(control::Peer& peer, const Interrupt& interrupt) {
    const EchoWishes wishes{.over = EchoWishes::Over::udp,
                            .payload_bytes = EchoWishes{}.payload_bytes,
                            .streams_up = 0,
                            .streams_down = 0,
                            .longest = std::chrono::seconds(60),
                            .congestion = ""};
    ASSAY_TRY(const auto test, peer.begin("rtt.echo", wishes.fields(), interrupt));
    ASSAY_TRY(const Socket flow, test->door().udp_flow(0, interrupt));
    ASSAY_TRY_VOID(test->prepared(interrupt));
    ASSAY_TRY_VOID(test->start(interrupt));
    // Three tries of a fifth of a second outlast the retransmits of any path on this planet.
    constexpr std::chrono::milliseconds kPatience{200};
    ASSAY_TRY(const PathMtu mtu,
              find_path_mtu(flow, test->door().shared_key(0), 0, kPatience, interrupt));
    ASSAY_TRY_VOID(test->finish(interrupt));
    return mtu;
}

}  // namespace assay::network::rtt
