#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/core/error.h"
#include "probes/network/wire/socket.h"

/// What lies between this host and an address, and what it did during a test.
namespace assay::network::path {

/// The attributes of a netlink message by type. Views into the message.
using NetlinkAttributes = std::map<std::uint16_t, std::span<const std::byte>>;
/// What is cut short ends the walk: everything before it counts.
NetlinkAttributes attributes_of(std::span<const std::byte> bytes);

/// The number or structure at the start of `bytes`, or nullopt where they are too few. A kernel
/// that is older than our headers sends shorter structures, which read as absent.
template <class T>
std::optional<T> value_of(std::span<const std::byte> bytes) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (bytes.size() < sizeof(T))
        return std::nullopt;
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
}
template <class T>
std::optional<T> value_of(const NetlinkAttributes& attributes, std::uint16_t type) {
    const auto found = attributes.find(type);
    return found == attributes.end() ? std::nullopt : value_of<T>(found->second);
}
/// A text without its closing zero.
std::optional<std::string> text_of(const NetlinkAttributes& attributes, std::uint16_t type);

struct NetlinkAnswer {
    std::uint16_t type = 0;
    std::vector<std::byte> payload;  ///< after the message header
};

/// Questions to the kernel's routing socket (rtnetlink(7)), in the network namespace of the thread
/// that opened it.
class Netlink {
  public:
    /// Errors: by errno (permission in a sandbox without AF_NETLINK).
    static Expected<Netlink> open();
    /// Sends one request and takes its answers: one, or with NLM_F_DUMP in `flags` all. Waits 1 s
    /// at most. Errors: by the errno that the kernel answers with; timed_out; io.
    Expected<std::vector<NetlinkAnswer>> ask(std::uint16_t type, std::uint16_t flags,
                                             std::span<const std::byte> payload);

  private:
    explicit Netlink(Socket socket) : socket_(std::move(socket)) {}
    Socket socket_;
    std::uint32_t sequence_ = 0;
};

/// A request's payload: a fixed part, then attributes, each padded as netlink(7) wants.
class NetlinkRequest {
  public:
    template <class T>
    explicit NetlinkRequest(const T& fixed) {
        append(&fixed, sizeof(fixed));
    }
    void add(std::uint16_t type, std::span<const std::byte> value);
    std::span<const std::byte> bytes() const { return bytes_; }

  private:
    void append(const void* data, std::size_t size);
    std::vector<std::byte> bytes_;
};

}  // namespace assay::network::path
