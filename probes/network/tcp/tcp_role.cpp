#include "probes/network/tcp/tcp_role.h"

#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <thread>
#include <utility>

#include "probes/network/tcp/connection.h"

namespace assay::network::tcp {
namespace {

/// A thousand streams need more descriptors than many systems give a process at first. Raised as
/// far as the process may; where that is too little the door's own error says so.
Expected<void> make_room_for(std::size_t streams) {
    // The agent holds each stream twice, and that of a SELF-TEST is in this same process; the rest
    // is everybody's.
    const rlim_t wanted = 3 * streams + 256;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return system_failure("read how many files this process may open", errno);
    if (limit.rlim_cur >= wanted)
        return {};
    limit.rlim_cur = std::min(limit.rlim_max, wanted);
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return system_failure("raise how many files this process may open", errno);
    return {};
}

Expected<std::vector<Socket>> streams_from(std::uint32_t first, const Wishes& wishes,
                                           control::DataDoor& door, const Interrupt& interrupt) {
    std::vector<Socket> sockets;
    for (std::uint32_t at = 0; at < wishes.streams; ++at) {
        ASSAY_TRY(Socket socket, door.tcp_stream(first + at, interrupt));
        if (wishes.dscp) {
            ASSAY_TRY_VOID(mark_dscp(socket, *wishes.dscp));
        }
        sockets.push_back(std::move(socket));
    }
    return sockets;
}

template <bool kSends, bool kReceives>
Expected<std::unique_ptr<control::Role>> make(const Fields& fields, const control::Caps& caps) {
    ASSAY_TRY(Wishes wishes, Wishes::of(fields, caps));
    if (wishes.sends_from.has_value() != kSends || wishes.receives_from.has_value() != kReceives)
        return failure(ErrorKind::bad_input,
                       "the other side's wishes for a TCP test do not fit the role that it named");
    return std::make_unique<TcpRole>(std::move(wishes));
}

constexpr std::array kRoles{
    control::RoleRow{"tcp.send", &make<true, false>},
    control::RoleRow{"tcp.receive", &make<false, true>, true},
    control::RoleRow{"tcp.both", &make<true, true>},
};

}  // namespace

std::span<const control::RoleRow> tcp_roles() {
    return kRoles;
}

std::string_view role_name(const Wishes& wishes) {
    if (wishes.sends_from && wishes.receives_from)
        return "tcp.both";
    return wishes.sends_from ? "tcp.receive" : "tcp.send";
}

Expected<Fields> TcpRole::prepare(control::RoleContext& context, const Interrupt& interrupt) {
    host_ = &context.host;
    const bool both = wishes_.sends_from && wishes_.receives_from;
    ASSAY_TRY_VOID(make_room_for(wishes_.streams * (both ? 2 : 1)));
    // Both ends ask for the streams in the same order, so that neither waits for the other.
    const auto send = [&]() -> Expected<void> {
        ASSAY_TRY(std::vector<Socket> sockets,
                  streams_from(*wishes_.sends_from, wishes_, context.door, interrupt));
        ASSAY_TRY(sending_, SendingEnd::over(std::move(sockets), wishes_, context.caps,
                                             context.door.shared_key(*wishes_.sends_from)));
        return {};
    };
    if (wishes_.sends_from && (!both || *wishes_.sends_from < *wishes_.receives_from)) {
        ASSAY_TRY_VOID(send());
    }
    if (wishes_.receives_from) {
        ASSAY_TRY(std::vector<Socket> sockets,
                  streams_from(*wishes_.receives_from, wishes_, context.door, interrupt));
        receiving_ = std::make_unique<ReceivingEnd>(
            std::move(sockets), wishes_, context.door.shared_key(*wishes_.receives_from));
    }
    if (wishes_.sends_from && !sending_) {
        ASSAY_TRY_VOID(send());
    }
    Fields answer;
    answer.set("streams", std::uint64_t{wishes_.streams});
    return answer;
}

Expected<Fields> TcpRole::play(std::stop_token finish, const Interrupt& interrupt) {
    Fields fields;
    Expected<SenderReport> sent;
    Expected<ReceiverReport> received;
    {
        std::optional<std::jthread> sender;
        if (sending_ && receiving_)
            sender.emplace([&] { sent = sending_->run(*host_, finish, interrupt); });
        else if (sending_)
            sent = sending_->run(*host_, finish, interrupt);
        if (receiving_)
            received = receiving_->run(*host_, finish, interrupt);
    }
    ASSAY_TRY_VOID(sent);
    ASSAY_TRY_VOID(received);
    if (sending_)
        put(fields, *sent);
    if (receiving_)
        put(fields, *received);
    return fields;
}

Fields TcpRole::progress() const {
    Fields fields;
    if (receiving_)
        fields.set("received_bytes", receiving_->received_bytes());
    return fields;
}

}  // namespace assay::network::tcp
