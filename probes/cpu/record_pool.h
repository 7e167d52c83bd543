#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/host/libcrypto.h"

namespace assay::cpu {

/// Of TLS 1.2: sequence number, type, version, length.
inline constexpr std::size_t kAadBytes = 13;
/// Plaintext of a pool of small records; with the ciphertext it stays in any second-level cache.
inline constexpr std::size_t kPoolBytes = std::size_t{1} << 15;
inline constexpr std::size_t kMostSlots = 256;

/// How one record goes through the library; a test may put its own in place.
using RecordFunction = bool (*)(host::Cipher&, const host::CipherRecord&);
bool run_record(host::Cipher& cipher, const host::CipherRecord& record);

/// One thread's records: their plaintext, what encryption makes of it, and what decryption gives
/// back, each in memory of its own. No two records of a pool have the same IV (a counter), nor have
/// those of two pools with different numbers.
class RecordPool {
  public:
    /// Memory for records of up to `most_record_bytes`, filled (first touch by the caller).
    /// `encryption`: the path that encrypts; decryption takes the loaded library's own, so that
    /// one proves the other. Errors: as Cipher::make.
    static Expected<RecordPool> make(host::CipherMode mode, std::size_t most_record_bytes,
                                     std::uint64_t number,
                                     host::CryptoPath encryption = host::CryptoPath::as_loaded);
    /// What `make` takes.
    static std::size_t memory_bytes(std::size_t most_record_bytes);

    /// Before a round of encryption or decryption: cuts the pool into records of that size and
    /// makes what will be the result unlike what it must become. Not timed. False where the library
    /// refuses.
    bool begin_encrypting(std::size_t record_bytes);
    bool begin_decrypting(std::size_t record_bytes);

    /// The timed work: one record, the next in turn.
    bool encrypt_next(RecordFunction function);
    bool decrypt_next(RecordFunction function);

    /// After it: whether every record that was worked on is right. Encryption is proven by
    /// decrypting it, tag and all, with the library itself. Not timed.
    bool is_encrypted();
    bool is_decrypted() const;

    std::size_t slots() const { return slots_.size(); }

  private:
    struct Slot {
        std::array<std::byte, host::kAesBlockBytes> iv;
        std::array<std::byte, host::kGcmTagBytes> tag;
        std::array<std::byte, kAadBytes> aad;
    };
    RecordPool(host::CipherMode mode, host::Cipher seal, host::Cipher open, std::size_t bytes,
               std::uint64_t number);
    void cut(std::size_t record_bytes);
    void give_fresh_iv(Slot& slot);
    host::CipherRecord record(std::size_t slot, const std::vector<std::byte>& from,
                              std::vector<std::byte>& to);
    std::size_t take_turn();
    std::size_t used() const;

    host::CipherMode mode_;
    host::Cipher seal_, open_;
    std::vector<std::byte> plain_, sealed_, opened_;
    std::vector<Slot> slots_;
    std::size_t record_bytes_ = 0;
    std::size_t next_ = 0;
    std::uint64_t done_ = 0;  ///< records since the last begin
    std::uint64_t pool_number_;
    std::uint64_t record_number_ = 0;
};

}  // namespace assay::cpu
