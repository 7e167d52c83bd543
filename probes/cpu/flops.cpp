#include "probes/cpu/flops.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "engine/host/isa.h"
#include "probes/cpu/flops_workload.h"
#include "probes/cpu/metrics.h"
#include "probes/cpu/settings.h"

namespace assay::cpu {
namespace {

constexpr std::array kOptions{kThreadsOption, kIsaOption};

// A block takes some 0.1 ms, so a round needs no seconds; the rates that stand for the host get
// twice the time of the others. The soak's rounds have their own length; this is its warm-up's.
constexpr double kWidestShare = 0.1, kOtherShare = 0.05, kSoakShare = 0.05;

/// Double precision for each instruction set, single precision for the widest; multiply-adds mixed
/// with additions beside them, but not in a smoke run.
bool is_measured(const FmaKernel& kernel, const std::vector<host::Isa>& isas, Extent extent) {
    if (!std::ranges::count(isas, kernel.isa))
        return false;
    if (kernel.operation == "fma_add" && extent == Extent::smoke)
        return false;
    return kernel.precision == Precision::double_precision || kernel.isa == isas.back();
}

bool is_widest(const FmaKernel& kernel, const std::vector<host::Isa>& isas) {
    return kernel.isa == isas.back() && kernel.operation != "fma_add" &&
           kernel.precision == Precision::double_precision;
}

Expected<std::vector<FlopsCase>> chosen_cases(const host::Host& host, const Request& request) {
    ASSAY_TRY(const std::vector<host::Isa> isas, chosen_isas("cpu.flops", request));
    ASSAY_TRY(const std::vector<std::size_t> thread_counts, chosen_threads(host, request));
    const std::size_t allowed = host.topology.allowed_cpus().size();
    std::vector<FlopsCase> cases;
    for (const FmaKernel& kernel : fma_kernels()) {
        if (!is_measured(kernel, isas, request.extent))
            continue;
        const bool widest = is_widest(kernel, isas);
        for (const std::size_t threads : thread_counts)
            cases.push_back({kernel, threads, scope_of(threads, allowed), FlopsTask::rate,
                             widest ? kWidestShare : kOtherShare});
        if (widest && request.extent == Extent::deep)
            cases.push_back({kernel, thread_counts.back(), scope_of(thread_counts.back(), allowed),
                             FlopsTask::soak, kSoakShare});
    }
    return cases;
}

std::vector<CheckLine> check(const RunContext& context, const Request& request) {
    const auto cases = chosen_cases(context.host, request);
    if (!cases)
        return {blocked_line(cases.error())};
    std::string isas;
    std::size_t threads = 1;
    for (const FlopsCase& row : *cases) {
        const std::string name(host::name_of(row.kernel.isa));
        if (isas.find(name + ",") == std::string::npos)
            isas += name + ", ";
        threads = std::max(threads, row.threads);
    }
    std::vector<CheckLine> lines{{CheckLevel::ok, "processor",
                                  isas + "up to " + threads_text(threads), "",
                                  ErrorKind::unsupported}};
    add_quota_line(context.host, lines);
    return lines;
}

Expected<Footprint> plan(const RunContext& context, const Request& request) {
    ASSAY_TRY(const std::vector<FlopsCase> cases, chosen_cases(context.host, request));
    Footprint footprint;
    footprint.round_shares = 0;
    for (const FlopsCase& row : cases) {
        footprint.threads = std::max(footprint.threads, row.threads);
        if (row.task == FlopsTask::soak) {
            footprint.lasting.push_back(kSoak);
            continue;
        }
        ++footprint.cases;
        *footprint.round_shares += row.round_share;
    }
    footprint.prepare_time = std::chrono::milliseconds(20);
    footprint.note = "keeps the CPUs busy out of registers; touches no memory and no files";
    if (!footprint.lasting.empty())
        footprint.note += "; " + std::to_string(kSoak.rounds) + " times for up to " +
                          std::to_string(kSoak.length / std::chrono::seconds(1)) +
                          " s without a pause";
    return footprint;
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(std::vector<FlopsCase> cases, chosen_cases(context.host, request));
    for (const FlopsCase& row : cases)
        ASSAY_TRY_VOID(self_test(row.kernel));
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
