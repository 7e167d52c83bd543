#include "probes/cpu/flops.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "engine/host/isa.h"
#include "engine/host/quota.h"
#include "probes/cpu/flops_workload.h"
#include "probes/cpu/metrics.h"

namespace assay::cpu {
namespace {

constexpr std::array kOptions{
    Option{"threads", OptionKind::count, "", "",
           "threads, one pinned to each CPU; without it one thread and all allowed CPUs are "
           "measured"},
    Option{"isa", OptionKind::choice, "auto", "auto|sse2|avx|avx2|avx512",
           "only this instruction set; auto measures every one that the host has"},
};

Expected<std::vector<host::Isa>> chosen_isas(const Request& request) {
    const std::string name = request.text("isa", "auto");
    const std::vector<host::Isa> supported = host::supported_isas();
    if (name == "auto") {
        if (supported.empty())
            return failure(ErrorKind::unsupported,
                           "cpu.flops has kernels for x86-64 only, and this is another processor; "
                           "leave the probe out");
        return supported;
    }
    const auto isa = host::isa_of_name(name);
    if (!isa)
        return failure(ErrorKind::usage, "--isa " + name +
                                             ": there is no such instruction set; choose auto, "
                                             "sse2, avx, avx2 or avx512");
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

/// Where all is one, it is "all": the number that stands for the host.
std::string scope_of(std::size_t threads, std::size_t allowed) {
    if (threads == allowed)
        return "all";
    return threads == 1 ? "one" : "some";
}

/// Double precision for each instruction set, single precision for the widest.
Expected<std::vector<FlopsCase>> chosen_cases(const host::Host& host, const Request& request) {
    ASSAY_TRY(const std::vector<host::Isa> isas, chosen_isas(request));
    ASSAY_TRY(const std::vector<std::size_t> thread_counts, chosen_threads(host, request));
    const std::size_t allowed = host.topology.allowed_cpus().size();
    std::vector<FlopsCase> cases;
    for (const FmaKernel& kernel : fma_kernels()) {
        if (!std::ranges::count(isas, kernel.isa))
            continue;
        if (kernel.precision == Precision::single_precision && kernel.isa != isas.back())
            continue;
        for (const std::size_t threads : thread_counts)
            cases.push_back({kernel, threads, scope_of(threads, allowed)});
    }
    return cases;
}

CheckLine blocked(const Error& error) {
    return {CheckLevel::block, "processor", error.message, "", error.kind};
}

std::vector<CheckLine> check(const RunContext& context, const Request& request) {
    const auto cases = chosen_cases(context.host, request);
    if (!cases)
        return {blocked(cases.error())};
    std::string isas;
    std::size_t threads = 1;
    for (const FlopsCase& row : *cases) {
        const std::string name(host::name_of(row.kernel.isa));
        if (isas.find(name + ",") == std::string::npos)
            isas += name + ", ";
        threads = std::max(threads, row.threads);
    }
    std::vector<CheckLine> lines{
        {CheckLevel::ok, "processor",
         isas + "up to " + std::to_string(threads) + (threads == 1 ? " thread" : " threads"), "",
         ErrorKind::unsupported}};
    if (const auto quota = host::quota_finding(context.host))
        lines.push_back(
            {CheckLevel::warn, "CPU quota", quota->message, quota->advice, ErrorKind::unsupported});
    return lines;
}

Expected<Footprint> plan(const RunContext& context, const Request& request) {
    ASSAY_TRY(const std::vector<FlopsCase> cases, chosen_cases(context.host, request));
    Footprint footprint;
    for (const FlopsCase& row : cases)
        footprint.threads = std::max(footprint.threads, row.threads);
    footprint.cases = cases.size();
    footprint.prepare_time = std::chrono::milliseconds(1);
    footprint.note = "keeps the CPUs busy out of registers; touches no memory and no files";
    return footprint;
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(std::vector<FlopsCase> cases, chosen_cases(context.host, request));
    return make_flops_workload(context, std::move(cases));
}

}  // namespace

const Probe kFlops{.id = "cpu.flops",
                   .title = "Peak floating-point rate of the processor, by instruction set",
                   .metrics = kFlopsMetrics,
                   .options = kOptions,
                   .check = &check,
                   .plan = &plan,
                   .prepare = &prepare};

}  // namespace assay::cpu
