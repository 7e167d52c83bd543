#pragma once

#include <sched.h>

#include "engine/core/error.h"

namespace assay::host {

/// Binds the calling thread to one CPU for its lifetime, and gives the old mask back when destroyed
/// (on the same thread).
class Pinning {
  public:
    /// Errors: usage if `cpu` is not in this process's allowed set (EINVAL), else by errno.
    static Expected<Pinning> to_cpu(int cpu);
    ~Pinning();
    Pinning(Pinning&&) noexcept;
    Pinning& operator=(Pinning&&) = delete;
    Pinning(const Pinning&) = delete;

  private:
    explicit Pinning(const cpu_set_t& before) : before_(before) {}
    cpu_set_t before_;
    bool owns_ = true;
};

}  // namespace assay::host
