#include "engine/measure/pace.h"

#include <condition_variable>
#include <mutex>

namespace assay::measure {

Pace real_pace() {
    return {.now = [] { return std::chrono::steady_clock::now(); },
            .sleep =
                [](std::chrono::nanoseconds duration, std::stop_token stop) {
                    std::mutex mutex;
                    std::condition_variable_any woken;
                    std::unique_lock lock(mutex);
                    woken.wait_for(lock, std::move(stop), duration, [] { return false; });
                }};
}

}  // namespace assay::measure
