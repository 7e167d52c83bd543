#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "probes/network/control/role.h"
#include "probes/network/wire/endpoint.h"
#include "probes/network/wire/socket.h"
#include "tests/support/network_namespace.h"

namespace assay::test {

/// The data doors of both ends of one test, without the protocol: stream (flow) `index` of one end
/// is connected to that of the other. Whichever end asks first makes both ends' sockets. The
/// sockets are of the same kind as the protocol's: TCP blocks for at most network::kWaitSlice, UDP
/// is connected and does not block.
class PairedDoors {
  public:
    /// Over IPv4 loopback. Errors: by errno.
    static Expected<std::unique_ptr<PairedDoors>> over_loopback();
    /// The prober's sockets lie in `left` and connect; the agent's lie in `right` and accept. The
    /// two are joined by join_by_veth and outlive the doors.
    static Expected<std::unique_ptr<PairedDoors>> between(const NetworkNamespace& left,
                                                          const NetworkNamespace& right);

    network::control::DataDoor& prober() { return prober_; }
    network::control::DataDoor& agent() { return agent_; }

  private:
    enum class End { prober, agent };
    enum class Kind { tcp, udp };

    class Door : public network::control::DataDoor {
      public:
        Door(PairedDoors& doors, End end) : doors_(doors), end_(end) {}
        Expected<network::Socket> tcp_stream(std::uint32_t index,
                                             const network::Interrupt& interrupt) override {
            return doors_.take(end_, Kind::tcp, index, interrupt);
        }
        Expected<network::Socket> udp_flow(std::uint32_t index,
                                           const network::Interrupt& interrupt) override {
            return doors_.take(end_, Kind::udp, index, interrupt);
        }
        std::uint64_t shared_key(std::uint32_t index) const override {
            return std::uint64_t{index} * 0x9e3779b97f4a7c15u + 12345;
        }

      private:
        PairedDoors& doors_;
        End end_;
    };
    struct Pair {
        network::Socket prober, agent;
    };

    PairedDoors(const NetworkNamespace* left, const NetworkNamespace* right)
        : left_(left), right_(right) {}
    Expected<void> listen();
    Expected<network::Socket> take(End end, Kind kind, std::uint32_t index,
                                   const network::Interrupt& interrupt);
    Expected<Pair> tcp_pair(const network::Interrupt& interrupt) const;
    Expected<Pair> udp_pair() const;

    const NetworkNamespace* left_;   // nullptr: where the caller is
    const NetworkNamespace* right_;  // likewise
    network::Socket listener_;
    network::Endpoint at_;
    Door prober_{*this, End::prober}, agent_{*this, End::agent};
    std::mutex mutex_;
    /// What the other end has not taken yet.
    std::map<std::pair<Kind, std::uint32_t>, network::Socket> for_prober_, for_agent_;
};

}  // namespace assay::test
