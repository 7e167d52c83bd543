#include "probes/network/path/interface.h"

#include <linux/ethtool.h>
#include <linux/gen_stats.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "probes/network/path/netlink.h"

namespace assay::network::path {
namespace {

template <class Request>
bool ask_ethtool(const std::string& interface_name, Request& request) {
    const Socket control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!control.is_open() || interface_name.size() >= IFNAMSIZ)
        return false;
    ifreq question{};
    std::memcpy(question.ifr_name, interface_name.data(), interface_name.size());
    question.ifr_data = reinterpret_cast<char*>(&request);
    return ioctl(control.descriptor(), SIOCETHTOOL, &question) == 0;
}

std::optional<std::string> driver_of(const std::string& interface_name) {
    ethtool_drvinfo info{};
    info.cmd = ETHTOOL_GDRVINFO;
    if (!ask_ethtool(interface_name, info) || info.driver[0] == '\0')
        return std::nullopt;
    return std::string(info.driver, strnlen(info.driver, sizeof(info.driver)));
}

std::optional<double> speed_of(const std::string& interface_name) {
    constexpr double kBytesPerSecondOfMegabit = 125'000;
    // The classic request: the newer one answers with the same speed and a variable length.
    ethtool_cmd settings{};
    settings.cmd = ETHTOOL_GSET;
    if (!ask_ethtool(interface_name, settings))
        return std::nullopt;
    const std::uint32_t megabits = ethtool_cmd_speed(&settings);
    if (megabits == 0 || megabits >= static_cast<std::uint32_t>(SPEED_UNKNOWN) ||
        megabits == 0xffff)
        return std::nullopt;
    return megabits * kBytesPerSecondOfMegabit;
}

Expected<NetlinkAnswer> link_of(unsigned index) {
    ASSAY_TRY(Netlink kernel, Netlink::open());
    ifinfomsg fixed{};
    fixed.ifi_family = AF_UNSPEC;
    fixed.ifi_index = static_cast<int>(index);
    auto answers = kernel.ask(RTM_GETLINK, 0, NetlinkRequest(fixed).bytes());
    if (!answers)
        return failure(ErrorKind::not_found,
                       "no network interface has the index " + std::to_string(index) +
                           " here: " + answers.error().message,
                       answers.error().system_errno);
    for (NetlinkAnswer& answer : *answers)
        if (answer.type == RTM_NEWLINK && value_of<ifinfomsg>(answer.payload))
            return std::move(answer);
    return failure(ErrorKind::io, "the kernel named no interface " + std::to_string(index));
}

NetlinkAttributes attributes_of_link(const NetlinkAnswer& link) {
    return attributes_of(std::span(link.payload).subspan(NLMSG_ALIGN(sizeof(ifinfomsg))));
}

Expected<InterfaceCounters> counters_in(const NetlinkAttributes& attributes) {
    // The part that kernels since 2.6.35 have; newer ones append to it.
    struct OldStats {
        std::uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes, rx_errors, tx_errors, rx_dropped,
            tx_dropped, multicast, collisions, rx_length_errors, rx_over_errors, rx_crc_errors,
            rx_frame_errors, rx_fifo_errors, rx_missed_errors;
    };
    static_assert(offsetof(OldStats, rx_missed_errors) ==
                  offsetof(rtnl_link_stats64, rx_missed_errors));
    const auto stats = value_of<OldStats>(attributes, IFLA_STATS64);
    if (!stats)
        return failure(ErrorKind::unsupported, "this kernel tells no counters of interfaces");
    return InterfaceCounters{.rx_bytes = stats->rx_bytes,
                             .tx_bytes = stats->tx_bytes,
                             .rx_packets = stats->rx_packets,
                             .tx_packets = stats->tx_packets,
                             .rx_dropped = stats->rx_dropped,
                             .tx_dropped = stats->tx_dropped,
                             .rx_errors = stats->rx_errors,
                             .tx_errors = stats->tx_errors,
                             .rx_missed = stats->rx_missed_errors};
}

void add_counts(QueueDiscipline& queue, const NetlinkAttributes& attributes) {
    const auto nested = attributes.find(TCA_STATS2);
    if (nested == attributes.end())
        return;
    const auto counts = value_of<gnet_stats_queue>(attributes_of(nested->second), TCA_STATS_QUEUE);
    if (!counts)
        return;
    queue.dropped = counts->drops;
    queue.held_back = counts->overlimits;
    queue.backlog_bytes = counts->backlog;
}

}  // namespace

Expected<InterfaceFacts> interface_of(unsigned index) {
    ASSAY_TRY(const NetlinkAnswer link, link_of(index));
    const NetlinkAttributes attributes = attributes_of_link(link);
    InterfaceFacts facts;
    facts.index = index;
    facts.name = text_of(attributes, IFLA_IFNAME).value_or("");
    facts.up = (value_of<ifinfomsg>(link.payload)->ifi_flags & IFF_RUNNING) != 0;
    facts.mtu_bytes = value_of<std::uint32_t>(attributes, IFLA_MTU);
    facts.speed_bytes_per_s = speed_of(facts.name);
    facts.driver = driver_of(facts.name);
    facts.offloads = host::read_nic_offloads(facts.name);
    ASSAY_TRY(facts.counters, counters_in(attributes));
    return facts;
}

Expected<InterfaceCounters> interface_counters(unsigned index) {
    ASSAY_TRY(const NetlinkAnswer link, link_of(index));
    return counters_in(attributes_of_link(link));
}

bool QueueDiscipline::is_shaper() const {
    constexpr std::array<std::string_view, 5> kShapers{"tbf", "htb", "hfsc", "cake", "cbq"};
    return std::ranges::find(kShapers, kind) != kShapers.end();
}

Expected<QueueDiscipline> queue_discipline_of(unsigned index) {
    ASSAY_TRY(Netlink kernel, Netlink::open());
    tcmsg fixed{};
    fixed.tcm_ifindex = static_cast<int>(index);
    ASSAY_TRY(const auto answers,
              kernel.ask(RTM_GETQDISC, NLM_F_DUMP, NetlinkRequest(fixed).bytes()));
    QueueDiscipline root;
    bool found = false;
    for (const NetlinkAnswer& answer : answers) {
        const auto header = value_of<tcmsg>(answer.payload);
        if (!header || header->tcm_ifindex != static_cast<int>(index) ||
            header->tcm_parent != TC_H_ROOT)
            continue;
        const NetlinkAttributes attributes =
            attributes_of(std::span(answer.payload).subspan(NLMSG_ALIGN(sizeof(tcmsg))));
        root.kind = text_of(attributes, TCA_KIND).value_or("");
        add_counts(root, attributes);
        found = true;
    }
    if (!found)
        return failure(ErrorKind::not_found, "the interface with the index " +
                                                 std::to_string(index) +
                                                 " has no queue discipline at its root");
    return root;
}

}  // namespace assay::network::path
