#include <array>

#include "engine/core/finding_page.h"

namespace assay {
namespace {

constexpr std::array kPages{
    FindingPage{
        "self_test",
        "Data went from this host to itself. It shows that the probe works and how fast the stack "
        "is; it says nothing of cables, switches or the way to the peer.",
        "Sender and receiver of the probe were one host (condition `peer` is `self-test`): no "
        "--peer was given, or the peer's address belongs to this host.",
        "Measure against a peer on the control plane (--peer HOST:PORT), the same for source and "
        "target; "
        "for a prediction the operator's own figure can be given with --link, and is then labelled "
        "as declared."},
    FindingPage{"network_limit",
                "It answers the question behind a poor number: would another link, another host or "
                "another setting help? `shaped_link` means that the path itself was full, which is "
                "what one wants to see.",
                "While a TCP load ran up beside the echoes, its TCP_INFO and this host's queue and "
                "interface counters went through rules in a fixed order: over 0.01 % dropped by "
                "our own queue, other traffic over 10 %, a shaper that held packets back, over 30 "
                "% of the time spent waiting for a window or buffer, 90 % of the line rate, a "
                "round trip of twice the idle one and 0.5 ms more, loss over 0.01 % without such a "
                "queue. CPU times are not among them: network.tcp judges those.",
                "`receiver_window`, `send_buffer` and `sender_qdisc` are limits of a host: change "
                "it and measure again before you blame the network. If no rule held, the message "
                "says so, and nothing should be concluded."},
    FindingPage{"competing_traffic",
                "The interface is shared, so the path may carry more than the number says. If the "
                "others are always there, the number is nevertheless what a failover would get.",
                "Bytes of the interface's counters less our own frames, retransmits and headers "
                "included: over 2 % were foreign in the direction where they were more. Only a "
                "load that runs up alone is judged, and no direction that carried less than 1 MB.",
                "`ss -ti` and `iftop` show who it is. Backups and replication that will also run "
                "during a failover belong into the measurement; a one-time copy does not."},
    FindingPage{
        "fragmented",
        "A datagram in pieces is lost when one piece is lost, and stateful firewalls and clouds "
        "often let no pieces through. Programs that send such packets will fail in ways that look "
        "random.",
        "FragCreates and ReasmFails of /proc/net/snmp and snmp6 on this host grew during the test; "
        "the limit is 0. The counters are the host's, so another program may have caused it.",
        "Compare the path's MTU (`assay probe network.rtt --protocol mtu`) with that of the "
        "interface. With tunnels or VPNs set the interface's MTU to what passes through them."},
    FindingPage{"interface_losses",
                "Packets died on this host or on its cable. The path beyond may be sound, and its "
                "loss figures include ours.",
                "The limit is 0 for each: receive errors, send errors, packets missed by the card "
                "and drops on sending (netlink's interface counters), and drops in column 2 of "
                "/proc/net/softnet_stat for a full backlog.",
                "Errors: replace cable or optic, check speed and duplex (`ethtool ETH`). Missed: "
                "larger rings. Backlog: raise net.core.netdev_max_backlog and spread receive "
                "queues over CPUs (RSS, RPS)."},
    FindingPage{
        "port_blocked",
        "What needs this port could not be measured, and the programs that will use it after a "
        "failover may meet the same wall. Five different walls have five different owners.",
        "The errno of the attempt, and the type and code of the ICMP message where one came (RFC "
        "792, RFC 4443): refused by the host, prohibited by a firewall, unreachable, silent, or "
        "forbidden by this host's own rules.",
        "`closed`: start the agent or its listener. `prohibited`: ask the owner of the address "
        "that the message names. `unreachable`: `ip route get`. `silent`: `traceroute -T -p PORT` "
        "shows how far it gets. `not_permitted`: look at the output chain of this host."},
    FindingPage{
        "mtu_black_hole",
        "Small packets pass and large ones vanish: connections open, then hang with the first full "
        "segment. Replication and backup streams break like this after a failover into a tunnelled "
        "network.",
        "UDP echoes with fragmentation forbidden, the largest first, then by halving: sizes that "
        "this host's kernel (IP_MTU) believes to fit stayed unanswered in 3 tries of 200 ms each, "
        "without an ICMP error. 576 B must pass, or no search is made.",
        "Until the firewall is mended, `ip route change ... mtu N` with the size in the message "
        "protects this host, and sysctl net.ipv4.tcp_mtu_probing=1 its TCP connections."},
    FindingPage{
        "late_sends",
        "A request that leaves late makes its answer look late. Response times of this round blame "
        "the network for what a scheduler did here, so it is refused.",
        "Sent later than planned by over one interval, but at least 0.1 ms and at most 1 ms: over "
        "0.1 % of the requests, and at least 2 of them. In a closed loop nothing is ever late.",
        "In a virtual machine look for steal first, since a vCPU that is descheduled is the usual "
        "cause. Service times (from the real sending to the answer) lie in the file and are not "
        "affected by it."},
    FindingPage{
        "echoes_lost",
        "Loss of single packets costs TCP a retransmit, and calls or DNS look-ups a time-out. "
        "Percentiles look better than the path is, for the lost ones have no time.",
        "The limit is 0: requests without an answer up to 1 s after the last one was sent (in a "
        "closed loop, after each). Duplicates and answers that nobody asked for are kept apart.",
        "Few, and under load only: a queue on the way is full, which `bufferbloat` or its absence "
        "explains. Few, and idle too: cables or radio. ICMP alone: routers and hosts limit its "
        "rate, and UDP is the better witness."},
    FindingPage{"bufferbloat",
                "Whoever shares this path with a restore or a replication waits: calls, logins and "
                "synchronous commits feel the added time. Throughput itself is not affected.",
                "The median round trip of small echoes beside a TCP load, less the median just "
                "before it: 10 ms or more. That is what calls and synchronous commits notice, and "
                "above what one busy CPU explains.",
                "The deep queue sits before the slowest link, often a VPN gateway or the "
                "provider's edge. If you own it, shape to 95 % of the link there; if not, limit "
                "the rate of the bulk transfer at its source."},
    FindingPage{"load_died",
                "The round trips say `under load` and were taken on a path that was idle for a "
                "part of the time. They would be too good, therefore the round is refused.",
                "A stream of the load ended with an error, not a byte arrived in one direction, or "
                "nothing at all arrived in 10 successive intervals of 100 ms.",
                "A firewall that counts or times connections, an agent that was stopped, and a "
                "memory-starved peer are the usual ends. `assay probe network.tcp` to the same "
                "peer shows whether a stream survives by itself."},
    FindingPage{
        "icmp_unavailable",
        "The round trip by ping is missing from this run. Nothing else depends on it; a comparison "
        "with a run that has it leaves this metric out.",
        "Before the first round both a ping socket (net.ipv4.ping_group_range holds no group of "
        "ours) and a raw socket (no CAP_NET_RAW) were refused; the message has both reasons.",
        "sysctl -w net.ipv4.ping_group_range='0 2147483647' needs no privilege for assay itself "
        "and is the default of several distributions. In a container it must be set inside its "
        "network namespace."},
    FindingPage{
        "syn_unavailable",
        "The time from SYN to SYN-ACK without the kernel's own work is missing. The connect time, "
        "which a program would see, tells nearly the same and is somewhat longer.",
        "socket(SOCK_RAW, IPPROTO_TCP) towards this host was refused before the first round, which "
        "the kernel does without the capability CAP_NET_RAW.",
        "sudo, or `setcap cap_net_raw+ep` on the program. In Kubernetes and Docker the capability "
        "must be left in the container's list, where hardened profiles drop it."},
};

}  // namespace

std::span<const FindingPage> network_pages() {
    return kPages;
}

}  // namespace assay
