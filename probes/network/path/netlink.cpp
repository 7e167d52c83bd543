#include "probes/network/path/netlink.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

namespace assay::network::path {
namespace {

constexpr std::size_t aligned(std::size_t bytes) {
    return (bytes + NLMSG_ALIGNTO - 1) / NLMSG_ALIGNTO * NLMSG_ALIGNTO;
}

// A dump of a host with thousands of interfaces is some MiB; more than this is not one.
constexpr std::size_t kMostAnswers = std::size_t{1} << 16;

/// What one datagram from the kernel brought.
struct Part {
    std::vector<NetlinkAnswer> answers;
    bool is_last = false;
    int error = 0;
};

/// `wants_all` = the request was a dump, whose end has a message of its own.
Part part_of(std::span<const std::byte> bytes, std::uint32_t sequence, bool wants_all) {
    Part part;
    while (const auto header = value_of<nlmsghdr>(bytes)) {
        if (header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > bytes.size())
            break;
        const auto payload = bytes.subspan(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr));
        bytes = bytes.subspan(std::min(bytes.size(), aligned(header->nlmsg_len)));
        if (header->nlmsg_seq != sequence)
            continue;  // a late answer to a request that we gave up
        if (header->nlmsg_type == NLMSG_DONE) {
            part.is_last = true;
        } else if (header->nlmsg_type == NLMSG_ERROR) {
            const auto error = value_of<nlmsgerr>(payload);
            part.error = error ? -error->error : EPROTO;
            part.is_last = true;
        } else {
            part.answers.push_back({header->nlmsg_type, {payload.begin(), payload.end()}});
            part.is_last = part.is_last || !wants_all;
        }
    }
    return part;
}

}  // namespace

NetlinkAttributes attributes_of(std::span<const std::byte> bytes) {
    NetlinkAttributes attributes;
    while (const auto header = value_of<rtattr>(bytes)) {
        if (header->rta_len < sizeof(rtattr) || header->rta_len > bytes.size())
            break;
        const auto type = static_cast<std::uint16_t>(header->rta_type & NLA_TYPE_MASK);
        attributes[type] = bytes.subspan(sizeof(rtattr), header->rta_len - sizeof(rtattr));
        bytes = bytes.subspan(std::min(bytes.size(), aligned(header->rta_len)));
    }
    return attributes;
}

std::optional<std::string> text_of(const NetlinkAttributes& attributes, std::uint16_t type) {
    const auto found = attributes.find(type);
    if (found == attributes.end())
        return std::nullopt;
    const auto* const text = reinterpret_cast<const char*>(found->second.data());
    return std::string(text, strnlen(text, found->second.size()));
}

Expected<Netlink> Netlink::open() {
    Socket socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket.is_open())
        return system_failure("open a routing socket (rtnetlink)", errno);
    const timeval patience{.tv_sec = 1, .tv_usec = 0};
    if (setsockopt(socket.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0)
        return system_failure("limit the wait for a routing socket", errno);
    return Netlink(std::move(socket));
}

Expected<std::vector<NetlinkAnswer>> Netlink::ask(std::uint16_t type, std::uint16_t flags,
                                                  std::span<const std::byte> payload) {
    const nlmsghdr header{
        .nlmsg_len = static_cast<std::uint32_t>(sizeof(nlmsghdr) + payload.size()),
        .nlmsg_type = type,
        .nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST),
        .nlmsg_seq = ++sequence_,
        .nlmsg_pid = 0};
    NetlinkRequest message(header);
    std::vector<std::byte> request(message.bytes().begin(), message.bytes().end());
    request.insert(request.end(), payload.begin(), payload.end());
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    if (sendto(socket_.descriptor(), request.data(), request.size(), 0,
               reinterpret_cast<const sockaddr*>(&kernel), sizeof(kernel)) < 0)
        return system_failure("ask the kernel about its routes and interfaces", errno);
    std::vector<NetlinkAnswer> answers;
    const bool wants_all = (flags & NLM_F_DUMP) != 0;
    std::vector<std::byte> buffer(std::size_t{1} << 16);  // larger than any dump datagram
    while (answers.size() < kMostAnswers) {
        const ssize_t got = recv(socket_.descriptor(), buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return failure(ErrorKind::timed_out,
                           "the kernel did not answer a routing question within 1 s");
        if (got < 0)
            return system_failure("read the kernel's answer about routes and interfaces", errno);
        Part part =
            part_of(std::span(buffer).first(static_cast<std::size_t>(got)), sequence_, wants_all);
        if (part.error != 0)
            return system_failure("the kernel refused a question about routes and interfaces",
                                  part.error);
        std::ranges::move(part.answers, std::back_inserter(answers));
        if (part.is_last)
            return answers;
    }
    return failure(ErrorKind::io, "the kernel's answer about routes and interfaces has no end");
}

void NetlinkRequest::append(const void* data, std::size_t size) {
    const auto* const begin = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), begin, begin + size);
    bytes_.resize(aligned(bytes_.size()));
}

void NetlinkRequest::add(std::uint16_t type, std::span<const std::byte> value) {
    const rtattr header{.rta_len = static_cast<unsigned short>(sizeof(rtattr) + value.size()),
                        .rta_type = type};
    const auto* const begin = reinterpret_cast<const std::byte*>(&header);
    bytes_.insert(bytes_.end(), begin, begin + sizeof(header));
    append(value.data(), value.size());
}

}  // namespace assay::network::path
