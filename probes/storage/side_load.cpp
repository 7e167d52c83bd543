#include "probes/storage/side_load.h"

#include "probes/storage/test_file.h"

namespace assay::storage {

Expected<std::unique_ptr<SideLoad>> SideLoad::prepare(const RunContext& context,
                                                      const Settings& settings,
                                                      std::vector<Finding>& findings) {
    ASSAY_TRY(auto target, prepare_target(context, settings, findings));
    const AccessCase& access = settings.cases.front();
    WorkerSettings worker;
    worker.target = target;
    worker.depth = access.depth;
    worker.arena_bytes = access.depth * access.block_bytes;
    worker.writes = settings.writes();
    worker.allowed_cpus = context.host.topology.allowed_cpus();
    ASSAY_TRY(auto started, Worker::start(worker, context.host.clock));
    return std::unique_ptr<SideLoad>(new SideLoad(settings, std::move(target), std::move(started)));
}

void SideLoad::begin(const RoundTimes& times, const RoundRequest& request) {
    const AccessCase& access = settings_.cases.front();
    LoopPlan plan;
    plan.depth = access.depth;
    plan.read_ratio = settings_.style->read_ratio;
    plan.blocks = target_->size_bytes / access.block_bytes;
    plan.block_bytes = static_cast<std::uint32_t>(access.block_bytes);
    plan.expected_result = static_cast<std::int32_t>(access.block_bytes);
    plan.seed = request.seed;
    plan.first_sequence = target_->next_sequence->fetch_add(std::uint64_t{1} << 40);
    plan.most_writes = settings_.write_limit_bytes / access.block_bytes;
    plan.begin_ticks = times.begin_ticks;
    plan.end_ticks = times.end_ticks;
    plan.give_up_ticks = times.give_up_ticks;
    plan.stop = request.stop;
    worker_->begin(plan);
}

Expected<void> SideLoad::finish(const RoundTimes& times) {
    ASSAY_TRY(const LoopTally* tally, worker_->wait(times.wait_deadline));
    if (tally->failed != 0)
        return failure(ErrorKind::io, std::to_string(tally->failed) +
                                          " operations of the load beside the commits failed; "
                                          "read the kernel log (dmesg)");
    return {};
}

}  // namespace assay::storage
