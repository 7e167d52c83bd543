#include "probes/cpu/settings.h"

#include <algorithm>

#include "engine/host/quota.h"

namespace assay::cpu {

Expected<std::vector<host::Isa>> chosen_isas(std::string_view probe, const Request& request) {
    const std::string name = request.text("isa", "auto");
    std::vector<host::Isa> supported = host::supported_isas();
    if (supported.empty())
        return failure(ErrorKind::unsupported,
                       std::string(probe) +
                           " has kernels for x86-64 and aarch64 only, and this is another "
                           "processor; leave the probe out");
    if (name == "auto")
        return supported;
    const auto isa = host::isa_of_name(name);
    if (!isa)
        return failure(ErrorKind::usage,
                       "--isa " + name +
                           ": there is no such instruction set; choose auto, sse2, avx, avx2, "
                           "avx512 or neon");
    if (!std::ranges::count(supported, *isa)) {
        std::string known;
        for (const host::Isa found : supported)
            known += " " + std::string(host::name_of(found));
        return failure(ErrorKind::unsupported,
                       "--isa " + name +
                           ": this processor, or its operating system, does not "
                           "offer it; choose of:" +
                           known);
    }
    return std::vector{*isa};
}

Expected<std::vector<std::size_t>> chosen_threads(const host::Host& host, const Request& request) {
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

std::string scope_of(std::size_t threads, std::size_t allowed) {
    if (threads == allowed)
        return "all";
    return threads == 1 ? "one" : "some";
}

std::string threads_text(std::size_t threads) {
    return std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

Expected<std::vector<int>> first_cpus(std::string_view probe, const host::Host& host,
                                      std::size_t threads) {
    std::vector<int> cpus = host.topology.pinning_order();
    if (threads > cpus.size())
        return failure(ErrorKind::usage, std::string(probe) + ": " + std::to_string(threads) +
                                             " threads on " + std::to_string(cpus.size()) +
                                             " allowed CPUs; use fewer --threads");
    cpus.resize(threads);
    return cpus;
}

CheckLine blocked_line(const Error& error) {
    return {CheckLevel::block, "processor", error.message, "", error.kind};
}

void add_quota_line(const host::Host& host, std::vector<CheckLine>& lines) {
    if (const auto quota = host::quota_finding(host))
        lines.push_back(
            {CheckLevel::warn, "CPU quota", quota->message, quota->advice, ErrorKind::unsupported});
}

}  // namespace assay::cpu
