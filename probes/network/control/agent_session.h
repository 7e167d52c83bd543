#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "probes/network/control/hello.h"
#include "probes/network/control/line.h"
#include "probes/network/control/ticket.h"

namespace assay::network::control {

/// What a prober asked for.
struct Wish {
    std::uint32_t test = 0;
    std::string role;
    Fields wishes;
};

/// The agent's side of one control connection: who is there, and whether it lives. What its
/// messages mean for tests is the agent's to decide.
class AgentSession {
  public:
    /// The other end must be heard of this often while its test runs, or the test is stopped.
    static constexpr std::chrono::seconds kDeadAfter{1};
    /// The same while the role only receives.
    static constexpr std::chrono::seconds kReceiverDeadAfter{5};
    /// The same between tests.
    static constexpr std::chrono::seconds kIdleLimit{30};
    static constexpr std::chrono::seconds kHelloLimit{3};
    static constexpr std::chrono::milliseconds kLifeInterval{100};

    AgentSession(std::uint32_t number, Line line, const Endpoint& from);

    Line& line() { return line_; }
    const Endpoint& from() const { return from_; }
    std::uint32_t number() const { return number_; }
    bool is_welcome() const { return is_welcome_; }

    /// Answers its hello. False: it was refused, and is to be closed. Errors: bad_input.
    Expected<bool> greet(const Frame& hello, Welcome welcome);
    /// A sign of life by UDP: counts if it is genuine and newer than the last.
    void hear(const PathDatagram& life);
    void heard_now() { heard_ = std::chrono::steady_clock::now(); }
    /// Sends a sign of life where nothing was sent for a while.
    void show_life();
    void send(const Frame& frame);  ///< what cannot be sent ends the session
    /// Why it is to be closed now, if so. `limit`: how long it may be silent.
    std::optional<std::string> ailment(std::chrono::seconds limit) const;
    void end(std::string reason) { broken_ = std::move(reason); }
    const std::string& program() const { return program_; }
    std::uint64_t minor() const { return minor_; }

    std::optional<Wish> wish{};     ///< waits for its turn
    std::uint32_t newest_test = 0;  ///< number of the last that it asked for
    bool has_played = false;
    std::uint64_t told_position = 0;  ///< in the queue, as last told

  private:
    std::uint32_t number_;
    Line line_;
    Endpoint from_;
    bool is_welcome_ = false;
    std::uint64_t minor_ = 0;
    std::string program_;
    SharedKey life_key_{};
    std::uint64_t newest_life_ = 0;
    SteadyTime began_, heard_, sent_;
    std::optional<std::string> broken_;
};

}  // namespace assay::network::control
