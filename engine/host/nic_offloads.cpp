#include "engine/host/nic_offloads.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

namespace assay::host {
namespace {

// Any socket will do: the ioctl is addressed by the interface's name.
class ControlSocket {
  public:
    ControlSocket() : descriptor_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
    ~ControlSocket() {
        if (descriptor_ >= 0)
            close(descriptor_);  // nothing was sent, so nothing can be lost
    }
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

    std::optional<std::uint32_t> ask(const std::string& interface_name,
                                     std::uint32_t command) const {
        if (descriptor_ < 0 || interface_name.size() >= IFNAMSIZ)
            return std::nullopt;
        ethtool_value answer{.cmd = command, .data = 0};
        ifreq request{};
        std::memcpy(request.ifr_name, interface_name.data(), interface_name.size());
        request.ifr_data = reinterpret_cast<char*>(&answer);
        if (ioctl(descriptor_, SIOCETHTOOL, &request) != 0)
            return std::nullopt;
        return answer.data;
    }

  private:
    int descriptor_;
};

}  // namespace

NicOffloads read_nic_offloads(const std::string& interface_name) {
    const ControlSocket control;
    const auto flag = [&](std::uint32_t command,
                          std::uint32_t mask = ~std::uint32_t{0}) -> std::optional<bool> {
        const auto answer = control.ask(interface_name, command);
        return answer ? std::optional((*answer & mask) != 0) : std::nullopt;
    };
    return {.receive_checksum = flag(ETHTOOL_GRXCSUM),
            .transmit_checksum = flag(ETHTOOL_GTXCSUM),
            .scatter_gather = flag(ETHTOOL_GSG),
            .tcp_segmentation = flag(ETHTOOL_GTSO),
            .generic_segmentation = flag(ETHTOOL_GGSO),
            .generic_receive = flag(ETHTOOL_GGRO),
            .large_receive = flag(ETHTOOL_GFLAGS, ETH_FLAG_LRO)};
}

}  // namespace assay::host
