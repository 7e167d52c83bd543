#include "probes/network/tcp/sending_end.h"

#include <sys/mman.h>
#include <sys/sendfile.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>
#include <utility>

#include "probes/network/tcp/connection.h"
#include "probes/network/tcp/lanes.h"
#include "probes/network/tcp/sender_path.h"
#include "probes/network/wire/payload.h"

namespace assay::network::tcp {

struct alignas(64) SendingEnd::Stream {
    std::atomic<std::uint64_t> sent_bytes = 0;  // written by the lane's thread only
};

/// Where the bytes of a lane come from: user memory, or a file in memory whose pages the kernel
/// hands on without a copy.
class SendingEnd::Source {
  public:
    static Expected<Source> of(Mode mode, std::uint64_t key) {
        Source source(key);
        if (mode == Mode::goodput)
            return source;
        source.file_ = Socket(memfd_create("assay-tcp", MFD_CLOEXEC));
        if (!source.file_.is_open())
            return system_failure("make a file in memory to send from", errno);
        const auto block = source.payload_.from(0);
        for (std::size_t at = 0; at < kFileBytes; at += block.size())
            if (pwrite(source.file_.descriptor(), block.data(), block.size(),
                       static_cast<off_t>(at)) != static_cast<ssize_t>(block.size()))
                return system_failure("fill a file in memory to send from", errno);
        return source;
    }

    Expected<Transfer> send(const Socket& socket, std::uint64_t position, std::uint64_t most) {
        if (!file_.is_open()) {
            const auto piece = payload_.from(position);
            return send_some(socket, piece.first(std::min<std::uint64_t>(piece.size(), most)));
        }
        auto offset = static_cast<off_t>(position % kFileBytes);
        const std::size_t length =
            std::min<std::uint64_t>(kFileBytes - static_cast<std::size_t>(offset), most);
        const ssize_t sent = sendfile(socket.descriptor(), file_.descriptor(), &offset, length);
        if (sent >= 0)
            return Transfer{.bytes = static_cast<std::size_t>(sent)};
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
            return Transfer{};
        return failure(ErrorKind::io, "send on a TCP stream: the connection broke", errno);
    }

  private:
    static constexpr std::size_t kFileBytes = 4 * Payload::kBlockBytes;
    explicit Source(std::uint64_t key) : payload_(key) {}

    Payload payload_;
    Socket file_;  // not a socket, but closed like one
};

Expected<std::unique_ptr<SendingEnd>> SendingEnd::over(std::vector<Socket> sockets,
                                                       const Wishes& wishes,
                                                       const control::Caps& caps,
                                                       std::uint64_t key) {
    for (const Socket& socket : sockets) {
        if (wishes.congestion) {
            ASSAY_TRY_VOID(choose_congestion(socket, *wishes.congestion));
        }
        if (caps.most_bytes_per_s > 0) {
            ASSAY_TRY_VOID(
                limit_rate(socket, caps.most_bytes_per_s / static_cast<double>(sockets.size())));
        }
    }
    return std::unique_ptr<SendingEnd>(new SendingEnd(std::move(sockets), wishes, caps, key));
}

SendingEnd::SendingEnd(std::vector<Socket> sockets, const Wishes& wishes, const control::Caps& caps,
                       std::uint64_t key)
    : sockets_(std::move(sockets)),
      streams_(new Stream[sockets_.size()]),
      wishes_(wishes),
      caps_(caps),
      key_(key) {}
SendingEnd::~SendingEnd() = default;

std::uint64_t SendingEnd::taken_bytes() const {
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at < sockets_.size(); ++at)
        sum += streams_[at].sent_bytes.load(std::memory_order_relaxed);
    return sum;
}

Expected<void> SendingEnd::send(const Lane& lane, const std::stop_token& ended,
                                const Interrupt& interrupt) {
    ASSAY_TRY(Source source, Source::of(wishes_.mode, key_));
    const std::uint64_t most = caps_.most_bytes == 0 ? std::numeric_limits<std::uint64_t>::max()
                                                     : caps_.most_bytes / sockets_.size();
    const Turn turn = [&](std::size_t at) -> Expected<bool> {
        auto& count = streams_[at].sent_bytes;
        const std::uint64_t sent = count.load(std::memory_order_relaxed);
        if (sent >= most)
            return false;
        ASSAY_TRY(const Transfer moved, source.send(sockets_[at], sent, most - sent));
        count.store(sent + moved.bytes, std::memory_order_relaxed);
        return true;
    };
    return serve(lane, sockets_, Side::sending, turn, ended, interrupt);
}

SenderTick SendingEnd::tick(SteadyTime began, const std::vector<ThreadUse>& uses) const {
    SenderTick tick{.at = std::chrono::steady_clock::now() - began};
    for (const ThreadUse& use : uses)
        tick.cpu_ns += use.cpu_ns;
    for (const Socket& socket : sockets_) {
        const auto info = connection_info(socket);
        if (!info)
            continue;
        tick.retransmits += info->retransmits;
        tick.segments += info->segments_out;
        tick.acked_bytes += info->acked_bytes.value_or(0);
        tick.busy_ns += static_cast<std::uint64_t>(info->busy_ns.value_or(0));
        tick.window_limited_ns += static_cast<std::uint64_t>(info->window_limited_ns.value_or(0));
        tick.buffer_limited_ns += static_cast<std::uint64_t>(info->buffer_limited_ns.value_or(0));
        tick.rtt_ns += static_cast<std::uint64_t>(info->rtt_ns) / sockets_.size();
    }
    return tick;
}

/// What the connections say at the moment when the window is over, before anything else is done.
void SendingEnd::note_end(SenderReport& report) const {
    report.taken_bytes = taken_bytes();
    for (const Socket& socket : sockets_) {
        report.send_buffer_bytes =
            std::max(report.send_buffer_bytes, send_buffer_bytes(socket).value_or(0));
        const auto info = connection_info(socket);
        if (!info)
            continue;
        report.unsent_bytes += info->unsent_bytes.value_or(0);
        report.unacked_bytes += info->unacked_bytes.value_or(0);
        report.window_bytes += std::uint64_t{info->window_segments} * info->segment_bytes;
        report.segment_bytes = std::max<std::uint64_t>(report.segment_bytes, info->segment_bytes);
        if (const auto least = static_cast<std::uint64_t>(info->least_rtt_ns.value_or(0));
            least > 0)
            report.least_rtt_ns =
                report.least_rtt_ns == 0 ? least : std::min(report.least_rtt_ns, least);
    }
    report.congestion = congestion_control_of(sockets_.front()).value_or("");
}

/// Takes ticks until the streams are to end.
Expected<void> SendingEnd::watch(const LaneTeam& team, const host::Files& files,
                                 SenderReport& report, const std::stop_token& finish,
                                 const Interrupt& interrupt) {
    // A thousand TCP_INFO calls take milliseconds, and 4096 ticks are what a message may hold.
    const auto wait = std::chrono::milliseconds(sockets_.size() > 64 ? 250 : 40);
    const SteadyTime began = std::chrono::steady_clock::now();
    std::vector<std::vector<ThreadUse>> uses;  // [report.ticks]
    const std::optional<SenderPath> path = SenderPath::of(sockets_.front());
    if (path)
        path->describe(report);
    const auto take_tick = [&] {
        uses.push_back(team.use(files));
        report.ticks.push_back(tick(began, uses.back()));
        if (path)
            path->count(report.ticks.back());
    };
    SteadyTime heard = began;
    for (bool over = false; !over;) {
        take_tick();
        const SteadyTime now = std::chrono::steady_clock::now();
        const std::size_t count = report.ticks.size();
        if (count > 1 && report.ticks[count - 1].acked_bytes > report.ticks[count - 2].acked_bytes)
            heard = now;
        if (now - heard > kSilence)
            return failure(ErrorKind::io,
                           "send TCP streams: the other end acknowledged nothing for 5 s; the link "
                           "is down, a firewall drops the streams, or the other host has stopped");
        ASSAY_TRY_VOID(interrupt.check("send TCP streams"));
        ASSAY_TRY(over, wait_for_half_close(sockets_.front(), wait));
        over = over || finish.stop_requested() || team.all_ended();
    }
    take_tick();
    const auto busiest = static_cast<std::size_t>(
        std::ranges::max_element(uses.back(), {}, &ThreadUse::wanted_ns) - uses.back().begin());
    for (std::size_t at = 0; at < report.ticks.size(); ++at) {
        report.ticks[at].busiest_cpu_ns = uses[at][busiest].cpu_ns;
        report.ticks[at].busiest_waited_ns = uses[at][busiest].waited_ns;
    }
    return {};
}

Expected<SenderReport> SendingEnd::run(const host::Host& host, const std::stop_token& finish,
                                       const Interrupt& interrupt) {
    SenderReport report;
    LaneTeam team;
    ASSAY_TRY_VOID(team.start(lanes_for(sockets_.size(), host.topology),
                              [&](const Lane& lane, const std::stop_token& ended) {
                                  return send(lane, ended, interrupt);
                              }));
    const auto watched = watch(team, host.files, report, finish, interrupt);
    note_end(report);
    team.request_stop();
    ASSAY_TRY_VOID(team.join());
    ASSAY_TRY_VOID(watched);
    report.sent_bytes = taken_bytes();
    for (const Socket& socket : sockets_) {
        ASSAY_TRY_VOID(finish_sending(socket));
    }
    return report;
}

}  // namespace assay::network::tcp
