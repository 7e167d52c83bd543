#pragma once

#include <sys/prctl.h>

namespace assay::host {

/// While it lives, the calling thread's sleeps end when they should; the kernel lets others run up
/// to 50 us over, to wake several at once. Where the kernel refuses, sleeps stay inexact: whoever
/// needs to know looks at the clock. Source: PR_SET_TIMERSLACK in prctl(2).
class ExactTimers {
  public:
    ExactTimers() : before_(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0)) {
        prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    }
    ~ExactTimers() {
        if (before_ > 0)
            prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(before_), 0, 0, 0);
    }
    ExactTimers(const ExactTimers&) = delete;
    ExactTimers& operator=(const ExactTimers&) = delete;

  private:
    int before_;
};

}  // namespace assay::host
