#include "probes/network/control/address.h"

#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace assay::network::control {
namespace {

constexpr unsigned kAddressBits = 128;
constexpr unsigned kMappedPrefixBits = 96;
constexpr std::size_t kMappedPrefixBytes = 12;

}  // namespace

Address Address::of(const Endpoint& endpoint) {
    Address address;
    if (endpoint.family() == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, endpoint.address(), sizeof(v6));
        std::memcpy(address.bytes.data(), &v6.sin6_addr, address.bytes.size());
        return address;
    }
    sockaddr_in v4{};
    std::memcpy(&v4, endpoint.address(), sizeof(v4));
    address.bytes[10] = address.bytes[11] = 0xff;
    std::memcpy(&address.bytes[kMappedPrefixBytes], &v4.sin_addr, sizeof(v4.sin_addr));
    return address;
}

Expected<Network> Network::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto endpoint = Endpoint::of_address(text.substr(0, slash), 0);
    if (!endpoint)
        return std::unexpected(endpoint.error());
    Network network;
    network.base_ = Address::of(*endpoint);
    if (slash == std::string_view::npos)
        return network;
    const std::string_view digits = text.substr(slash + 1);
    const unsigned most = endpoint->family() == AF_INET6 ? kAddressBits : 32;
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits > most)
        return failure(ErrorKind::usage, "'" + std::string(text) +
                                             "' is no network: write it as 192.0.2.0/24 or "
                                             "2001:db8::/32");
    network.bits_ = endpoint->family() == AF_INET6 ? bits : kMappedPrefixBits + bits;
    return network;
}

bool Network::contains(const Address& address) const {
    for (unsigned bit = 0; bit < bits_; ++bit) {
        const unsigned mask = 0x80u >> (bit % 8);
        if ((address.bytes[bit / 8] & mask) != (base_.bytes[bit / 8] & mask))
            return false;
    }
    return true;
}

bool HandshakeBudget::take(const Address& address, SteadyTime now) {
    auto found = buckets_.find(address);
    if (found == buckets_.end()) {
        if (buckets_.size() >= kMostAddresses)
            forget_one();
        found = buckets_.emplace(address, Bucket{.left = kMost, .filled = now}).first;
    }
    Bucket& bucket = found->second;
    const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
    bucket.left = std::min(kMost, bucket.left + kPerSecond * std::max(0.0, seconds));
    bucket.filled = now;
    if (bucket.left < 1)
        return false;
    bucket.left -= 1;
    return true;
}

void HandshakeBudget::forget_one() {
    const auto oldest =
        std::ranges::min_element(buckets_, {}, [](const auto& row) { return row.second.filled; });
    buckets_.erase(oldest);
}

}  // namespace assay::network::control
