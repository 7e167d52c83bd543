#include "probes/cpu/clock.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "probes/cpu/blend_kernel.h"
#include "probes/cpu/clock_workload.h"
#include "probes/cpu/metrics.h"
#include "probes/cpu/settings.h"

namespace assay::cpu {
namespace {

constexpr std::array kOptions{kThreadsOption, kIsaOption};

/// The instruction sets whose clock is measured: those with multiply-adds; the widest alone in the
/// shorter runs.
Expected<std::vector<host::Isa>> vector_isas(const Request& request) {
    ASSAY_TRY(std::vector<host::Isa> isas, chosen_isas("cpu.clock", request));
    std::erase_if(isas, [](host::Isa isa) { return blend_kernels(isa).empty(); });
    if (request.extent < Extent::standard && isas.size() > 1)
        isas.erase(isas.begin(), isas.end() - 1);
    return isas;
}

Expected<std::vector<ClockCase>> chosen_cases(const host::Host& host, const Request& request) {
    ASSAY_TRY(const std::vector<host::Isa> isas, vector_isas(request));
    ASSAY_TRY(const std::vector<std::size_t> thread_counts, chosen_threads(host, request));
    const std::size_t allowed = host.topology.allowed_cpus().size();
    std::vector<ClockCase> cases;
    for (const std::size_t threads : thread_counts)
        cases.push_back({std::nullopt, threads, scope_of(threads, allowed)});
    for (const host::Isa isa : isas)
        for (const std::size_t threads : thread_counts)
            cases.push_back({isa, threads, scope_of(threads, allowed)});
    return cases;
}

std::vector<CheckLine> check(const RunContext& context, const Request& request) {
    const auto cases = chosen_cases(context.host, request);
    if (!cases)
        return {blocked_line(cases.error())};
    std::string kinds = "scalar";
    std::size_t threads = 1;
    for (const ClockCase& row : *cases) {
        threads = std::max(threads, row.threads);
        const std::string name(row.isa ? host::name_of(*row.isa) : "scalar");
        if (kinds.find(name) == std::string::npos)
            kinds += ", " + name;
    }
    std::vector<CheckLine> lines{{CheckLevel::ok, "processor",
                                  "clock in " + kinds + " work, up to " + threads_text(threads), "",
                                  ErrorKind::unsupported}};
    add_quota_line(context.host, lines);
    return lines;
}

Expected<Footprint> plan(const RunContext& context, const Request& request) {
    ASSAY_TRY(const std::vector<ClockCase> cases, chosen_cases(context.host, request));
    Footprint footprint;
    for (const ClockCase& row : cases)
        footprint.threads = std::max(footprint.threads, row.threads);
    footprint.cases = cases.size();
    footprint.round_shares = static_cast<double>(cases.size()) * kClockRoundShare;
    footprint.prepare_time = std::chrono::milliseconds(100);
    footprint.note = "keeps the CPUs busy out of registers; touches no memory and no files";
    return footprint;
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(std::vector<ClockCase> cases, chosen_cases(context.host, request));
    return make_clock_workload(context, std::move(cases));
}

}  // namespace

const Probe kClock{.id = "cpu.clock",
                   .title = "Clock that the cores really run at, in scalar and in vector work",
                   .metrics = kClockMetrics,
                   .options = kOptions,
                   .check = &check,
                   .plan = &plan,
                   .prepare = &prepare};

}  // namespace assay::cpu
