#include <array>

#include "engine/core/finding_page.h"

namespace assay {
namespace {

constexpr std::array kPages{
    FindingPage{"tcp_sender_cpu",
                "The path could carry more, and this host cannot fill it with so few streams. A "
                "restore that sends with one thread meets the same wall, whatever link is bought.",
                "CPU time of the busiest sending thread over the window, plus the time that it "
                "waited for a CPU that others had (schedstat of the thread): over 95 % together, "
                "or over 30 % of waiting alone.",
                "If it waited, stop the other work or lift the quota. If it computed, `--mode "
                "path` takes the copies out and shows whether the path is faster; segmentation "
                "offload (`ethtool -K ETH tso on gso on`) helps the most."},
    FindingPage{"tcp_receiver_cpu",
                "Data came faster than one thread of the receiver could take it away. The target "
                "would restore at this rate even on a faster network.",
                "As for the sender: CPU time and waiting of the busiest receiving thread over 95 % "
                "of the window together, or waiting over 30 % (/proc/self/task/*/schedstat). It is "
                "looked at first, since a slow receiver also closes its window.",
                "Look at the other end's `top`: softirq on one CPU wants more receive queues "
                "(RSS), a full thread wants GRO (`ethtool -K ETH gro on`) or more streams. In a "
                "virtual machine check for an emulated network card."},
    FindingPage{
        "tcp_receive_window",
        "A setting of the receiving host caps each stream at window over round trip. The longer "
        "the way to the recovery site, the slower a single stream gets, with a link half empty.",
        "tcpi_rwnd_limited of TCP_INFO: over 30 % of the time in which the sender had something to "
        "send. Not judged where a thread of either end was short of CPU.",
        "The message has rate times round trip in bytes; the third number of tcp_rmem must exceed "
        "twice that. The programs that will do the transfer must not set SO_RCVBUF themselves, "
        "which switches auto-tuning off."},
    FindingPage{"tcp_send_buffer",
                "The sender may have only so many bytes on the way, and they are not enough for "
                "this distance. The path itself is not at its limit.",
                "tcpi_sndbuf_limited of TCP_INFO over 30 % of the sender's busy time, or rate "
                "times round trip over 80 % of the granted buffer while no queue has grown. Not "
                "judged where a CPU was short.",
                "Raise the third number of tcp_wmem, and test whether the number follows: if it "
                "does, the same setting belongs on the host that will send the restore."},
    FindingPage{"tcp_shaped_link",
                "This is the number that was looked for: the path was full and a queue stood "
                "before its narrowest place. Faster hosts or more streams will not raise it.",
                "The mean round trip in the window is over 2 times the least one and over 2 ms "
                "longer, while neither end waited for a CPU for 10 % of the time or more. Where a "
                "window or buffer limits too, loss is needed beside it.",
                "Divide the data of a restore by this rate, and you have the least time it takes. "
                "If it is far below the rate that the provider promised, ask about policing per "
                "flow: four streams above one would show it."},
    FindingPage{"tcp_random_loss",
                "Loss keeps TCP slow on a path that is not full. The effect grows with distance: "
                "twice the round trip halves the rate at equal loss.",
                "Over 0.01 % of the segments were sent again (0.1 % where a host was busy), and "
                "the rate is above 30 % of what such a loss allows by the formula of Mathis and "
                "others (1997), segment / round trip * 1.22 / sqrt(loss). `tcp_shaped_link` takes "
                "its place where a queue had grown, unless a thread was short of CPU.",
                "Compare retransmits in both directions, which tells the bad side of a cable. "
                "Where nothing can be mended, `--congestion bbr` shows what a sender would gain "
                "that does not take each loss for a full queue."},
    FindingPage{
        "tcp_ends_differ",
        "Somebody on the way acknowledges for the receiver. Rates by the sender's count are then "
        "those to that somebody, and a sender believes data safe that has not arrived.",
        "At the window's end the bytes taken by the sender, less unsent and unacknowledged ones "
        "(tcpi_notsent_bytes, tcpi_unacked), against those that had come: over 0.5 % apart, and by "
        "more than the receive buffers hold and the rate brings in a round trip and 10 ms.",
        "Search for transparent proxies, WAN accelerators and layer-7 firewalls between the sites. "
        "They may be meant to be there; but then certify with encryption on as the real transfer "
        "will have it."},
    FindingPage{
        "tcp_not_settled",
        "The mean includes a part of the way up (or down), so a longer transfer may be faster, or "
        "slower. For a forecast of hours take it as a rough figure.",
        "The ramp may take a quarter of the round and at most 5 s. At its end the rate still "
        "changed by 1 % or more over three windows, each of a twelfth of that time and together of "
        "at least 5 round trips.",
        "The series in the result file shows whether it climbs, falls or swings. Climbing wants "
        "time; falling points at a policer or burst credits; swinging at other traffic."},
};

}  // namespace

std::span<const FindingPage> network_tcp_pages() {
    return kPages;
}

}  // namespace assay
