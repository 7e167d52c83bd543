#pragma once

#include <cstdint>
#include <memory>

#include "probes/network/control/connection.h"
#include "probes/network/control/credentials.h"
#include "probes/network/control/role.h"

namespace assay::network::control {

/// The prober's DataDoor: connects to the agent's port and proves that it belongs to the test.
/// May be used from several threads at once.
class ProberDoor : public DataDoor {
  public:
    ProberDoor(std::shared_ptr<Connection> connection, std::uint32_t test,
               const SharedKey& test_key)
        : connection_(std::move(connection)), test_(test), test_key_(test_key) {}

    Expected<Socket> tcp_stream(std::uint32_t index, const Interrupt& interrupt) override;
    Expected<Socket> udp_flow(std::uint32_t index, const Interrupt& interrupt) override;
    std::uint64_t shared_key(std::uint32_t index) const override;

  private:
    std::shared_ptr<Connection> connection_;
    std::uint32_t test_;
    SharedKey test_key_;
};

}  // namespace assay::network::control
