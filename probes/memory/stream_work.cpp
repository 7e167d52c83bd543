#include "probes/memory/stream_work.h"

namespace assay::memory {

StreamWork::StreamWork(std::vector<ThreadArrays>& arrays, std::size_t threads,
                       std::vector<Evidence>& evidence)
    : arrays_(arrays), threads_(threads), evidence_(evidence), turns_(threads) {
    for (std::size_t worker = 0; worker < threads; ++worker)
        turns_[worker].next = worker;
}

std::vector<ThreadArrays*> StreamWork::arrays_of(std::size_t worker) {
    std::vector<ThreadArrays*> own;
    for (std::size_t index = worker; index < arrays_.size(); index += threads_)
        own.push_back(&arrays_[index]);
    return own;
}

std::uint64_t StreamWork::block(std::size_t worker) {
    std::size_t& next = turns_[worker].next;
    ThreadArrays& arrays = arrays_[next];
    next = next + threads_ < arrays_.size() ? next + threads_ : worker;
    ++evidence_[worker].blocks;
    return step(arrays, evidence_[worker]);
}

std::uint64_t ReadWork::step(ThreadArrays& arrays, Evidence& evidence) {
    if (!arrays.source->read_block(kernel_))
        ++evidence.wrong_blocks;
    return kBlockBytes;
}

void StoreWork::enter(std::size_t worker) {
    for (ThreadArrays* arrays : arrays_of(worker))
        arrays->target->spoil();
}

void StoreWork::leave(std::size_t worker) {
    for (ThreadArrays* arrays : arrays_of(worker))
        evidence_[worker].wrong_blocks += arrays->target->wrong_spots();
}

std::uint64_t StoreWork::step(ThreadArrays& arrays, Evidence& /*evidence*/) {
    arrays.target->store_block(kernel_, *arrays.source, *arrays.second);
    return kBlockBytes * bytes_per_stored_byte(kernel_.operation);
}

}  // namespace assay::memory
