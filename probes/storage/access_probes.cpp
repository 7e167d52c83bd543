#include "probes/storage/access_probes.h"

#include <algorithm>
#include <memory>

#include "probes/storage/access_workload.h"
#include "probes/storage/metrics.h"
#include "probes/storage/preflight.h"
#include "probes/storage/settings.h"
#include "probes/storage/test_file.h"

namespace assay::storage {
namespace {

constexpr std::uint64_t kGuessedWriteBytesPerSecond = 200 * kMiB;

Expected<std::vector<std::unique_ptr<Worker>>> start_workers(
    const RunContext& context, const Settings& settings,
    const std::shared_ptr<const Target>& target, Engine engine) {
    const std::vector<int> cpus = context.host.topology.pinning_order();
    const bool is_sync = engine == Engine::sync;
    const std::size_t count = settings.threads * (is_sync ? settings.deepest() : 1);
    if (count > kMostSyncThreads)
        return failure(ErrorKind::usage, "blocking calls would need " + std::to_string(count) +
                                             " threads; use a smaller --depth or fewer --threads");
    std::vector<std::unique_ptr<Worker>> workers;
    for (std::size_t index = 0; index < count; ++index) {
        WorkerSettings worker;
        worker.target = target;
        worker.engine = engine;
        worker.polling = settings.polling;
        worker.depth = is_sync ? 1 : settings.deepest();
        worker.arena_bytes = is_sync ? settings.largest_block() : settings.arena_bytes();
        worker.writes = settings.writes();
        worker.allowed_cpus = context.host.topology.allowed_cpus();
        // Threads that mostly sleep in blocking calls are better placed by the kernel.
        if (!is_sync && !cpus.empty())
            worker.cpu = cpus[index % cpus.size()];
        ASSAY_TRY(auto started, Worker::start(worker, context.host.clock));
        workers.push_back(std::move(started));
    }
    return workers;
}

/// The engines in the order in which they are tried.
std::vector<Engine> engines_of(const Settings& settings) {
    switch (settings.engine) {
        case EngineChoice::automatic:
            return {Engine::io_uring, Engine::aio, Engine::sync};
        case EngineChoice::io_uring:
            return {Engine::io_uring};
        case EngineChoice::aio:
            return {Engine::aio};
        case EngineChoice::sync:
            return {Engine::sync};
    }
    return {Engine::sync};
}

// Blocking calls cannot keep a rate; what needs one is left out and said.
void drop_open_loops(Settings& settings, std::vector<Finding>& findings) {
    const auto dropped =
        std::erase_if(settings.cases, [](const AccessCase& each) { return each.rate != 0; });
    if (dropped > 0)
        findings.push_back(make_finding("not_carried", std::to_string(dropped) +
                                                           " points at a set rate need io_uring or "
                                                           "Linux AIO and were left out"));
}

struct Crew {
    Engine engine;
    std::vector<std::unique_ptr<Worker>> workers;
};

Expected<Crew> hire(const RunContext& context, Settings& settings,
                    const std::shared_ptr<const Target>& target, std::vector<Finding>& findings) {
    std::optional<Error> last;
    for (const Engine engine : engines_of(settings)) {
        if (engine == Engine::sync)
            drop_open_loops(settings, findings);
        if (settings.cases.empty())
            break;
        auto workers = start_workers(context, settings, target, engine);
        if (workers) {
            if (last)
                findings.push_back(make_finding("engine_fallback", last->message));
            return Crew{engine, std::move(*workers)};
        }
        if (!last)
            last = workers.error();
        if (workers.error().kind != ErrorKind::permission &&
            workers.error().kind != ErrorKind::unsupported)
            break;
    }
    if (!last)
        last = Error{ErrorKind::unsupported, "a set rate needs io_uring or Linux AIO", 0};
    return std::unexpected(*last);
}

Expected<std::unique_ptr<Workload>> prepare_access(const RunContext& context,
                                                   const Request& request,
                                                   const AccessStyle& style) {
    ASSAY_TRY(Settings settings, settings_of(request, style));
    if (memory_bytes_of(settings) > context.memory_allowance_bytes)
        return failure(ErrorKind::unavailable,
                       "the buffers need " + std::to_string(memory_bytes_of(settings)) +
                           " B of memory and only " +
                           std::to_string(context.memory_allowance_bytes) +
                           " B may be used; use a smaller --depth, --block or --threads");
    std::vector<Finding> findings;
    ASSAY_TRY(const auto target, prepare_target(context, settings, findings));
    ASSAY_TRY(Crew crew, hire(context, settings, target, findings));
    return std::make_unique<AccessWorkload>(context.host, std::move(settings), target,
                                            std::move(crew.workers), crew.engine,
                                            std::move(findings));
}

Expected<Footprint> plan_access(const Request& request, const AccessStyle& style) {
    ASSAY_TRY(const Settings settings, settings_of(request, style));
    Footprint footprint;
    footprint.memory_bytes = memory_bytes_of(settings);
    footprint.threads = settings.threads;
    footprint.cases = settings.cases.size();
    double shares = 0;
    for (const AccessCase& each : settings.cases)
        shares += each.round_share;
    footprint.round_shares = shares;
    footprint.bytes_written = settings.written_bytes();
    if (settings.target == TargetKind::device) {
        footprint.note = settings.writes() ? "overwrites " + settings.path
                                           : "reads " + settings.path + ", writes nothing";
        return footprint;
    }
    footprint.shared_file = shared_file_key(settings);
    if (footprint.shared_file.empty()) {
        footprint.bytes_written += settings.size_bytes;
        footprint.free_space_bytes = settings.size_bytes;
    } else {
        footprint.shared_bytes = settings.size_bytes;
        footprint.shared_written_bytes = settings.size_bytes * fill_passes(settings.extent);
    }
    footprint.prepare_time = std::chrono::seconds(
        static_cast<std::int64_t>(settings.size_bytes / kGuessedWriteBytesPerSecond) + 1);
    footprint.note = "one unnamed file in " + settings.path + ", gone when the run ends";
    return footprint;
}

/// The functions of a row, for one style.
template <const AccessStyle& style>
std::vector<CheckLine> check(const RunContext& context, const Request& request) {
    return preflight(context, settings_of(request, style));
}
template <const AccessStyle& style>
Expected<Footprint> plan(const RunContext&, const Request& request) {
    return plan_access(request, style);
}
template <const AccessStyle& style>
Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    return prepare_access(context, request, style);
}

}  // namespace

constinit const Probe kRandomRead{
    "storage.random_read",     "Random reads past the page cache: operations a second and latency",
    kRandomReadMetrics,        kRandomReadOptions,
    &check<kRandomReadStyle>,  &plan<kRandomReadStyle>,
    &prepare<kRandomReadStyle>};

constinit const Probe kRandomWrite{
    "storage.random_write",
    "Random writes past the page cache, of data that nothing can compress or dedupe",
    kRandomWriteMetrics,
    kRandomWriteOptions,
    &check<kRandomWriteStyle>,
    &plan<kRandomWriteStyle>,
    &prepare<kRandomWriteStyle>};

constinit const Probe kMixed{
    "storage.mixed",      "Random 70 % reads and 30 % writes in one queue, as databases do",
    kMixedMetrics,        kRandomWriteOptions,
    &check<kMixedStyle>,  &plan<kMixedStyle>,
    &prepare<kMixedStyle>};

constinit const Probe kSequentialRead{
    "storage.sequential_read",     "Sequential reads past the page cache: bandwidth and latency",
    kSequentialReadMetrics,        kSequentialReadOptions,
    &check<kSequentialReadStyle>,  &plan<kSequentialReadStyle>,
    &prepare<kSequentialReadStyle>};

constinit const Probe kSequentialWrite{
    "storage.sequential_write",     "Sequential writes past the page cache: bandwidth and latency",
    kSequentialWriteMetrics,        kSequentialWriteOptions,
    &check<kSequentialWriteStyle>,  &plan<kSequentialWriteStyle>,
    &prepare<kSequentialWriteStyle>};

constinit const Probe kLoadCurve{
    "storage.load_curve",
    "Random reads that come at set rates whatever becomes of them: response time against load",
    kLoadCurveMetrics,
    kLoadCurveOptions,
    &check<kLoadCurveStyle>,
    &plan<kLoadCurveStyle>,
    &prepare<kLoadCurveStyle>};

}  // namespace assay::storage
