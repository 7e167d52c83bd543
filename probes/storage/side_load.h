#pragma once

#include <memory>

#include "engine/probe.h"
#include "probes/storage/round_times.h"
#include "probes/storage/settings.h"
#include "probes/storage/worker.h"

namespace assay::storage {

/// Random operations on the run's test file that go on beside something else which is measured.
class SideLoad {
  public:
    /// `settings` name one case. Errors: of prepare_target and Worker::start.
    static Expected<std::unique_ptr<SideLoad>> prepare(const RunContext& context,
                                                       const Settings& settings,
                                                       std::vector<Finding>& findings);

    /// Starts for the time of one round, the ramp included; `finish` must follow.
    void begin(const RoundTimes& times, const RoundRequest& request);
    /// Errors: those of Worker::wait, and io when an operation failed.
    Expected<void> finish(const RoundTimes& times);

  private:
    SideLoad(Settings settings, std::shared_ptr<const Target> target,
             std::unique_ptr<Worker> worker)
        : settings_(std::move(settings)), target_(std::move(target)), worker_(std::move(worker)) {}
    const Settings settings_;
    const std::shared_ptr<const Target> target_;
    std::unique_ptr<Worker> worker_;
};

}  // namespace assay::storage
