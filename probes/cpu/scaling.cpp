#include "probes/cpu/scaling.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "probes/cpu/metrics.h"
#include "probes/cpu/scaling_workload.h"
#include "probes/cpu/settings.h"

namespace assay::cpu {
namespace {

constexpr std::array kOptions{
    Option{"threads", OptionKind::count, "", "",
           "only this point of the curve; without it 1, 2, 4, ... threads up to the physical cores "
           "and all allowed CPUs, and pairs of CPUs"}};

/// The widest multiply-adds of double precision that the host has.
Expected<FmaKernel> widest_kernel() {
    const auto isas = host::supported_isas();
    for (auto isa = isas.rbegin(); isa != isas.rend(); ++isa)
        for (const FmaKernel& kernel : fma_kernels())
            if (kernel.isa == *isa && kernel.operation != "fma_add" &&
                kernel.precision == Precision::double_precision)
                return kernel;
    return failure(ErrorKind::unsupported,
                   "cpu.scaling has kernels for x86-64 and aarch64 only, and this is another "
                   "processor; leave the probe out");
}

Expected<ScalingSettings> settings_of(const host::Host& host, const Request& request) {
    ASSAY_TRY(const FmaKernel kernel, widest_kernel());
    const std::size_t allowed = host.topology.allowed_cpus().size();
    if (request.find("threads") != nullptr) {
        ASSAY_TRY(std::vector<std::size_t> point, chosen_threads(host, request));
        return ScalingSettings{kernel, std::move(point), false, {}};
    }
    if (request.extent == Extent::smoke)
        return ScalingSettings{kernel, {allowed}, false, {}};
    return ScalingSettings{kernel, scaling_points(allowed_cores(host.topology), allowed),
                           allowed > 1, absent_points(allowed)};
}

std::vector<CheckLine> check(const RunContext& context, const Request& request) {
    const auto settings = settings_of(context.host, request);
    if (!settings)
        return {blocked_line(settings.error())};
    std::string list;
    for (const std::size_t threads : settings->points)
        list += (list.empty() ? "" : ", ") + std::to_string(threads);
    std::vector<CheckLine> lines{
        {CheckLevel::ok, "processor",
         "scaling at " + list + " of " + threads_text(context.host.topology.allowed_cpus().size()),
         "", ErrorKind::unsupported}};
    add_quota_line(context.host, lines);
    return lines;
}

Expected<Footprint> plan(const RunContext& context, const Request& request) {
    ASSAY_TRY(const ScalingSettings settings, settings_of(context.host, request));
    Footprint footprint;
    footprint.threads = settings.points.back();
    footprint.cases = settings.points.size() + (settings.compares_pairs ? 1 : 0);
    footprint.round_shares = kPointRoundShare * static_cast<double>(settings.points.size()) +
                             (settings.compares_pairs ? kPairsRoundShare : 0);
    footprint.prepare_time = std::chrono::milliseconds(20);
    footprint.note = "keeps the CPUs busy out of registers; touches no memory and no files";
    return footprint;
}

Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(ScalingSettings settings, settings_of(context.host, request));
    ASSAY_TRY_VOID(self_test(settings.kernel));
    return make_scaling_workload(context, std::move(settings));
}

}  // namespace

const Probe kScaling{.id = "cpu.scaling",
                     .title = "How much of n times one thread's rate n threads reach",
                     .metrics = kScalingMetrics,
                     .options = kOptions,
                     .check = &check,
                     .plan = &plan,
                     .prepare = &prepare};

}  // namespace assay::cpu
