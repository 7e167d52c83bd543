#pragma once

#include <cstdint>
#include <vector>

#include "engine/host/worker_team.h"
#include "probes/memory/array_set.h"
#include "probes/memory/read_kernel.h"
#include "probes/memory/store_kernel.h"

namespace assay::memory {

/// What one worker saw, away from its neighbours' cache lines.
struct alignas(128) Evidence {
    std::uint64_t blocks = 0;
    std::uint64_t wrong_blocks = 0;
};

/// Each of n workers takes the blocks of every n-th array in turn, so that few threads too walk
/// more than the caches hold. Units are bytes by the convention of store_kernel.h.
class StreamWork : public host::TeamWork {
  public:
    StreamWork(std::vector<ThreadArrays>& arrays, std::size_t threads,
               std::vector<Evidence>& evidence);
    bool waits_on_shared() const override { return true; }
    std::uint64_t block(std::size_t worker) final;

  protected:
    /// One block in these arrays; returns bytes.
    virtual std::uint64_t step(ThreadArrays& arrays, Evidence& evidence) = 0;
    /// The arrays of a worker.
    std::vector<ThreadArrays*> arrays_of(std::size_t worker);

    std::vector<ThreadArrays>& arrays_;
    const std::size_t threads_;
    std::vector<Evidence>& evidence_;

  private:
    struct alignas(128) Turn {
        std::size_t next = 0;  ///< which array is next
    };
    std::vector<Turn> turns_;
};

class ReadWork final : public StreamWork {
  public:
    ReadWork(std::vector<ThreadArrays>& arrays, std::size_t threads,
             std::vector<Evidence>& evidence, const ReadKernel& kernel)
        : StreamWork(arrays, threads, evidence), kernel_(kernel) {}

  protected:
    std::uint64_t step(ThreadArrays& arrays, Evidence& evidence) override;

  private:
    const ReadKernel& kernel_;
};

/// What was stored is looked at after the window, on the worker's thread.
class StoreWork final : public StreamWork {
  public:
    StoreWork(std::vector<ThreadArrays>& arrays, std::size_t threads,
              std::vector<Evidence>& evidence, const StoreKernel& kernel)
        : StreamWork(arrays, threads, evidence), kernel_(kernel) {}
    void enter(std::size_t worker) override;
    void leave(std::size_t worker) override;

  protected:
    std::uint64_t step(ThreadArrays& arrays, Evidence& evidence) override;

  private:
    const StoreKernel& kernel_;
};

}  // namespace assay::memory
