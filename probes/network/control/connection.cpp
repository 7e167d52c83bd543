#include "probes/network/control/connection.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "probes/network/control/ticket.h"

namespace assay::network::control {
namespace {

constexpr std::chrono::seconds kHelloLimit{5};
constexpr std::size_t kMostInbox = 64;

/// Does one piece of the line's work, after waiting for it a slice at most.
Expected<void> work_a_slice(Line& line) {
    pollfd wanted{line.descriptor(), line.events(), 0};
    if (poll(&wanted, 1, static_cast<int>(kWaitSlice.count())) < 0 && errno != EINTR)
        return system_failure("wait for the agent", errno);
    return line.work();
}

/// What a handshake that came to nothing most likely means for the user.
Error explained(const Error& error, const Endpoint& agent) {
    const std::string at = "the agent at " + agent.text();
    if (error.kind == ErrorKind::permission)
        return {ErrorKind::permission,
                at + " and this host do not accept each other's credentials (" + error.message +
                    "); give both the same key file (--key), or certificates of the same "
                    "authority (--cert, --cert-key, --ca)",
                0};
    if (error.kind == ErrorKind::bad_input)
        return {ErrorKind::unavailable,
                "what answers at " + agent.text() + " is no assay agent (" + error.message +
                    "); check the port",
                0};
    if (error.kind == ErrorKind::unavailable)
        return {ErrorKind::unavailable,
                at + " closed the connection before it had begun (" + error.message +
                    "); is this host among its allowed networks (--allow), and is it an agent?",
                0};
    return error;
}

Expected<Frame> first_frame(Line& line, const Interrupt& interrupt) {
    for (;;) {
        if (auto frame = line.take())
            return std::move(*frame);
        if (line.has_ended())
            return failure(ErrorKind::unavailable, "it closed the connection");
        ASSAY_TRY_VOID(interrupt.check("say hello to the agent"));
        ASSAY_TRY_VOID(work_a_slice(line));
    }
}

/// The agent's UDP port under the same number, for signs of life that no lost segment holds up.
Socket life_socket(const Endpoint& agent) {
    Socket socket(::socket(agent.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket.is_open() && connect(socket.descriptor(), agent.address(), agent.size()) != 0)
        socket.close();
    return socket;
}

}  // namespace

Expected<std::shared_ptr<Connection>> Connection::open(Socket socket, const TlsContext& context,
                                                       const std::string& host_name,
                                                       const Versions& versions,
                                                       const Interrupt& caller) {
    Interrupt interrupt = caller;
    interrupt.deadline = std::min(caller.deadline, std::chrono::steady_clock::now() + kHelloLimit);
    Agreed agreed;
    ASSAY_TRY(agreed.agent, Endpoint::of_other_end(socket.descriptor()));
    ASSAY_TRY(Line line, Line::over(std::move(socket), context, host_name));
    ASSAY_TRY_VOID(
        line.send(Frame::of(FrameType::hello, 0, Hello{versions, ASSAY_VERSION}.encode())));
    const auto frame = first_frame(line, interrupt);
    if (!frame)
        return std::unexpected(explained(frame.error(), agreed.agent));
    if (frame->is(FrameType::refused)) {
        Error error = error_of(frame->fields);
        error.message = "the agent at " + agreed.agent.text() + " refuses: " + error.message;
        return std::unexpected(error);
    }
    if (!frame->is(FrameType::welcome))
        return failure(ErrorKind::bad_input, "the agent's first message is no welcome");
    ASSAY_TRY(agreed.welcome, Welcome::decode(frame->fields));
    if (agreed.welcome.minor > versions.most_minor || agreed.welcome.minor < versions.least_minor)
        return failure(ErrorKind::unsupported, "the agent chose a version that was not offered");
    ASSAY_TRY(const std::uint64_t session, frame->fields.count("session", ~std::uint32_t{0}));
    agreed.session = static_cast<std::uint32_t>(session);
    ASSAY_TRY(const SharedKey life_key, line.export_key(0));
    std::shared_ptr<Connection> made(new Connection(std::move(line), std::move(agreed), life_key));
    if (!made->wake_.is_open())
        return failure(ErrorKind::unavailable, "open an eventfd for the control connection");
    try {
        made->thread_ = std::jthread([&connection = *made] { connection.work(); });
    } catch (const std::system_error& error) {
        return failure(ErrorKind::unavailable, "start a thread for the control connection",
                       error.code().value());
    }
    return made;
}

Connection::Connection(Line line, Agreed agreed, const SharedKey& life_key)
    : agreed_(std::move(agreed)),
      life_key_(life_key),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      line_(std::move(line)),
      heard_(std::chrono::steady_clock::now()),
      showed_(heard_) {
    if (agreed_.welcome.minor >= kMinorWithUdpLife)
        life_ = life_socket(agreed_.agent);
}

Connection::~Connection() {
    {
        const std::lock_guard lock(mutex_);
        if (!broken_) {
            line_.close_politely();
            broken_ = Error{ErrorKind::interrupted, "the control connection was closed", 0};
        }
    }
    wake();
}

void Connection::wake() const {
    const std::uint64_t one = 1;
    // An eventfd takes eight bytes whole; it could only refuse at its 64-bit limit.
    static_cast<void>(!write(wake_.descriptor(), &one, sizeof(one)));
}

void Connection::work() {
    for (;;) {
        pollfd wanted[2]{{wake_.descriptor(), POLLIN, 0}, {line_.descriptor(), 0, 0}};
        {
            const std::lock_guard lock(mutex_);
            if (broken_)
                return;
            wanted[1].events = line_.events();
        }
        const int ready = poll(wanted, 2, static_cast<int>(kWaitSlice.count()));
        if (wanted[0].revents != 0) {
            std::uint64_t count = 0;
            static_cast<void>(!read(wake_.descriptor(), &count, sizeof(count)));
        }
        const std::lock_guard lock(mutex_);
        if (broken_)
            return;
        if (ready < 0 && errno != EINTR)
            broken_ = system_failure("wait for the agent", errno).error();
        else
            take_frames();
        if (!broken_)
            show_life();
        changed_.notify_all();
    }
}

void Connection::take_frames() {
    const auto worked = line_.work();
    const SteadyTime now = std::chrono::steady_clock::now();
    while (auto frame = line_.take()) {
        heard_ = now;
        keep(std::move(*frame));
    }
    const std::string at = "the agent at " + agreed_.agent.text();
    if (!worked)
        broken_ = Error{ErrorKind::unavailable,
                        "the connection to " + at + " broke (" + worked.error().message +
                            "); was the agent stopped, or is the link down?",
                        worked.error().system_errno};
    else if (line_.has_ended())
        broken_ =
            Error{ErrorKind::unavailable, at + " ended the connection; its own log says why", 0};
    else if (now >= heard_ + kSilenceLimit)
        broken_ = Error{ErrorKind::unavailable,
                        at + " has fallen silent: nothing came for 5 s; is the link down, or the "
                             "host gone?",
                        0};
}

void Connection::keep(Frame frame) {
    if (frame.is(FrameType::alive) || frame.is(FrameType::unsupported))
        return;
    if (!frame.is_known()) {
        Fields fields;
        fields.set("type", std::uint64_t{frame.type});
        static_cast<void>(line_.send(Frame::of(FrameType::unsupported, 0, std::move(fields))));
        return;
    }
    if (frame.test != test_ || test_ == 0)
        return;  // of a test that nobody waits for any more
    if (frame.is(FrameType::progress)) {
        progress_ = std::move(frame.fields);
    } else if (frame.is(FrameType::flow_open)) {
        if (const auto index = frame.fields.count("index", ~std::uint32_t{0});
            index && open_flows_.size() <= agreed_.welcome.caps.most_streams)
            open_flows_.insert(*index);
    } else if (inbox_.size() < kMostInbox) {
        inbox_.push_back(std::move(frame));
    }
}

void Connection::show_life() {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now < showed_ + kLifeInterval)
        return;
    showed_ = now;
    if (const auto sent = line_.send(Frame::of(FrameType::alive)); !sent)
        broken_ = sent.error();
    if (!life_.is_open())
        return;
    const auto datagram =
        PathDatagram{.type = PathDatagram::Type::life, .index = agreed_.session, .nonce = ++lives_}
            .signed_with(life_key_)
            .encode();
    // Lost, or refused by an ICMP message that came for an earlier one: the next one follows.
    static_cast<void>(
        ::send(life_.descriptor(), datagram.data(), datagram.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

std::optional<Error> Connection::broken() const {
    const std::lock_guard lock(mutex_);
    return broken_;
}

std::uint32_t Connection::next_test() {
    const std::lock_guard lock(mutex_);
    inbox_.clear();
    progress_.reset();
    open_flows_.clear();
    return ++test_;
}

Expected<SharedKey> Connection::key_of_test(std::uint32_t test) {
    const std::lock_guard lock(mutex_);
    return line_.export_key(test);
}

Expected<void> Connection::send(const Frame& frame) {
    {
        const std::lock_guard lock(mutex_);
        if (broken_)
            return std::unexpected(*broken_);
        ASSAY_TRY_VOID(line_.send(frame));
    }
    wake();
    return {};
}

Expected<Frame> Connection::wait_for(std::uint32_t test, FrameType type, FrameType or_type,
                                     const Interrupt& interrupt, const std::string& action) {
    std::unique_lock lock(mutex_);
    for (;;) {
        while (!inbox_.empty()) {
            Frame frame = std::move(inbox_.front());
            inbox_.pop_front();
            if (frame.test != test)
                continue;
            if (frame.is(FrameType::failed)) {
                Error error = error_of(frame.fields);
                error.message = "the agent: " + error.message;
                return std::unexpected(error);
            }
            if (frame.is(type) || frame.is(or_type))
                return frame;
        }
        if (broken_)
            return std::unexpected(*broken_);
        ASSAY_TRY_VOID(interrupt.check(action));
        changed_.wait_for(lock, kWaitSlice);
    }
}

Expected<Fields> Connection::progress(std::uint32_t test) const {
    const std::lock_guard lock(mutex_);
    const auto failed = std::ranges::find_if(inbox_, [&](const Frame& frame) {
        return frame.test == test && frame.is(FrameType::failed);
    });
    if (failed != inbox_.end()) {
        Error error = error_of(failed->fields);
        error.message = "the agent: " + error.message;
        return std::unexpected(error);
    }
    if (broken_)
        return std::unexpected(*broken_);
    return test == test_ ? progress_.value_or(Fields{}) : Fields{};
}

bool Connection::is_flow_open(std::uint32_t test, std::uint32_t index) const {
    const std::lock_guard lock(mutex_);
    return test == test_ && open_flows_.contains(index);
}

}  // namespace assay::network::control
