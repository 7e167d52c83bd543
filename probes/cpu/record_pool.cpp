#include "probes/cpu/record_pool.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/core/random.h"

namespace assay::cpu {
namespace {

using host::Cipher;
using host::CipherDirection;
using host::CipherMode;
using host::CipherRecord;

/// Any key will do (XTS: of two different halves); the work is the same for all.
std::vector<std::byte> key_for(CipherMode mode) {
    std::vector<std::byte> key(Cipher::key_bytes(mode));
    for (std::size_t at = 0; at < key.size(); ++at)
        key[at] = static_cast<std::byte>(at * 7 + 1);
    return key;
}

void fill_with_noise(std::vector<std::byte>& bytes, std::uint64_t seed) {
    Xoshiro256 random(seed);
    for (std::size_t at = 0; at + sizeof(std::uint64_t) <= bytes.size();
         at += sizeof(std::uint64_t)) {
        const std::uint64_t word = random.next();
        std::memcpy(bytes.data() + at, &word, sizeof word);
    }
}

}  // namespace

bool run_record(Cipher& cipher, const CipherRecord& record) {
    return cipher.run(record);
}

RecordPool::RecordPool(CipherMode mode, Cipher seal, Cipher open, std::size_t bytes,
                       std::uint64_t number)
    : mode_(mode),
      seal_(std::move(seal)),
      open_(std::move(open)),
      plain_(bytes),
      sealed_(bytes),
      opened_(bytes),
      pool_number_(number) {
    fill_with_noise(plain_, number);
}

std::size_t RecordPool::memory_bytes(std::size_t most_record_bytes) {
    return 3 * std::max(kPoolBytes, most_record_bytes);
}

Expected<RecordPool> RecordPool::make(CipherMode mode, std::size_t most_record_bytes,
                                      std::uint64_t number, host::CryptoPath encryption) {
    const std::vector<std::byte> key = key_for(mode);
    ASSAY_TRY(Cipher seal, Cipher::make(mode, CipherDirection::encrypt, key, encryption));
    ASSAY_TRY(Cipher open, Cipher::make(mode, CipherDirection::decrypt, key));
    return RecordPool(mode, std::move(seal), std::move(open),
                      std::max(kPoolBytes, most_record_bytes), number);
}

void RecordPool::cut(std::size_t record_bytes) {
    record_bytes_ = record_bytes;
    slots_.resize(std::clamp<std::size_t>(kPoolBytes / record_bytes, 1, kMostSlots));
    next_ = 0;
    done_ = 0;
}

// The pool's number apart from the record's own: the deterministic construction of SP 800-38D,
// 8.2.1. CTR counts blocks in the lower half, so the record's number is in the upper one.
void RecordPool::give_fresh_iv(Slot& slot) {
    const std::uint64_t number = record_number_++;
    const auto pool = static_cast<std::uint32_t>(pool_number_);
    slot.iv.fill(std::byte{0});
    if (mode_ == CipherMode::gcm) {
        std::memcpy(slot.iv.data(), &pool, sizeof pool);
        std::memcpy(slot.iv.data() + sizeof pool, &number, sizeof number);
        std::memcpy(slot.aad.data(), &number, sizeof number);
        slot.aad[8] = std::byte{23};  // application data, TLS 1.2, length
        slot.aad[9] = slot.aad[10] = std::byte{3};
        slot.aad[11] = static_cast<std::byte>(record_bytes_ >> 8);
        slot.aad[12] = static_cast<std::byte>(record_bytes_);
        return;
    }
    const std::uint64_t unique = std::uint64_t{pool} << 40 ^ number;
    std::memcpy(slot.iv.data(), &unique, sizeof unique);
}

CipherRecord RecordPool::record(std::size_t slot, const std::vector<std::byte>& from,
                                std::vector<std::byte>& to) {
    const std::size_t at = slot * record_bytes_;
    Slot& own = slots_[slot];
    CipherRecord made{.source = from.data() + at,
                      .destination = to.data() + at,
                      .bytes = record_bytes_,
                      .iv = own.iv.data(),
                      .aad = {},
                      .tag = own.tag.data()};
    if (mode_ == CipherMode::gcm)
        made.aad = own.aad;
    return made;
}

std::size_t RecordPool::take_turn() {
    const std::size_t slot = next_;
    next_ = slot + 1 == slots_.size() ? 0 : slot + 1;
    ++done_;
    return slot;
}

std::size_t RecordPool::used() const {
    return static_cast<std::size_t>(std::min<std::uint64_t>(done_, slots_.size()));
}

bool RecordPool::begin_encrypting(std::size_t record_bytes) {
    cut(record_bytes);
    std::ranges::fill(sealed_, std::byte{0});
    for (Slot& slot : slots_)
        slot.tag.fill(std::byte{0});
    return true;
}

bool RecordPool::begin_decrypting(std::size_t record_bytes) {
    cut(record_bytes);
    std::ranges::fill(opened_, std::byte{0});
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
        give_fresh_iv(slots_[slot]);
        if (!seal_.run(record(slot, plain_, sealed_)))
            return false;
    }
    return true;
}

bool RecordPool::encrypt_next(RecordFunction function) {
    const std::size_t slot = take_turn();
    give_fresh_iv(slots_[slot]);
    return function(seal_, record(slot, plain_, sealed_));
}

bool RecordPool::decrypt_next(RecordFunction function) {
    return function(open_, record(take_turn(), sealed_, opened_));
}

bool RecordPool::is_encrypted() {
    std::ranges::fill(opened_, std::byte{0});
    for (std::size_t slot = 0; slot < used(); ++slot)
        if (!open_.run(record(slot, sealed_, opened_)))
            return false;
    return is_decrypted();
}

bool RecordPool::is_decrypted() const {
    return std::memcmp(opened_.data(), plain_.data(), used() * record_bytes_) == 0;
}

}  // namespace assay::cpu
