#pragma once

#include <optional>
#include <string>

namespace assay::host {

/// What the network card and its driver do instead of the processor. Absent = the driver does not
/// say.
struct NicOffloads {
    std::optional<bool> receive_checksum, transmit_checksum, scatter_gather;
    std::optional<bool> tcp_segmentation, generic_segmentation, generic_receive, large_receive;
};

/// Asks the live kernel (SIOCETHTOOL, netdevice(7)). All absent for a name it does not know.
NicOffloads read_nic_offloads(const std::string& interface_name);

}  // namespace assay::host
