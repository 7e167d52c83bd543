#include "probes/storage/patience.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

namespace assay::storage {
namespace {

using Time = std::chrono::steady_clock;

// How often the waiting side looks for a stop request, and how many looks the thread gets to leave.
constexpr auto kLook = std::chrono::milliseconds(20);
constexpr int kLooksAfterStop = 5;

// Shared with the working thread, and owned by it alone once the waiting side has given up.
struct Shared {
    std::function<Expected<void>()> work;
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Expected<void>> outcome;
};

}  // namespace

Expected<void> run_patiently(std::function<Expected<void>()> work, Time::time_point deadline,
                             const std::stop_token& stop, const std::string& path,
                             const std::string& what) {
    auto shared = std::make_shared<Shared>();
    shared->work = std::move(work);
    std::thread thread;
    try {
        thread = std::thread([shared] {
            auto outcome = shared->work();
            const std::lock_guard lock(shared->mutex);
            shared->outcome = std::move(outcome);
            shared->changed.notify_all();
        });
    } catch (const std::system_error& refused) {
        return failure(ErrorKind::unavailable,
                       "cannot start a storage thread (see ulimit -u and the pids control group)",
                       refused.code().value());
    }
    std::unique_lock lock(shared->mutex);
    int looks_left = kLooksAfterStop;
    while (!shared->outcome && Time::now() < deadline && looks_left > 0) {
        shared->changed.wait_for(lock, kLook);
        looks_left -= stop.stop_requested() ? 1 : 0;
    }
    if (!shared->outcome) {
        thread.detach();
        if (stop.stop_requested())
            return failure(ErrorKind::interrupted, "interrupted: could not " + what);
        return failure(ErrorKind::timed_out, "the device under " + path + " did not " + what +
                                                 " in time; look into the kernel log (dmesg)");
    }
    lock.unlock();
    thread.join();
    return *shared->outcome;
}

}  // namespace assay::storage
