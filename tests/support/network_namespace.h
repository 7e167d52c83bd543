#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "engine/core/error.h"

namespace assay::test {

/// Can this process make network namespaces, and does it find `ip` and `tc`? The sentence says what
/// is missing; tests skip with it.
Expected<void> network_namespaces_available();

/// A network namespace without a name: it lives as long as this object or a socket in it, so that
/// nothing is left behind even after kill -9. Its loopback is up.
class NetworkNamespace {
  public:
    /// Errors: permission (needs CAP_SYS_ADMIN), unsupported.
    static Expected<NetworkNamespace> create();
    NetworkNamespace(NetworkNamespace&& other) noexcept;
    NetworkNamespace& operator=(NetworkNamespace&&) = delete;
    ~NetworkNamespace();

    /// Runs `work` on a thread of its own inside the namespace and waits for it. A socket that
    /// `work` opens, and a thread that it starts, stay in the namespace.
    Expected<void> run(const std::function<void()>& work) const;
    /// Runs a shell command inside. Errors: io, with the command and what it printed.
    Expected<void> command(const std::string& line) const;
    /// For `ip ... netns PATH` in this process's children.
    std::string path() const;

  private:
    explicit NetworkNamespace(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

/// Joins the two by a veth pair; both ends are called "veth0", with MTU 1500.
/// Addresses: 10.255.0.1/24 in `left`, 10.255.0.2/24 in `right`.
Expected<void> join_by_veth(const NetworkNamespace& left, const NetworkNamespace& right);
inline constexpr const char* kLeftAddress = "10.255.0.1";
inline constexpr const char* kRightAddress = "10.255.0.2";

inline constexpr double kShaperBurstBytes = 128 * 1024;
/// Shapes what leaves veth0 of `from` to `bits_per_second` of Ethernet frames, with tc's token
/// bucket filter: 50 ms of queue, and kShaperBurstBytes of burst, with which the link makes up for
/// what the host's own scheduling withheld from it (5 ms at 200 Mbit/s). Errors: io (no tbf in this
/// kernel).
Expected<void> shape(const NetworkNamespace& from, std::uint64_t bits_per_second);

}  // namespace assay::test
