#include "tests/support/network_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <thread>
#include <utility>

namespace assay::test {
namespace {

/// Runs a shell command in the network namespace of the calling thread; children inherit it.
Expected<void> shell(const std::string& line) {
    const std::string with_errors = line + " 2>&1";
    std::FILE* pipe = popen(with_errors.c_str(), "re");
    if (pipe == nullptr)
        return system_failure("start '" + line + "'", errno);
    std::string printed;
    std::array<char, 256> buffer{};
    while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr)
        printed += buffer.data();
    const int status = pclose(pipe);
    if (status == 0)
        return {};
    return failure(ErrorKind::io, "'" + line + "' failed: " + printed);
}

}  // namespace

Expected<void> network_namespaces_available() {
    ASSAY_TRY_VOID(shell("command -v ip"));
    ASSAY_TRY_VOID(shell("command -v tc"));
    ASSAY_TRY(const NetworkNamespace attempt, NetworkNamespace::create());
    return {};
}

Expected<NetworkNamespace> NetworkNamespace::create() {
    int descriptor = -1;
    int error = 0;
    // unshare changes the calling thread only, so a thread that ends right away makes the namespace
    // and the descriptor keeps it.
    std::thread([&] {
        const bool made = unshare(CLONE_NEWNET) == 0;
        if (made)
            descriptor = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
        if (descriptor < 0)
            error = errno;
    }).join();
    if (error != 0)
        return system_failure("make a network namespace", error);
    NetworkNamespace made(descriptor);
    ASSAY_TRY_VOID(made.command("ip link set lo up"));
    return made;
}

NetworkNamespace::NetworkNamespace(NetworkNamespace&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

NetworkNamespace::~NetworkNamespace() {
    if (descriptor_ >= 0)
        close(descriptor_);
}

Expected<void> NetworkNamespace::run(const std::function<void()>& work) const {
    int error = 0;
    std::thread([&] {
        if (setns(descriptor_, CLONE_NEWNET) != 0)
            error = errno;
        else
            work();
    }).join();
    if (error != 0)
        return system_failure("enter a network namespace", error);
    return {};
}

Expected<void> NetworkNamespace::command(const std::string& line) const {
    Expected<void> outcome;
    ASSAY_TRY_VOID(run([&] { outcome = shell(line); }));
    return outcome;
}

std::string NetworkNamespace::path() const {
    return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(descriptor_);
}

Expected<void> join_by_veth(const NetworkNamespace& left, const NetworkNamespace& right) {
    ASSAY_TRY_VOID(left.command(
        "ip link add veth0 mtu 1500 type veth peer name veth0 mtu 1500 netns " + right.path()));
    ASSAY_TRY_VOID(left.command(std::string("ip addr add ") + kLeftAddress + "/24 dev veth0"));
    ASSAY_TRY_VOID(right.command(std::string("ip addr add ") + kRightAddress + "/24 dev veth0"));
    ASSAY_TRY_VOID(left.command("ip link set veth0 up"));
    return right.command("ip link set veth0 up");
}

Expected<void> shape(const NetworkNamespace& from, std::uint64_t bits_per_second) {
    return from.command("tc qdisc add dev veth0 root tbf rate " + std::to_string(bits_per_second) +
                        "bit burst " + std::to_string(static_cast<int>(kShaperBurstBytes)) +
                        "b latency 50ms");
}

}  // namespace assay::test
