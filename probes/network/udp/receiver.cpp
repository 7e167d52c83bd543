#include "probes/network/udp/receiver.h"

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "engine/core/units.h"
#include "engine/host/affinity.h"
#include "engine/host/interface_drops.h"
#include "probes/network/udp/arrival_book.h"
#include "probes/network/udp/calibration.h"
#include "probes/network/udp/flow_socket.h"

namespace assay::network::udp {
namespace {

/// How long a receiver without datagrams sleeps before it looks whether it shall go on.
constexpr int kLookMs = 10;
constexpr std::int64_t kLookNs = kLookMs * kNanosecondsPerMillisecond;
/// After it was asked to finish it empties its socket, for no longer than this.
constexpr std::int64_t kEmptyingNs = 50 * kNanosecondsPerMillisecond;
/// If the host's time was set by more than this, the kernel's receive times are not comparable.
constexpr std::int64_t kMostClockStepNs = kNanosecondsPerMillisecond;

std::int64_t clock_ns(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);  // cannot fail: constant ids, valid pointer
    return std::int64_t{time.tv_sec} * kNanosecondsPerSecond + time.tv_nsec;
}
std::int64_t time_of_day_offset_ns() {
    return clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
}

class Receiver : public control::Role {
  public:
    explicit Receiver(const ReceiveWishes& wishes) : wishes_(wishes) {}

    Expected<Fields> prepare(control::RoleContext& context, const Interrupt& interrupt) override;
    Expected<Fields> play(std::stop_token finish, const Interrupt& interrupt) override;
    Fields progress() const override {
        Fields fields;
        fields.set("delivered", delivered_.load(std::memory_order_relaxed));
        if (const std::int64_t newest_ns = newest_ns_.load(std::memory_order_relaxed);
            newest_ns != 0)
            fields.set("quiet_ns", static_cast<std::uint64_t>(std::max<std::int64_t>(
                                       0, clock_ns(CLOCK_MONOTONIC) - newest_ns)));
        return fields;
    }

  private:
    Expected<void> receive_all(const std::stop_token& finish, const Interrupt& interrupt);
    Expected<void> wait() const;
    std::optional<std::uint64_t> host_drops() const {
        return interface_ ? host::read_received_drops(host_->files, *interface_) : std::nullopt;
    }
    ReceiverReport report() const;

    ReceiveWishes wishes_;
    const host::Host* host_ = nullptr;
    Socket flow_;
    std::optional<Stamp> stamp_;
    std::optional<ReceiveQueue> queue_;
    std::optional<ArrivalBook> book_;
    std::optional<int> cpu_;
    std::optional<std::string> interface_;
    std::optional<std::uint32_t> socket_drops_before_;
    std::optional<std::uint64_t> host_drops_before_;
    std::uint64_t receive_buffer_bytes_ = 0;
    std::atomic<std::uint64_t> delivered_ = 0;
    std::atomic<std::int64_t> newest_ns_ = 0;  // when something was taken last; 0 = never
};

Expected<Fields> Receiver::prepare(control::RoleContext& context, const Interrupt& interrupt) {
    host_ = &context.host;
    ASSAY_TRY(flow_, context.door.udp_flow(wishes_.flow.flow, interrupt));
    ASSAY_TRY(receive_buffer_bytes_, ask_receive_buffer(flow_, wishes_.receive_buffer_bytes != 0
                                                                   ? wishes_.receive_buffer_bytes
                                                                   : kReceiveBufferBytes));
    if (wishes_.time_stamps)
        ASSAY_TRY_VOID(ask_time_stamps(flow_));
    const auto engine = receive_engine_of(wishes_.flow.engine);
    queue_.emplace(flow_, engine ? *engine : fastest_receive_engine(wishes_.flow.payload_bytes),
                   wishes_.flow.payload_bytes);
    stamp_.emplace(context.door.shared_key(wishes_.flow.flow), wishes_.flow.round);
    book_.emplace(wishes_, *stamp_);
    if (const auto cpus = host_->topology.allowed_cpus(); !cpus.empty())
        cpu_ = cpus.front();
    interface_ = interface_of(flow_);
    socket_drops_before_ = drops_of(flow_);
    host_drops_before_ = host_drops();
    Fields answer;
    answer.set("engine", std::string(name_of(queue_->engine())));
    answer.set("receive_buffer_bytes", receive_buffer_bytes_);
    return answer;
}

Expected<Fields> Receiver::play(std::stop_token finish, const Interrupt& interrupt) {
    std::optional<host::Pinning> pinning;
    if (cpu_)
        if (auto pinned = host::Pinning::to_cpu(*cpu_))
            pinning.emplace(std::move(*pinned));
    const std::int64_t offset_ns = time_of_day_offset_ns();
    const std::int64_t cpu_begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    ASSAY_TRY_VOID(receive_all(finish, interrupt));
    ReceiverReport done = report();
    done.cpu_ns = static_cast<std::uint64_t>(clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_begin);
    if (std::abs(time_of_day_offset_ns() - offset_ns) > kMostClockStepNs)
        done.jitter_ns = std::nullopt;
    return done.fields();
}

Expected<void> Receiver::receive_all(const std::stop_token& finish, const Interrupt& interrupt) {
    std::int64_t look_ns = 0;
    std::optional<std::int64_t> asked_ns;
    while (true) {
        ASSAY_TRY(const std::span<const Received> batch, queue_->take());
        const std::int64_t now = clock_ns(CLOCK_MONOTONIC);
        book_->add(batch, now);
        delivered_.store(book_->delivered(), std::memory_order_relaxed);
        if (!batch.empty())
            newest_ns_.store(now, std::memory_order_relaxed);
        if (batch.empty() && asked_ns)
            return {};
        if (batch.empty() || now >= look_ns) {
            ASSAY_TRY_VOID(interrupt.check("receive datagrams"));
            look_ns = now + kLookNs;
            if (!asked_ns && finish.stop_requested())
                asked_ns = now;
            else if (asked_ns && now - *asked_ns > kEmptyingNs)
                return {};
        }
        if (batch.empty() && !asked_ns)
            ASSAY_TRY_VOID(wait());
    }
}

Expected<void> Receiver::wait() const {
    pollfd datagrams{.fd = flow_.descriptor(), .events = POLLIN, .revents = 0};
    if (poll(&datagrams, 1, kLookMs) < 0 && errno != EINTR)
        return system_failure("wait for datagrams", errno);
    return {};
}

/// The book, with what the socket and the host know.
ReceiverReport Receiver::report() const {
    ReceiverReport report = book_->report();
    report.engine = name_of(queue_->engine());
    report.drops_are_datagrams = queue_->engine() != ReceiveEngine::coalesced;
    report.receive_buffer_bytes = receive_buffer_bytes_;
    if (const auto drops = drops_of(flow_); drops && socket_drops_before_)
        report.socket_drops = *drops - *socket_drops_before_;  // unsigned: right across the wrap
    if (const auto drops = host_drops(); drops && host_drops_before_)
        report.host_drops = *drops >= *host_drops_before_
                                ? std::optional(*drops - *host_drops_before_)
                                : std::nullopt;
    return report;
}

}  // namespace

Expected<std::unique_ptr<control::Role>> make_receiver(const Fields& wishes,
                                                       const control::Caps& caps) {
    ASSAY_TRY(const ReceiveWishes typed, ReceiveWishes::of_fields(wishes, caps));
    return std::make_unique<Receiver>(typed);
}

}  // namespace assay::network::udp
