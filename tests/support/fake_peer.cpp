#include "tests/support/fake_peer.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "tests/support/network_doors.h"

namespace assay::test {
namespace {

using network::Fields;
using network::Interrupt;
using network::control::Caps;
using network::control::DataDoor;
using network::control::PeerFacts;
using network::control::Role;
using network::control::RoleContext;
using network::control::RoleRow;
using network::control::Test;

/// What a message is after its way through the wire.
Expected<Fields> carried(const Fields& fields) {
    return Fields::decode(fields.encode());
}

/// A role in a thread. What it reports is waited for in slices, so that deadlines hold.
class PlayedTest : public Test {
  public:
    PlayedTest(std::unique_ptr<Role> role, std::unique_ptr<PairedDoors> doors,
               const host::Host& host, Caps caps, const NetworkNamespace* place)
        : doors_(std::move(doors)),
          role_(std::move(role)),
          context_{.host = host, .door = doors_->agent(), .caps = caps},
          thread_([this, place] {
              if (place == nullptr)
                  return live();
              if (const auto entered = place->run([this] { live(); }); !entered)
                  put(prepared_, std::unexpected(entered.error()));
          }) {}
    ~PlayedTest() override {
        aborted_.request_stop();
        finish_.request_stop();
        start_.request_stop();
        news_.notify_all();
    }

    DataDoor& door() override { return doors_->prober(); }
    Expected<Fields> prepared(const Interrupt& interrupt) override {
        return wait_for(prepared_, interrupt, "wait for the agent's role to be prepared");
    }
    Expected<void> start(const Interrupt& interrupt) override {
        start_.request_stop();
        news_.notify_all();
        return interrupt.check("start the agent's role");
    }
    Expected<Fields> progress() override { return carried(role_->progress()); }
    Expected<Fields> finish(const Interrupt& interrupt) override {
        finish_.request_stop();
        return wait_for(report_, interrupt, "wait for the agent's report");
    }

  private:
    using Answer = std::optional<Expected<Fields>>;

    void live() {
        const Interrupt interrupt{.stop = aborted_.get_token(),
                                  .deadline = std::chrono::steady_clock::now() +
                                              context_.caps.longest + std::chrono::seconds(20)};
        auto prepared = role_->prepare(context_, interrupt);
        const bool good = prepared.has_value();
        put(prepared_, std::move(prepared));
        if (!good)
            return;
        {
            std::unique_lock lock(mutex_);
            while (!start_.stop_requested())
                news_.wait_for(lock, network::kWaitSlice);
        }
        if (!aborted_.stop_requested())
            put(report_, role_->play(finish_.get_token(), interrupt));
    }
    void put(Answer& place, Expected<Fields> answer) {
        const std::lock_guard lock(mutex_);
        place = answer ? carried(*answer) : std::move(answer);
        news_.notify_all();
    }
    Expected<Fields> wait_for(const Answer& place, const Interrupt& interrupt,
                              std::string_view action) {
        std::unique_lock lock(mutex_);
        while (!place) {
            ASSAY_TRY_VOID(interrupt.check(action));
            news_.wait_for(lock, network::kWaitSlice);
        }
        return *place;
    }

    std::unique_ptr<PairedDoors> doors_;
    std::unique_ptr<Role> role_;
    RoleContext context_;
    std::mutex mutex_;
    std::condition_variable news_;
    Answer prepared_, report_;
    std::stop_source aborted_, finish_, start_;
    std::jthread thread_;  // last: joined before anything above it goes away
};

}  // namespace

FakePeer::FakePeer(std::span<const RoleRow> roles) : roles_(roles), host_(this_host()) {
    facts_ = {.agent_id = "fake",
              .version = "0",
              .address = "127.0.0.1:0",
              .same_host = true,
              .caps = {},
              .environment = {}};
}

FakePeer::FakePeer(std::span<const RoleRow> roles, const NetworkNamespace& left,
                   const NetworkNamespace& right)
    : FakePeer(roles) {
    left_ = &left;
    right_ = &right;
    facts_.address = std::string(kRightAddress) + ":0";
}

Expected<std::unique_ptr<Test>> FakePeer::begin(std::string_view role, const Fields& wishes,
                                                const Interrupt& interrupt) {
    ASSAY_TRY_VOID(interrupt.check("begin a test"));
    ASSAY_TRY(const Fields heard, carried(wishes));
    for (const RoleRow& row : roles_) {
        if (row.name != role)
            continue;
        ASSAY_TRY(std::unique_ptr<Role> made, row.make(heard, facts_.caps));
        auto doors =
            left_ == nullptr ? PairedDoors::over_loopback() : PairedDoors::between(*left_, *right_);
        if (!doors)
            return std::unexpected(doors.error());
        return std::make_unique<PlayedTest>(std::move(made), std::move(*doors), host_, facts_.caps,
                                            right_);
    }
    return failure(ErrorKind::unsupported,
                   "the agent knows no role '" + std::string(role) + "'; use the same version");
}

}  // namespace assay::test
