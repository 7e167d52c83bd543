#include "probes/network/control/agent.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <list>
#include <optional>
#include <utility>

#include "engine/host/identity.h"
#include "probes/network/control/agent_session.h"
#include "probes/network/control/environment.h"
#include "probes/network/control/flow_gate.h"
#include "probes/network/control/gate.h"
#include "probes/network/control/listeners.h"
#include "probes/network/control/path_check.h"
#include "probes/network/control/test_run.h"

namespace assay::network::control {
namespace {

constexpr std::size_t kMostSessions = 32;
constexpr std::chrono::milliseconds kBeat{50};
/// A prober waits for what it says at the end of each of many short trials.
constexpr std::chrono::milliseconds kProgressInterval{20};

/// The loop: one thread, never blocking longer than kBeat. The role of the one test that may run
/// has a thread of its own.
class Loop : public Agent {
  public:
    Loop(const host::Host& host, AgentSettings settings, TlsContext context, Listeners listeners,
         FlowGate flow_gate, Socket wake, Welcome welcome)
        : host_(host),
          settings_(std::move(settings)),
          context_(std::move(context)),
          endpoints_(std::move(listeners.endpoints)),
          gate_(std::move(listeners.streams), context_, settings_.allowed, settings_.tell),
          flow_gate_(std::move(flow_gate)),
          wake_(std::move(wake)),
          welcome_(std::move(welcome)) {}

    const std::vector<Endpoint>& endpoints() const override { return endpoints_; }
    Expected<void> give_sockets_to(uid_t user) override;
    Expected<void> serve(std::stop_token stop) override;

  private:
    Expected<void> turn();
    std::optional<ExpectedData> expected_data();
    void greet(std::vector<Gate::Guest> guests);
    void work(AgentSession& session);
    void hear(AgentSession& session, const Frame& frame);
    void hear_about_test(AgentSession& session, const Frame& frame);
    Expected<void> take_wish(AgentSession& session, const Frame& frame);
    void serve_queue();
    Expected<void> admit(AgentSession& session, const Wish& wish);
    void relay_test();
    void close_session(AgentSession& session, const std::string& why);
    std::chrono::seconds patience_with(const AgentSession& session) const;
    bool is_playing(const AgentSession& session) const {
        return run_ != nullptr && player_ == &session;
    }

    const host::Host& host_;
    AgentSettings settings_;
    TlsContext context_;
    std::vector<Endpoint> endpoints_;
    Gate gate_;
    FlowGate flow_gate_;
    Socket wake_;  // an eventfd
    Welcome welcome_;
    std::list<AgentSession> sessions_;  // in the order in which they came
    std::list<AgentSession*> queue_;    // whose wish waits
    std::uint32_t last_number_ = 0;
    AgentSession* player_ = nullptr;  // whose test runs; nullptr: it has left, the role still ends
    std::unique_ptr<TestRun> run_;
    SteadyTime progress_told_{}, run_began_{};
    const RoleRow* role_ = nullptr;  // of run_
    bool is_done_ = false;
};

const RoleRow* find_role(std::span<const RoleRow> roles, std::string_view name) {
    if (name == kPathCheckRole.name)
        return &kPathCheckRole;
    const auto found = std::ranges::find(roles, name, &RoleRow::name);
    return found == roles.end() ? nullptr : &*found;
}

std::string seconds_text(std::chrono::nanoseconds duration) {
    const auto tenths =
        std::chrono::duration_cast<std::chrono::duration<std::int64_t, std::deci>>(duration)
            .count();
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

Expected<void> Loop::serve(std::stop_token stop) {
    while (!stop.stop_requested() && !is_done_)
        ASSAY_TRY_VOID(turn());
    run_.reset();
    for (AgentSession& session : sessions_)
        session.line().close_politely();
    sessions_.clear();
    return {};
}

Expected<void> Loop::turn() {
    std::vector<pollfd> wanted{{wake_.descriptor(), POLLIN, 0}};
    gate_.add_to(wanted);
    flow_gate_.add_to(wanted);
    for (AgentSession& session : sessions_)
        wanted.push_back({session.line().descriptor(), session.line().events(), 0});
    const auto wait = run_ != nullptr ? kProgressInterval : kBeat;
    if (poll(wanted.data(), wanted.size(), static_cast<int>(wait.count())) < 0 && errno != EINTR)
        return system_failure("wait for probers", errno);
    if (wanted.front().revents != 0) {
        std::uint64_t count = 0;
        // Only wakes us; what it says does not matter.
        static_cast<void>(!read(wake_.descriptor(), &count, sizeof(count)));
    }
    for (AgentSession& session : sessions_)
        work(session);
    const auto data = expected_data();
    const FlowGate::News news = flow_gate_.work(wanted, data);
    for (const std::uint32_t index : news.open_flows) {
        Fields fields;
        fields.set("index", std::uint64_t{index});
        player_->send(Frame::of(FrameType::flow_open, run_->test(), std::move(fields)));
    }
    for (const PathDatagram& life : news.signs_of_life)
        for (AgentSession& session : sessions_)
            if (session.number() == life.index)
                session.hear(life);
    greet(gate_.work(wanted, data));
    relay_test();
    serve_queue();
    for (auto at = sessions_.begin(); at != sessions_.end();) {
        at->show_life();
        const auto why = at->ailment(patience_with(*at));
        if (why)
            close_session(*at, *why);
        at = why ? sessions_.erase(at) : std::next(at);
    }
    return {};
}

std::optional<ExpectedData> Loop::expected_data() {
    if (run_ == nullptr || player_ == nullptr)
        return std::nullopt;
    return ExpectedData{run_->arrivals(), Address::of(player_->from())};
}

void Loop::greet(std::vector<Gate::Guest> guests) {
    for (Gate::Guest& guest : guests) {
        if (sessions_.size() >= kMostSessions) {
            settings_.tell("refused " + guest.from.text() + ": too many probers are connected");
            continue;
        }
        sessions_.emplace_back(++last_number_, std::move(guest.line), guest.from);
        work(sessions_.back());  // its first message may have come with the handshake
    }
}

void Loop::work(AgentSession& session) {
    const auto worked = session.line().work();
    while (const auto frame = session.line().take())
        hear(session, *frame);
    if (!worked)
        session.end(worked.error().message);
    else if (session.line().has_ended())
        session.end("");  // it said goodbye
}

void Loop::hear(AgentSession& session, const Frame& frame) {
    session.heard_now();
    if (!session.is_welcome()) {
        const auto greeted = session.greet(frame, welcome_);
        if (!greeted)
            session.end(greeted.error().message);
        else if (!*greeted)
            session.end("it speaks no version of the protocol that this agent speaks");
        else
            settings_.tell("prober " + session.from().text() + " connected, assay " +
                           session.program() + ", protocol " + std::to_string(kMajor) + "." +
                           std::to_string(session.minor()));
        return;
    }
    if (frame.is(FrameType::begin)) {
        if (const auto taken = take_wish(session, frame); !taken)
            session.send(Frame::of(FrameType::failed, frame.test, fields_of(taken.error())));
    } else if (frame.is(FrameType::start) || frame.is(FrameType::finish) ||
               frame.is(FrameType::abort)) {
        hear_about_test(session, frame);
    } else if (!frame.is(FrameType::alive) && !frame.is(FrameType::unsupported)) {
        Fields fields;
        fields.set("type", std::uint64_t{frame.type});
        session.send(Frame::of(FrameType::unsupported, frame.test, std::move(fields)));
    }
}

void Loop::hear_about_test(AgentSession& session, const Frame& frame) {
    if (session.wish && session.wish->test == frame.test && frame.is(FrameType::abort)) {
        session.wish.reset();
        queue_.remove(&session);
        return;
    }
    if (!is_playing(session) || run_->test() != frame.test)
        return;  // of a test that is over: the two have crossed on the way
    if (frame.is(FrameType::abort))
        run_->stop();
    else if (frame.is(FrameType::start))
        run_->start();
    else
        run_->finish();
}

Expected<void> Loop::take_wish(AgentSession& session, const Frame& frame) {
    if (session.wish)
        return failure(ErrorKind::bad_input, "this prober has asked for a test already");
    // A number that was used before would give the keys of that test again, and its tokens.
    if (frame.test <= session.newest_test)
        return failure(ErrorKind::bad_input, "the numbers of a prober's tests must grow");
    session.newest_test = frame.test;
    ASSAY_TRY(std::string role, frame.fields.text("control.role", Fields::kMostNameBytes));
    if (find_role(settings_.roles, role) == nullptr)
        return failure(ErrorKind::unsupported, "this agent (assay " + welcome_.program +
                                                   ") knows no role '" + role +
                                                   "'; install the same version on both hosts");
    session.wish = Wish{.test = frame.test, .role = std::move(role), .wishes = frame.fields};
    session.told_position = 0;
    queue_.push_back(&session);
    return {};
}

void Loop::serve_queue() {
    while (run_ == nullptr && !queue_.empty()) {
        AgentSession& session = *queue_.front();
        queue_.pop_front();
        const Wish wish = std::move(*session.wish);
        session.wish.reset();
        if (const auto admitted = admit(session, wish); !admitted)
            session.send(Frame::of(FrameType::failed, wish.test, fields_of(admitted.error())));
    }
    std::uint64_t position = 0;
    for (AgentSession* session : queue_) {
        if (session->told_position == ++position)
            continue;
        session->told_position = position;
        Fields fields;
        fields.set("position", position);
        session->send(Frame::of(FrameType::queued, session->wish->test, std::move(fields)));
    }
}

Expected<void> Loop::admit(AgentSession& session, const Wish& wish) {
    const RoleRow* row = find_role(settings_.roles, wish.role);
    ASSAY_TRY(std::unique_ptr<Role> role, row->make(wish.wishes, settings_.caps));
    ASSAY_TRY(const SharedKey key, session.line().export_key(wish.test));
    ASSAY_TRY(run_, TestRun::begin(std::move(role), {.host = host_,
                                                     .test_key = key,
                                                     .caps = settings_.caps,
                                                     .test = wish.test,
                                                     .has_news = [this] {
                                                         const std::uint64_t one = 1;
                                                         static_cast<void>(!write(
                                                             wake_.descriptor(), &one, sizeof one));
                                                     }}));
    player_ = &session;
    session.has_played = session.has_played || wish.role != kPathCheckRole.name;
    role_ = row;
    run_began_ = std::chrono::steady_clock::now();
    session.send(Frame::of(FrameType::admitted, wish.test));
    return {};
}

void Loop::relay_test() {
    if (run_ == nullptr)
        return;
    run_->enforce();
    const bool is_over = run_->is_over();  // before the news, so that none is missed
    while (const auto news = run_->take_news()) {
        if (news->is(FrameType::failed))
            settings_.tell(std::string(role_->name) +
                           ": ended early: " + error_of(news->fields).message);
        if (player_ != nullptr)
            player_->send(*news);
    }
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= progress_told_ + kProgressInterval && player_ != nullptr) {
        progress_told_ = now;
        if (const auto progress = run_->progress())
            player_->send(*progress);
    }
    if (!is_over)
        return;
    settings_.tell(std::string(role_->name) + ": over after " + seconds_text(now - run_began_) +
                   (player_ != nullptr ? ", for " + player_->from().text() : ""));
    run_.reset();
    player_ = nullptr;
}

void Loop::close_session(AgentSession& session, const std::string& why) {
    queue_.remove(&session);
    if (player_ == &session) {
        run_->stop();  // its thread is waited for by later turns, not here
        player_ = nullptr;
    }
    session.line().close_politely();
    if (session.is_welcome() || !why.empty())
        settings_.tell("prober " + session.from().text() +
                       (why.empty() ? " left" : " was let go: " + why));
    is_done_ = is_done_ || (settings_.once && session.has_played);
}

std::chrono::seconds Loop::patience_with(const AgentSession& session) const {
    if (!is_playing(session))
        return AgentSession::kIdleLimit;
    return role_->only_receives ? AgentSession::kReceiverDeadAfter : AgentSession::kDeadAfter;
}

Expected<void> Loop::give_sockets_to(uid_t user) {
    return flow_gate_.give_sockets_to(user);
}

}  // namespace

Expected<std::unique_ptr<Agent>> Agent::open(const host::Host& host, AgentSettings settings) {
    ASSAY_TRY(TlsContext context, TlsContext::make(TlsContext::End::agent, settings.credentials));
    ASSAY_TRY(std::string identity, host::host_identity(host.files));
    ASSAY_TRY(Listeners listeners, Listeners::open(settings.listen));
    ASSAY_TRY(FlowGate flow_gate, FlowGate::make(std::move(listeners.datagrams)));
    Socket wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake.is_open())
        return system_failure("open an eventfd for the agent", errno);
    Welcome welcome{.minor = kMostMinor,
                    .versions = {},
                    .program = ASSAY_VERSION,
                    .agent_id = std::move(identity),
                    .boot = host::boot_identity(host.files),
                    .caps = settings.caps,
                    .environment = environment_fields(host)};
    return std::make_unique<Loop>(host, std::move(settings), std::move(context),
                                  std::move(listeners), std::move(flow_gate), std::move(wake),
                                  std::move(welcome));
}

}  // namespace assay::network::control
