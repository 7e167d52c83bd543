#pragma once

#include <optional>
#include <vector>

#include "engine/host/cgroup.h"
#include "engine/host/counters.h"
#include "engine/host/files.h"
#include "engine/host/thermal.h"
#include "probes/cpu/soak.h"

namespace assay::cpu {

/// What the kernel counts against the measured CPUs from one part of a soak to the next. Reads some
/// files, between the timed windows.
class SoakWatch {
  public:
    /// Begins the first part now. `files` outlives the watch.
    SoakWatch(const host::Files& files, std::vector<int> cpus);

    /// Ends a part of that length and begins the next one.
    void add_to(SoakPart& part, double part_s);

  private:
    struct Reading {
        std::optional<host::CpuTimes> cpu;
        std::optional<host::Throttling> throttling;
        host::ThermalState thermal;
    };
    Reading read() const;

    const host::Files& files_;
    const std::vector<int> cpus_;
    Reading last_;
};

}  // namespace assay::cpu
