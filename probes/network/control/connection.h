#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "probes/network/control/hello.h"
#include "probes/network/control/line.h"

namespace assay::network::control {

/// The prober's control connection after its hello: a thread of its own sends, receives, and shows
/// the agent every 100 ms that this end lives. Thread-safe.
class Connection {
  public:
    /// An agent that says nothing for so long is gone.
    static constexpr std::chrono::seconds kSilenceLimit{5};
    static constexpr std::chrono::milliseconds kLifeInterval{100};

    struct Agreed {
        Welcome welcome;
        std::uint32_t session = 0;
        Endpoint agent;  ///< as reached
    };

    /// Makes TLS and the hello over a connected socket. `versions` are what this end speaks.
    /// Errors: permission (credentials), unsupported (versions), bad_input (no agent answers
    /// there), unavailable, timed_out.
    static Expected<std::shared_ptr<Connection>> open(Socket socket, const TlsContext& context,
                                                      const std::string& host_name,
                                                      const Versions& versions,
                                                      const Interrupt& interrupt);
    ~Connection();

    const Agreed& agreed() const { return agreed_; }
    std::optional<Error> broken() const;  ///< why nothing more can come
    std::uint32_t next_test();  ///< a number for a new test; older tests' frames are dropped
    Expected<SharedKey> key_of_test(std::uint32_t test);
    Expected<void> send(const Frame& frame);

    /// Waits for a frame of `test` of one of two types; `failed` becomes its error. `action` is for
    /// the sentence of a deadline. Frames of other types are dropped.
    Expected<Frame> wait_for(std::uint32_t test, FrameType type, FrameType or_type,
                             const Interrupt& interrupt, const std::string& action);
    /// The newest progress of the test, if any came. Errors: where the test failed or the agent is
    /// gone.
    Expected<Fields> progress(std::uint32_t test) const;
    bool is_flow_open(std::uint32_t test, std::uint32_t index) const;

  private:
    Connection(Line line, Agreed agreed, const SharedKey& life_key);
    void work();
    void take_frames();
    void keep(Frame frame);
    void show_life();
    void wake() const;

    Agreed agreed_;
    SharedKey life_key_;
    Socket wake_;  // an eventfd
    Socket life_;  // UDP, connected; closed where the agent does not know it
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Line line_;
    std::optional<Error> broken_;
    std::uint32_t test_ = 0;  // the newest
    std::deque<Frame> inbox_;
    std::optional<Fields> progress_;
    std::set<std::uint64_t> open_flows_;
    SteadyTime heard_, showed_;
    std::uint64_t lives_ = 0;
    std::jthread thread_;  // last: joined before anything above it goes away
};

}  // namespace assay::network::control
