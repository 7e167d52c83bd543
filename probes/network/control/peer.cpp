#include "probes/network/control/peer.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "engine/host/identity.h"
#include "probes/network/control/connection.h"
#include "probes/network/control/prober_door.h"

namespace assay::network::control {
namespace {

constexpr std::chrono::seconds kReportLimit{10};
/// The agent's word that it ended a test leaves it with the ends of the data connections.
constexpr std::chrono::milliseconds kCauseLimit{250};

class RemoteTest : public Test {
  public:
    RemoteTest(std::shared_ptr<Connection> connection, std::uint32_t number,
               const SharedKey& test_key)
        : connection_(std::move(connection)),
          number_(number),
          door_(connection_, number, test_key) {}
    ~RemoteTest() override {
        if (!is_over_)  // an agent that is gone stops by itself
            static_cast<void>(connection_->send(Frame::of(FrameType::abort, number_)));
    }

    DataDoor& door() override { return door_; }

    Expected<Fields> prepared(const Interrupt& interrupt) override {
        ASSAY_TRY(Frame frame, wait_for(FrameType::prepared, interrupt, "prepare the agent's end"));
        return std::move(frame.fields);
    }
    Expected<void> start(const Interrupt& interrupt) override {
        ASSAY_TRY_VOID(connection_->send(Frame::of(FrameType::start, number_)));
        ASSAY_TRY(const Frame frame,
                  wait_for(FrameType::started, interrupt, "start the agent's end"));
        return {};
    }
    Expected<Fields> progress() override { return connection_->progress(number_); }

    Expected<Fields> finish(const Interrupt& caller) override {
        Interrupt interrupt = caller;
        interrupt.deadline =
            std::min(caller.deadline, std::chrono::steady_clock::now() + kReportLimit);
        ASSAY_TRY_VOID(connection_->send(Frame::of(FrameType::finish, number_)));
        ASSAY_TRY(Frame frame, wait_for(FrameType::report, interrupt, "get the agent's report"));
        is_over_ = true;
        return std::move(frame.fields);
    }

    Error cause_of(Error own) override {
        if (own.kind != ErrorKind::io && own.kind != ErrorKind::unavailable)
            return own;
        const SteadyTime end = std::chrono::steady_clock::now() + kCauseLimit;
        do {
            if (const auto seen = progress(); !seen)
                return seen.error();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        } while (std::chrono::steady_clock::now() < end);
        return own;
    }

  private:
    Expected<Frame> wait_for(FrameType type, const Interrupt& interrupt,
                             const std::string& action) {
        return connection_->wait_for(number_, type, type, interrupt, action);
    }

    std::shared_ptr<Connection> connection_;
    std::uint32_t number_;
    ProberDoor door_;
    bool is_over_ = false;
};

class RemotePeer : public LivePeer {
  public:
    RemotePeer(std::shared_ptr<Connection> connection, PeerFacts facts)
        : connection_(std::move(connection)), facts_(std::move(facts)) {}

    const PeerFacts& facts() const override { return facts_; }
    std::optional<Error> trouble() const override { return connection_->broken(); }

    Expected<std::unique_ptr<Test>> begin(std::string_view role, const Fields& wishes,
                                          const Interrupt& interrupt) override {
        if (wishes.size() >= Fields::kMostFields)
            return failure(ErrorKind::usage, "a test has too many wishes for one message");
        Fields fields = wishes;
        fields.set("control.role", std::string(role));
        const std::uint32_t number = connection_->next_test();
        ASSAY_TRY(const SharedKey key, connection_->key_of_test(number));
        ASSAY_TRY_VOID(connection_->send(Frame::of(FrameType::begin, number, std::move(fields))));
        // From here on it is aborted when it comes to nothing.
        auto test = std::make_unique<RemoteTest>(connection_, number, key);
        std::string action = "begin a test with the agent at " + facts_.address;
        for (;;) {
            ASSAY_TRY(const Frame frame,
                      connection_->wait_for(number, FrameType::admitted, FrameType::queued,
                                            interrupt, action));
            if (frame.is(FrameType::admitted))
                return test;
            const auto position = frame.fields.count("position", Fields::kMostElements);
            action = "wait for other probers' tests to end (place " +
                     (position ? std::to_string(*position) : "?") +
                     " in the queue of the agent at " + facts_.address + ")";
        }
    }

  private:
    std::shared_ptr<Connection> connection_;
    PeerFacts facts_;
};

}  // namespace

Expected<std::shared_ptr<LivePeer>> connect_to_peer(const host::Host& host,
                                                    const PeerAddress& address,
                                                    const Interrupt& interrupt) {
    ASSAY_TRY(const TlsContext context,
              TlsContext::make(TlsContext::End::prober, address.credentials));
    ASSAY_TRY(const std::vector<Endpoint> candidates, resolve(address.where, interrupt));
    ASSAY_TRY(Socket socket, reach(candidates, interrupt));
    ASSAY_TRY(std::shared_ptr<Connection> connection,
              Connection::open(std::move(socket), context, address.where.host, address.versions,
                               interrupt));
    const Connection::Agreed& agreed = connection->agreed();
    const std::string boot = host::boot_identity(host.files);
    PeerFacts facts{.agent_id = agreed.welcome.agent_id,
                    .version = agreed.welcome.program,
                    .address = agreed.agent.text(),
                    .same_host = !boot.empty() && boot == agreed.welcome.boot,
                    .caps = agreed.welcome.caps,
                    .environment = agreed.welcome.environment};
    return std::make_shared<RemotePeer>(std::move(connection), std::move(facts));
}

}  // namespace assay::network::control
