#include "engine/host/affinity.h"

#include <cerrno>
#include <string>

namespace assay::host {

Expected<Pinning> Pinning::to_cpu(int cpu) {
    const std::string what = "pin a thread to CPU " + std::to_string(cpu);
    if (cpu < 0 || cpu >= CPU_SETSIZE)
        return failure(ErrorKind::usage, what + ": the number is outside 0 to " +
                                             std::to_string(CPU_SETSIZE - 1) +
                                             "; name a CPU of this machine");
    cpu_set_t before;
    CPU_ZERO(&before);
    if (sched_getaffinity(0, sizeof before, &before) != 0)
        return system_failure(what + ": read the affinity mask", errno);
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(static_cast<unsigned>(cpu), &only);
    if (sched_setaffinity(0, sizeof only, &only) != 0) {
        const int reason = errno;
        if (reason == EINVAL)
            return failure(ErrorKind::usage,
                           what +
                               ": it is offline or not in the set of CPUs that this process may "
                               "use; choose one that it may (taskset -p shows them)",
                           reason);
        return system_failure(what, reason);
    }
    return Pinning(before);
}

Pinning::Pinning(Pinning&& other) noexcept : before_(other.before_), owns_(other.owns_) {
    other.owns_ = false;
}

Pinning::~Pinning() {
    // Giving the mask back fails only if every CPU of it went away meanwhile; then the kernel has
    // chosen a mask itself and there is nothing better to set.
    if (owns_)
        static_cast<void>(sched_setaffinity(0, sizeof before_, &before_));
}

}  // namespace assay::host
