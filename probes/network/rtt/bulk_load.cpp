#include "probes/network/rtt/bulk_load.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "probes/network/wire/payload.h"

namespace assay::network::rtt {
namespace {

/// A reset instead of a slow end: up to some MiB would else go on filling the path.
Expected<void> end_by_reset(const Socket& socket) {
    const linger abort{.l_onoff = 1, .l_linger = 0};
    if (setsockopt(socket.descriptor(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort)) != 0)
        return system_failure("set SO_LINGER on a load stream", errno);
    return {};
}

Expected<void> choose_congestion_control(const Socket& socket, const std::string& name) {
    if (setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_CONGESTION, name.data(),
                   static_cast<socklen_t>(name.size())) == 0)
        return {};
    return failure(ErrorKind::unsupported,
                   "this host does not let us send with the congestion control '" + name +
                       "'; choose one of net.ipv4.tcp_allowed_congestion_control with "
                       "--congestion",
                   errno);
}

}  // namespace

std::string queue_filling_congestion_control() {
    const Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return choose_congestion_control(socket, "cubic") ? "cubic" : "reno";
}

Expected<std::unique_ptr<BulkLoad>> BulkLoad::start(std::vector<Stream> streams,
                                                    const Settings& settings) {
    const auto senders =
        static_cast<double>(std::ranges::count(streams, Stream::Does::send, &Stream::does));
    for (const Stream& stream : streams) {
        ASSAY_TRY_VOID(end_by_reset(stream.socket));
        if (stream.does == Stream::Does::send && !settings.congestion.empty())
            ASSAY_TRY_VOID(choose_congestion_control(stream.socket, settings.congestion));
        if (stream.does == Stream::Does::send && settings.most_bytes_per_s > 0)
            ASSAY_TRY_VOID(limit_rate(stream.socket, settings.most_bytes_per_s / senders));
    }
    std::unique_ptr<BulkLoad> load(new BulkLoad(std::move(streams), settings));
    for (Stream& stream : load->streams_)
        load->threads_.emplace_back([&load = *load, &stream] {
            if (stream.does == Stream::Does::send)
                load.send_from(stream);
            else
                load.receive_into(stream);
        });
    return load;
}

BulkLoad::BulkLoad(std::vector<Stream> streams, const Settings& settings)
    : streams_(std::move(streams)), settings_(settings) {
    const auto senders = std::ranges::count(streams_, Stream::Does::send, &Stream::does);
    if (settings_.most_bytes != 0 && senders != 0)
        most_bytes_ = settings_.most_bytes / static_cast<std::uint64_t>(senders);
}

BulkLoad::~BulkLoad() {
    stop();
}

void BulkLoad::stop() {
    stop_.request_stop();
    threads_.clear();  // joins them
    for (Stream& stream : streams_)
        stream.socket.close();
}

void BulkLoad::send_from(Stream& stream) {
    Payload payload(settings_.key);
    std::uint64_t position = 0;
    while (!stop_.stop_requested()) {
        if (position >= most_bytes_)
            return die("the agent's operator allows no more than " +
                       std::to_string(settings_.most_bytes) + " B a test");
        const auto piece = payload.from(position);
        const auto moved =
            send_some(stream.socket,
                      piece.first(std::min<std::uint64_t>(piece.size(), most_bytes_ - position)));
        if (stop_.stop_requested())
            return;  // what breaks now is the end
        if (!moved)
            return die(moved.error().message);
        position += moved->bytes;
        sent_ += moved->bytes;
    }
}

void BulkLoad::receive_into(Stream& stream) {
    std::vector<std::byte> buffer(Payload::kBlockBytes);
    while (!stop_.stop_requested()) {
        const auto moved = receive_some(stream.socket, buffer);
        if (stop_.stop_requested())
            return;
        if (!moved)
            return die(moved.error().message);
        if (moved->end)
            return die("the other end closed its load stream");
        received_ += moved->bytes;
    }
}

void BulkLoad::die(std::string reason) {
    const std::lock_guard lock(mutex_);
    if (death_.empty())
        death_ = std::move(reason);
}

std::string BulkLoad::death() const {
    const std::lock_guard lock(mutex_);
    return death_;
}

std::optional<LoadStreamFacts> BulkLoad::facts() const {
    for (const Stream& stream : streams_)
        if (stream.does == Stream::Does::send && stream.socket.is_open())
            return stream_facts(stream.socket);
    return std::nullopt;
}

}  // namespace assay::network::rtt
