#include "probes/memory/array_set.h"

#include <utility>

namespace assay::memory {
namespace {

// Odd multiples of 64 B, over a page apart.
constexpr std::size_t kTargetLeadBytes = 4096 + 5 * 64;
constexpr std::size_t kSecondLeadBytes = 8192 + 11 * 64;
constexpr std::uint64_t kPatternsPerThread = 3;

Expected<void> fill_thread(const MemoryGroup& group, ArrayRequest request, ThreadArrays& arrays) {
    ASSAY_TRY(arrays.source, PrivateArray::make(request));
    if (group.store_bytes_per_array == 0)
        return {};
    request.bytes = group.store_bytes_per_array;
    ++request.number;
    request.lead_bytes = kSecondLeadBytes;
    ASSAY_TRY(arrays.second, PrivateArray::make(request));
    ++request.number;
    request.lead_bytes = kTargetLeadBytes;
    ASSAY_TRY(arrays.target, TargetArray::make(request));
    return {};
}

std::string place_of(const MemoryGroup& group) {
    return group.node ? "NUMA node " + std::to_string(*group.node) : "this host";
}

}  // namespace

Expected<ArraySet> ArraySet::fill(const RunContext& context, const BandwidthSettings& settings,
                                  const MemoryGroup& group, std::uint64_t first_number,
                                  host::WorkerTeam& team) {
    ArraySet set;
    set.group_ = group;
    set.threads_.resize(group.fill_cpus.size());
    ASSAY_TRY_VOID(team.on_each([&](std::size_t worker) {
        return fill_thread(group,
                           {.bytes = group.bytes_per_array,
                            .pages = group.pages,
                            .numa_node = settings.bind ? group.node : std::nullopt,
                            .number = (first_number + worker) * kPatternsPerThread,
                            .lead_bytes = 0,
                            .deadline = context.prepare_deadline,
                            .stop = context.stop},
                           set.threads_[worker]);
    }));
    set.placement_ = set.placement_now();
    return set;
}

std::uint64_t ArraySet::bytes(Operation operation) const {
    std::uint64_t sum = 0;
    for (const ThreadArrays& arrays : threads_) {
        if (operation == Operation::read) {
            sum += arrays.source->size();
        } else if (arrays.target) {
            // A copy loads as many blocks as it stores, a triad twice as many.
            sum += arrays.target->size() * bytes_per_stored_byte(operation);
        }
    }
    return sum;
}

Placement ArraySet::placement_now() const {
    std::vector<UsedBuffer> buffers;
    for (const ThreadArrays& arrays : threads_) {
        buffers.push_back({&arrays.source->buffer(), arrays.source->memory().used_bytes()});
        if (arrays.target) {
            buffers.push_back({&arrays.second->buffer(), arrays.second->memory().used_bytes()});
            buffers.push_back(
                {&arrays.target->memory().buffer, arrays.target->memory().used_bytes()});
        }
    }
    return placement_of(buffers, place_of(group_), group_.node, group_.pages);
}

}  // namespace assay::memory
