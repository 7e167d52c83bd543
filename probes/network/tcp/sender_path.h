#pragma once

#include <optional>

#include "probes/network/tcp/reports.h"
#include "probes/network/wire/socket.h"

namespace assay::network::tcp {

/// The interface by which a stream leaves the sending host: what its queue and its counters say.
/// Must be used in the network namespace of the stream.
class SenderPath {
  public:
    /// nullopt where the route leads over no interface of this host, or the kernel does not say.
    static std::optional<SenderPath> of(const Socket& stream);
    /// What the interface is goes into `report`.
    void describe(SenderReport& report) const;
    /// Its counters of now.
    void count(SenderTick& tick) const;

  private:
    explicit SenderPath(unsigned interface_index) : interface_index_(interface_index) {}
    unsigned interface_index_;
};

}  // namespace assay::network::tcp
