#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <thread>

#include "engine/core/error.h"

namespace assay::cli {

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request, and sees to it that the process is gone
/// within a second: if the command has not unwound 700 ms after the first signal, or a second
/// signal arrives, the process ends at once with status 130. Nothing is left behind even then:
/// test files have no name and memory is anonymous, so both vanish with the process.
///
/// SIGPIPE is ignored, so that a reader that left is an error of `write`. A SIGHUP that was ignored
/// when the process began (nohup) stays ignored. SIGINT never is, not even where a shell's
/// background job begins with it ignored: a benchmark must not outlive the wish to stop it.
class Interrupt {
  public:
    /// Call before any other thread starts: threads inherit the signal mask. `before_hard_exit` is
    /// called from the watching thread, if stderr can take a line. Errors: by errno, when the
    /// kernel has no signalfd to give.
    static Expected<std::unique_ptr<Interrupt>> watch(std::function<void()> before_hard_exit);
    ~Interrupt();  ///< the command is done; later signals have no effect
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    std::stop_token token() const { return stop_.get_token(); }

  private:
    Interrupt(int signals, int done, std::function<void()> before_hard_exit);
    void wait_for_signals();

    int signals_;  ///< signalfd
    int done_;     ///< eventfd: the destructor wakes the thread
    std::function<void()> before_hard_exit_;
    std::stop_source stop_;
    std::thread thread_;
};

}  // namespace assay::cli
