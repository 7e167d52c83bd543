#include "probes/network/rtt/echo_role.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "probes/network/rtt/echo_message.h"
#include "probes/network/rtt/echo_path.h"

namespace assay::network::rtt {
namespace {

struct OverName {
    EchoWishes::Over over;
    std::string_view name;
};
constexpr std::array kOverNames{
    OverName{EchoWishes::Over::udp, "udp"},
    OverName{EchoWishes::Over::tcp, "tcp"},
    OverName{EchoWishes::Over::connect, "connect"},
    OverName{EchoWishes::Over::none, "none"},
};
constexpr std::size_t kMostNameBytes = 16;
constexpr std::int64_t kRateIntervalNs = 100 * kNanosecondsPerMillisecond;
constexpr std::uint64_t kMostNs = 120 * std::uint64_t{kNanosecondsPerSecond};

std::int64_t thread_cpu_ns() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);  // cannot fail: constant clock, valid pointer
    return static_cast<std::int64_t>(used.tv_sec) * kNanosecondsPerSecond + used.tv_nsec;
}

/// A listener on a free port of the address at which `stream` is connected.
Expected<Socket> listen_beside(const Socket& stream) {
    constexpr int kBacklog = 1024;
    ASSAY_TRY(const Endpoint local, Endpoint::of_socket(stream.descriptor()));
    sockaddr_storage address{};
    std::memcpy(&address, local.address(), local.size());
    if (local.family() == AF_INET6)
        reinterpret_cast<sockaddr_in6*>(&address)->sin6_port = 0;
    else
        reinterpret_cast<sockaddr_in*>(&address)->sin_port = 0;
    Socket listener(::socket(local.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!listener.is_open())
        return system_failure("open a socket for TCP connects", errno);
    if (bind(listener.descriptor(), reinterpret_cast<const sockaddr*>(&address), local.size()) !=
            0 ||
        listen(listener.descriptor(), kBacklog) != 0)
        return system_failure("listen for TCP connects beside " + local.text(), errno);
    return listener;
}

}  // namespace

Fields EchoWishes::fields() const {
    Fields fields;
    for (const OverName& row : kOverNames)
        if (row.over == over)
            fields.set("over", std::string(row.name));
    fields.set("payload_bytes", std::uint64_t{payload_bytes});
    fields.set("streams_up", std::uint64_t{streams_up});
    fields.set("streams_down", std::uint64_t{streams_down});
    fields.set("congestion", congestion);
    fields.set("longest_ns", static_cast<std::uint64_t>(longest.count()));
    return fields;
}

Expected<EchoWishes> EchoWishes::of(const Fields& fields) {
    EchoWishes wishes;
    ASSAY_TRY(const std::string name, fields.text("over", kMostNameBytes));
    const auto row = std::ranges::find(kOverNames, name, &OverName::name);
    if (row == kOverNames.end())
        return failure(ErrorKind::unsupported, "this agent knows no echo over '" + name +
                                                   "'; use the same version on both hosts");
    wishes.over = row->over;
    ASSAY_TRY(wishes.payload_bytes, fields.count("payload_bytes", kMostPayloadBytes));
    if (wishes.payload_bytes < EchoMessage::kBytes)
        return failure(
            ErrorKind::bad_input,
            "an echo needs at least " + std::to_string(EchoMessage::kBytes) + " B of payload");
    ASSAY_TRY(wishes.streams_up, fields.count("streams_up", kMostStreams));
    ASSAY_TRY(wishes.streams_down, fields.count("streams_down", kMostStreams));
    ASSAY_TRY(const std::uint64_t longest_ns, fields.count("longest_ns", kMostNs));
    wishes.longest = std::chrono::nanoseconds(longest_ns);
    ASSAY_TRY(wishes.congestion, fields.text("congestion", kMostNameBytes));
    return wishes;
}

std::uint32_t first_up_stream() {
    return 1;
}
std::uint32_t first_down_stream(const EchoWishes& wishes) {
    return first_up_stream() + static_cast<std::uint32_t>(wishes.streams_up);
}

Expected<void> EchoRole::take_streams(control::RoleContext& context, const Interrupt& interrupt) {
    for (std::size_t at = 0; at < wishes_.streams_up; ++at) {
        ASSAY_TRY(
            Socket socket,
            context.door.tcp_stream(first_up_stream() + static_cast<std::uint32_t>(at), interrupt));
        streams_.push_back({std::move(socket), BulkLoad::Stream::Does::receive});
    }
    for (std::size_t at = 0; at < wishes_.streams_down; ++at) {
        ASSAY_TRY(Socket socket,
                  context.door.tcp_stream(
                      first_down_stream(wishes_) + static_cast<std::uint32_t>(at), interrupt));
        streams_.push_back({std::move(socket), BulkLoad::Stream::Does::send});
    }
    return {};
}

Expected<Fields> EchoRole::prepare(control::RoleContext& context, const Interrupt& interrupt) {
    if (wishes_.over == EchoWishes::Over::udp) {
        ASSAY_TRY(echo_, context.door.udp_flow(0, interrupt));
    } else {
        ASSAY_TRY(echo_, context.door.tcp_stream(0, interrupt));
        const int on = 1;
        if (setsockopt(echo_.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
            return system_failure("set TCP_NODELAY for echoes", errno);
    }
    ASSAY_TRY_VOID(take_streams(context, interrupt));
    key_ = context.door.shared_key(0);
    load_settings_ = {.key = context.door.shared_key(1),
                      .most_bytes_per_s = context.caps.most_bytes_per_s,
                      .most_bytes = context.caps.most_bytes,
                      .congestion = wishes_.congestion};
    // One more than allowed: what is longer shows by its length.
    buffer_.resize(wishes_.over == EchoWishes::Over::udp ? wishes_.kMostPayloadBytes + 1
                                                         : wishes_.payload_bytes);
    Fields answer;
    if (wishes_.over == EchoWishes::Over::connect) {
        ASSAY_TRY(listener_, listen_beside(echo_));
        ASSAY_TRY(const Endpoint bound, Endpoint::of_socket(listener_.descriptor()));
        answer.set("port", std::uint64_t{bound.port()});
    }
    answer.set("payload_bytes", std::uint64_t{wishes_.payload_bytes});
    answer.set("load_bytes_per_s", context.caps.most_bytes_per_s);
    return answer;
}

Expected<Fields> EchoRole::play(std::stop_token finish, const Interrupt& interrupt) {
    const std::int64_t begin = now_ns(), cpu_begin = thread_cpu_ns();
    ASSAY_TRY(load_, BulkLoad::start(std::move(streams_), load_settings_));
    last_rate_ns_ = begin;
    const Socket& watched = listener_.is_open() ? listener_ : echo_;
    while (!finish.stop_requested() && now_ns() - begin < wishes_.longest.count()) {
        ASSAY_TRY_VOID(interrupt.check("answer echoes"));
        pollfd wanted{.fd = watched.descriptor(),
                      .events = static_cast<short>(to_send_ > 0 ? POLLOUT : POLLIN),
                      .revents = 0};
        const int ready = poll(&wanted, 1, static_cast<int>(kWaitSlice.count()));
        if (ready < 0 && errno != EINTR)
            return system_failure("wait for echo requests", errno);
        if (ready > 0)
            ASSAY_TRY_VOID(serve());
        note_rate();
    }
    Fields report = progress();
    report.set("load_sent_bytes", load_->sent_bytes());
    if (const std::string death = load_->death(); !death.empty())
        report.set("load_death", death.substr(0, Fields::kMostTextBytes));
    load_->stop();
    report.set("foreign", foreign_);
    report.set("accepted", accepted_);
    report.set("load_rates", rates_);
    report.set("cpu_ns", static_cast<std::uint64_t>(thread_cpu_ns() - cpu_begin));
    report.set("wall_ns", static_cast<std::uint64_t>(now_ns() - begin));
    return report;
}

Fields EchoRole::progress() const {
    Fields fields;
    fields.set("echoed", echoed_.load());
    fields.set("load_received_bytes", load_received_.load());
    return fields;
}

void EchoRole::note_rate() {
    load_received_ = load_->received_bytes();
    const std::int64_t now = now_ns();
    if (now - last_rate_ns_ < kRateIntervalNs || rates_.size() >= Fields::kMostElements)
        return;
    const std::uint64_t received = load_received_;
    rates_.push_back(static_cast<double>(received - last_received_) /
                     to_seconds(now - last_rate_ns_));
    last_rate_ns_ = now;
    last_received_ = received;
}

Expected<void> EchoRole::serve() {
    switch (wishes_.over) {
        case EchoWishes::Over::udp:
            return serve_udp();
        case EchoWishes::Over::tcp:
            return serve_tcp();
        case EchoWishes::Over::connect:
            return accept_connects();
        case EchoWishes::Over::none:
            std::this_thread::sleep_for(kWaitSlice);  // the prober has closed its end
            return {};
    }
    return {};
}

// As many as a burst may bring, so that a flood cannot keep the loop from looking at its end.
constexpr int kMostAtOnce = 256;

Expected<void> EchoRole::serve_udp() {
    for (int served = 0; served < kMostAtOnce; ++served) {
        const ssize_t got = recv(echo_.descriptor(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        // An ICMP error about an answer that we sent (ECONNREFUSED: the prober's socket is closed)
        // is told once and means nothing to those that come.
        if (got < 0)
            return {};
        const auto request =
            EchoMessage::decode(std::span(buffer_).first(static_cast<std::size_t>(got)), key_,
                                EchoMessage::Direction::request);
        if (!request) {
            ++foreign_;
            continue;
        }
        request->encode(buffer_, key_, EchoMessage::Direction::answer);
        // An answer that this host has no room for is lost, and the prober counts it.
        if (::send(echo_.descriptor(), buffer_.data(), request->answer_bytes,
                   MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            continue;
        ++echoed_;
        sent_datagram_bytes_ += request->answer_bytes;
    }
    return {};
}

Expected<void> EchoRole::serve_tcp() {
    for (int served = 0; served < kMostAtOnce; ++served) {
        while (to_send_ > 0) {
            const ssize_t took =
                ::send(echo_.descriptor(), buffer_.data() + (buffer_.size() - to_send_), to_send_,
                       MSG_DONTWAIT | MSG_NOSIGNAL);
            if (took < 0 && (errno == EAGAIN || errno == EINTR))
                return {};
            if (took < 0)
                return failure(ErrorKind::io, "send an echo over TCP", errno);
            to_send_ -= static_cast<std::size_t>(took);
            if (to_send_ == 0)
                ++echoed_;
        }
        const ssize_t got =
            recv(echo_.descriptor(), buffer_.data() + have_, buffer_.size() - have_, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return {};
        if (got < 0)
            return failure(ErrorKind::io, "receive an echo request over TCP", errno);
        if (got == 0)
            return failure(ErrorKind::io, "the prober closed the TCP connection of the echoes");
        have_ += static_cast<std::size_t>(got);
        if (have_ < buffer_.size())
            continue;
        have_ = 0;
        const auto request = EchoMessage::decode(buffer_, key_, EchoMessage::Direction::request);
        if (!request)
            return failure(ErrorKind::bad_input, "what came over TCP is no echo of this session");
        request->encode(buffer_, key_, EchoMessage::Direction::answer);
        to_send_ = buffer_.size();
    }
    return {};
}

Expected<void> EchoRole::accept_connects() {
    for (int served = 0; served < kMostAtOnce; ++served) {
        const Socket accepted(accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!accepted.is_open())
            return {};  // none waits, or it was reset before we came
        // Closed in order: a reset could overtake the prober's look at its connect. The prober
        // resets, so that no connection lingers here.
        ++accepted_;
    }
    return {};
}

Expected<std::unique_ptr<control::Role>> make_echo_role(const Fields& wishes,
                                                        const control::Caps& caps) {
    ASSAY_TRY(const EchoWishes wanted, EchoWishes::of(wishes));
    if (wanted.streams_up + wanted.streams_down + 1 > caps.most_streams)
        return failure(ErrorKind::usage, "the agent's operator allows no more than " +
                                             std::to_string(caps.most_streams) + " streams");
    return std::make_unique<EchoRole>(wanted);
}

}  // namespace assay::network::rtt
