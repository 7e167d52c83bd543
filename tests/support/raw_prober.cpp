#include "tests/support/raw_prober.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <utility>

#include "tests/support/echo_role.h"
#include "tests/support/running_agent.h"

namespace assay::test {

using namespace network;
using namespace network::control;

Expected<RawProber> RawProber::connect(const PeerAddress& address) {
    ASSAY_TRY(TlsContext context, TlsContext::make(TlsContext::End::prober, address.credentials));
    ASSAY_TRY(const Endpoint agent, Endpoint::of_address(address.where.host, address.where.port));
    ASSAY_TRY(Socket socket, connect_to(agent, std::nullopt, within()));
    ASSAY_TRY(Line line, Line::over(std::move(socket), context, address.where.host));
    const Interrupt limit = within(std::chrono::seconds(5));
    while (!line.is_secure()) {
        ASSAY_TRY_VOID(limit.check("shake hands"));
        pollfd wanted{line.descriptor(), line.events(), 0};
        poll(&wanted, 1, 50);
        ASSAY_TRY_VOID(line.work());
    }
    return RawProber(std::move(context), std::move(line), agent);
}

Expected<void> RawProber::say(const Frame& frame) {
    return line_.send(frame);
}

Expected<std::optional<Frame>> RawProber::hear() {
    const Interrupt limit = within(std::chrono::seconds(3));
    for (;;) {
        while (auto frame = line_.take())
            if (!frame->is(FrameType::alive))
                return frame;
        if (line_.has_ended())
            return std::optional<Frame>();
        ASSAY_TRY_VOID(limit.check("hear of the agent"));
        pollfd wanted{line_.descriptor(), line_.events(), 0};
        poll(&wanted, 1, 50);
        ASSAY_TRY_VOID(line_.work());
    }
}

Expected<std::uint32_t> RawProber::greet() {
    ASSAY_TRY_VOID(say(Frame::of(FrameType::hello, 0, Hello{{}, "raw"}.encode())));
    ASSAY_TRY(const auto frame, hear());
    if (!frame || !frame->is(FrameType::welcome))
        return failure(ErrorKind::bad_input, "no welcome");
    ASSAY_TRY(const std::uint64_t session, frame->fields.count("session", ~std::uint32_t{0}));
    return static_cast<std::uint32_t>(session);
}

Expected<SharedKey> RawProber::begin_echo(std::uint32_t test, bool tcp, bool udp,
                                          const std::string& role) {
    Fields fields = EchoWishes{.tcp = tcp, .udp = udp}.encode();
    fields.set("control.role", role);
    ASSAY_TRY_VOID(say(Frame::of(FrameType::begin, test, std::move(fields))));
    // Where the agent still ends the test of the prober before, this one is queued for a moment.
    for (;;) {
        ASSAY_TRY(const auto frame, hear());
        if (frame && frame->is(FrameType::admitted))
            return line_.export_key(test);
        if (!frame || (!frame->is(FrameType::queued) && !frame->is(FrameType::alive)))
            return failure(ErrorKind::bad_input, "not admitted");
    }
}

Expected<Socket> bare_connection(const Endpoint& agent) {
    return connect_to(agent, std::nullopt, within());
}

Ending ending_of(const Socket& socket, std::chrono::milliseconds limit) {
    Ending ending;
    const SteadyTime end = std::chrono::steady_clock::now() + limit;
    while (!ending.closed && std::chrono::steady_clock::now() < end) {
        std::array<std::byte, 4096> buffer;
        const auto received = receive_some(socket, buffer);
        ending.closed = !received || received->end;
        ending.bytes += received ? received->bytes : 0;
    }
    return ending;
}

}  // namespace assay::test
