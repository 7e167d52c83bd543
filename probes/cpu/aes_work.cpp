#include "probes/cpu/aes_work.h"

#include <algorithm>

namespace assay::cpu {
namespace {

// 30 us at 8 GB/s; 512 records of 16 bytes take some 100 us.
constexpr std::size_t kBlockBytes = std::size_t{1} << 18;
constexpr std::size_t kMostRecordsPerBlock = 512;

}  // namespace

RecordWork::RecordWork(const host::Clock& clock, std::vector<std::optional<RecordPool>>& pools,
                       std::vector<RecordEvidence>& evidence, host::CipherDirection direction,
                       std::size_t record_bytes, RecordFunction function)
    : ClockedWork(clock, evidence.size()),
      pools_(pools),
      evidence_(evidence),
      direction_(direction),
      record_bytes_(record_bytes),
      function_(function),
      records_per_block_(
          std::clamp<std::size_t>(kBlockBytes / record_bytes, 1, kMostRecordsPerBlock)) {}

void RecordWork::begin(std::size_t worker) {
    RecordPool& pool = *pools_[worker];
    const bool begun = direction_ == host::CipherDirection::encrypt
                           ? pool.begin_encrypting(record_bytes_)
                           : pool.begin_decrypting(record_bytes_);
    if (!begun)
        ++evidence_[worker].refused;
}

std::uint64_t RecordWork::work(std::size_t worker) {
    RecordPool& pool = *pools_[worker];
    std::uint64_t refused = 0;
    if (direction_ == host::CipherDirection::encrypt)
        for (std::size_t record = 0; record < records_per_block_; ++record)
            refused += pool.encrypt_next(function_) ? 0 : 1;
    else
        for (std::size_t record = 0; record < records_per_block_; ++record)
            refused += pool.decrypt_next(function_) ? 0 : 1;
    evidence_[worker].records += records_per_block_;
    evidence_[worker].refused += refused;
    return records_per_block_ * record_bytes_;
}

void RecordWork::end(std::size_t worker) {
    RecordPool& pool = *pools_[worker];
    const bool right =
        direction_ == host::CipherDirection::encrypt ? pool.is_encrypted() : pool.is_decrypted();
    if (!right)
        ++evidence_[worker].wrong_rounds;
}

std::uint64_t CeilingWork::work(std::size_t /*worker*/) {
    AesStates states = start_;
    kernel_.run(keys_, kernel_.iterations_per_block, states);
    if (evidence_.blocks++ == 0)
        evidence_.answer = states;
    else if (!(states == evidence_.answer))
        ++evidence_.other_answers;
    return kernel_.iterations_per_block * kernel_.bytes_per_iteration();
}

double most_aes_bytes_per_cycle(std::size_t vector_bytes) {
    constexpr double kInstructionsPerCycle = 2;
    return static_cast<double>(vector_bytes) * kInstructionsPerCycle / kAesRounds;
}

double most_aes_bytes_per_cycle() {
    std::size_t widest = host::kAesBlockBytes;
    for (const AesKernel& kernel : aes_kernels())
        widest = std::max(widest, kernel.vector_bytes);
    return most_aes_bytes_per_cycle(widest);
}

}  // namespace assay::cpu
