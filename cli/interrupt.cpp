#include "cli/interrupt.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <utility>

#include "cli/exit_status.h"
#include "cli/output.h"

namespace assay::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// A probe leaves its round within 100 ms of a request and then closes its files; the promise to
/// the user is one second.
constexpr std::chrono::milliseconds kGrace{700};

bool is_ignored(int signal) {
    struct sigaction action {};
    return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

sigset_t watched_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (!is_ignored(SIGHUP))
        sigaddset(&set, SIGHUP);
    return set;
}

int milliseconds_until(SteadyClock::time_point deadline) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
    return left < 0 ? 0 : static_cast<int>(left);
}

}  // namespace

Expected<std::unique_ptr<Interrupt>> Interrupt::watch(std::function<void()> before_hard_exit) {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    if (::sigaction(SIGPIPE, &ignore, nullptr) != 0)
        return system_failure("ignore SIGPIPE", errno);
    const sigset_t set = watched_signals();
    if (const int error = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0)
        return system_failure("block the signals that end a run", error);
    const int signals = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0)
        return system_failure("open a signalfd for Ctrl-C", errno);
    const int done = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (done < 0) {
        const int error = errno;
        ::close(signals);
        return system_failure("open an eventfd for Ctrl-C", error);
    }
    return std::unique_ptr<Interrupt>(new Interrupt(signals, done, std::move(before_hard_exit)));
}

Interrupt::Interrupt(int signals, int done, std::function<void()> before_hard_exit)
    : signals_(signals),
      done_(done),
      before_hard_exit_(std::move(before_hard_exit)),
      thread_([this] { wait_for_signals(); }) {}

Interrupt::~Interrupt() {
    const std::uint64_t one = 1;
    // An eventfd takes eight bytes whole; it could only refuse at its 64-bit limit.
    static_cast<void>(!::write(done_, &one, sizeof one));
    thread_.join();
    ::close(done_);
    ::close(signals_);
}

void Interrupt::wait_for_signals() {
    SteadyClock::time_point deadline;
    bool stopping = false;
    for (;;) {
        std::array<pollfd, 2> ready{pollfd{signals_, POLLIN, 0}, pollfd{done_, POLLIN, 0}};
        const int count =
            ::poll(ready.data(), ready.size(), stopping ? milliseconds_until(deadline) : -1);
        if (count < 0 && errno == EINTR)
            continue;
        if (count > 0 && ready[1].revents != 0)
            return;
        signalfd_siginfo info{};
        const bool signalled =
            count > 0 && ::read(signals_, &info, sizeof info) == ssize_t{sizeof info};
        if (signalled && !stopping) {
            stopping = true;
            deadline = SteadyClock::now() + kGrace;
            stop_.request_stop();
        } else if (signalled || (stopping && SteadyClock::now() >= deadline)) {
            // A terminal that is stopped must not hold up the end.
            if (is_stderr_ready()) {
                before_hard_exit_();
                note("assay: interrupted.");
            }
            ::_exit(static_cast<int>(ExitStatus::interrupted));
        }
    }
}

}  // namespace assay::cli
