#include <array>

#include "engine/core/finding_page.h"

namespace assay {
namespace {

constexpr std::array kPages{
    FindingPage{"udp_sender_drops",
                "Datagrams died before they saw a cable. They are not counted into the path's "
                "loss, but a program that sends at this rate will lose them just the same.",
                "The limit is 0: send calls that failed with ENOBUFS, which the kernel only "
                "reports with IP_RECVERR set. In a search for the lossless rate it speaks of the "
                "last trial that lost something.",
                "`tc -s qdisc show dev ETH` shows which queue drops. A shaper there is somebody's "
                "decision; a short queue wants a larger txqueuelen, and a program should pace what "
                "it sends."},
    FindingPage{"udp_receiver_drops",
                "The network delivered and the host threw away. Syslog, video, DNS and VPN traffic "
                "on that host will suffer from it at the same rate.",
                "The limit is 0: the socket's own drop counter (SO_MEMINFO) and the receive drops "
                "of its interface in /proc/net/dev, before and after. The interface counts other "
                "programs' packets too, hence never more than are missing.",
                "Socket: the probe asks for a buffer of 8 MiB, and without CAP_NET_ADMIN gets what "
                "the first sysctl allows. Interface: enlarge its rings (`ethtool -G`). If a CPU is "
                "full of softirq, spread the queues before you enlarge anything."},
    FindingPage{"udp_not_told_apart",
                "Loss is certain, its place is not. To call it the network's would blame the wrong "
                "team, so the round is refused.",
                "Datagrams are missing, and the receiving kernel gives no drop counter of the "
                "socket (SO_MEMINFO, since Linux 4.12), or joins up to 64 datagrams into one "
                "buffer (UDP_GRO) and counts such a buffer as 1. Cases at a set rate receive "
                "without joining, so there the counter itself is missing.",
                "Swap the roles (--direction) to see whether the other end can tell. Where the "
                "agent's kernel is too old, /proc/net/snmp on its host (Udp: RcvbufErrors) before "
                "and after gives a hint by hand."},
    FindingPage{
        "udp_books_differ",
        "Each datagram must be somewhere: delivered, dropped at a named place or lost between. "
        "When more came than was sent, no share of anything can be trusted, and the round is "
        "refused.",
        "Sequence numbers of both ends, as a whole and for every stretch of time: more delivered "
        "than sent, a number beyond the last, sums that do not add up, more socket drops than are "
        "missing, or arrivals more than 1 048 576 numbers late. The limit is 0.",
        "The message names which law was broken. Repeat once without tunnels or balancers between "
        "the ends; two agents behind one address also answer for each other."},
    FindingPage{
        "udp_bytes_changed",
        "Data arrives altered and no check sum on the way stopped it. What is not protected by "
        "encryption or its own check sum may be corrupted silently on this path.",
        "One in 64 delivered datagrams has its filler compared byte by byte with what the sender "
        "must have sent. The limit is 0, and the whole probe then fails its verification.",
        "Switch check sum offloads off on one end after the other (`ethtool -K ETH rx off tx "
        "off`); if it stays, swap the cards. Do not send backups over this path until it is "
        "found."},
    FindingPage{
        "udp_foreign",
        "Somebody else's datagrams reached the test's port, or old ones of ours. Loss and rate are "
        "not affected by them; a scan of the port would look like this.",
        "Each datagram begins with a tag (SipHash-2-4 over round and number, with a secret of the "
        "session). Those with a wrong tag or of another length are counted apart; the limit is 0.",
        "`tcpdump -n udp port PORT` on the receiving end shows the senders. Where there are "
        "thousands, restrict the port to the prober's address for the time of the test."},
    FindingPage{"udp_sender_bound",
                "The number is a lower bound: the path carries at least so much. It must not be "
                "read as the path's capacity, nor compared with a source as if it were.",
                "At a set rate: less than 99 % of it was sent. In a search: nothing was lost, "
                "although the sender ran as fast as it could or got less than 97 % of the rate, "
                "and it never had to wait for room in its socket.",
                "A larger --payload carries more bytes for each call (stay within the path's MTU). "
                "`network.tcp` with several streams often fills what one UDP sender cannot, and "
                "then gives the capacity."},
    FindingPage{
        "udp_no_lossless_rate",
        "At every rate that was tried for long enough something was lost, so the metric is absent "
        "rather than low. Loss on an otherwise idle path means that even slow traffic suffers.",
        "A search of brief trials (40 to 300 ms), then full ones (0.15 to 5 s) at falling rates "
        "until the round's time or 64 of them were over: each of the full ones lost at least 1 "
        "datagram, wherever it died.",
        "Look first whether `udp_sender_drops` or `udp_receiver_drops` stands beside it, since a "
        "host that drops also spoils the search. If neither does, measure at --rate 125kB: loss at "
        "such a rate is a fault and no congestion."},
};

}  // namespace

std::span<const FindingPage> network_udp_pages() {
    return kPages;
}

}  // namespace assay
