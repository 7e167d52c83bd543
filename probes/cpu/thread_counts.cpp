#include "probes/cpu/thread_counts.h"

namespace assay::cpu {

Expected<std::vector<std::size_t>> chosen_thread_counts(const host::Host& host,
                                                        const Request& request) {
    const std::size_t allowed = host.topology.allowed_cpus().size();
    if (request.find("threads") == nullptr)
        return allowed == 1 ? std::vector<std::size_t>{1} : std::vector<std::size_t>{1, allowed};
    ASSAY_TRY(const std::uint64_t threads, request.count("threads", 1));
    if (threads > allowed)
        return failure(ErrorKind::usage,
                       "--threads " + std::to_string(threads) + ": this process may use " +
                           std::to_string(allowed) +
                           " CPUs; ask for no more, or widen its affinity mask (taskset, cpuset)");
    return std::vector<std::size_t>{threads};
}

std::string scope_of(const host::Host& host, std::size_t threads) {
    if (threads == host.topology.allowed_cpus().size())
        return "all";
    return threads == 1 ? "one" : "some";
}

std::string threads_text(std::size_t threads) {
    return std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

Expected<std::vector<int>> cpus_for(const host::Host& host, std::size_t threads,
                                    std::string_view probe) {
    std::vector<int> cpus = host.topology.pinning_order();
    if (threads > cpus.size())
        return failure(ErrorKind::usage, std::string(probe) + ": " + threads_text(threads) +
                                             " on " + std::to_string(cpus.size()) +
                                             " allowed CPUs; use fewer --threads");
    cpus.resize(threads);
    return cpus;
}

}  // namespace assay::cpu
