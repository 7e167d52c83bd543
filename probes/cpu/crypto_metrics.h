#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "engine/core/metric.h"

namespace assay::cpu {

// The rows of the three modes of AES-256 are alike but for their names; these are their indices.
inline constexpr std::size_t kEncrypt = 0;
inline constexpr std::size_t kDecrypt = 1;
inline constexpr std::size_t kFixedCost = 2;
inline constexpr std::size_t kSlopeRate = 3;
inline constexpr std::size_t kFitQuality = 4;
// Of GCM alone:
inline constexpr std::size_t kSoftware = 5;
inline constexpr std::size_t kInstructionGain = 6;
// Of CTR alone:
inline constexpr std::size_t kSiliconCeiling = 5;
inline constexpr std::size_t kHeadroom = 6;

namespace definition {
inline constexpr std::string_view kEncryption =
    "Plaintext bytes of whole records that OpenSSL encrypted, each with a fresh IV (GCM: 13 bytes "
    "of additional data, tag taken), of all threads inside one common time window, by the "
    "window's length.";
inline constexpr std::string_view kDecryption =
    "Plaintext bytes of whole records that OpenSSL decrypted, each with its own IV (GCM: tag "
    "checked), of all threads inside one common time window, by the window's length; the records "
    "are compared with their plaintext outside the clock.";
inline constexpr std::string_view kCostOfARecord =
    "What encrypting a record takes beside its bytes, by one thread: the constant of a straight "
    "line through time a record over record size, by least squares of the relative distances.";
inline constexpr std::string_view kBeyondTheCost =
    "Bytes a second of encryption by one thread without the fixed cost of a record: the inverse "
    "slope of the same line.";
inline constexpr std::string_view kFit =
    "R squared of that line in relative distances: 1 where fixed cost and slope explain every "
    "record size.";
}  // namespace definition

inline constexpr std::array kAesGcmMetrics{
    Metric{"cpu.aes_256_gcm.encrypt", "AES-256-GCM encryption", definition::kEncryption,
           Unit::bytes_per_second, Better::higher, "NIST SP 800-38A, D, E"},
    Metric{"cpu.aes_256_gcm.decrypt", "AES-256-GCM decryption", definition::kDecryption,
           Unit::bytes_per_second, Better::higher, "NIST SP 800-38A, D, E"},
    Metric{"cpu.aes_256_gcm.fixed_cost", "AES-256-GCM cost of a record", definition::kCostOfARecord,
           Unit::nanoseconds, Better::lower, ""},
    Metric{"cpu.aes_256_gcm.slope_rate", "AES-256-GCM beyond the cost of a record",
           definition::kBeyondTheCost, Unit::bytes_per_second, Better::higher, ""},
    Metric{"cpu.aes_256_gcm.fit_r2", "AES-256-GCM fit of cost and rate", definition::kFit,
           Unit::ratio, Better::neither, ""},
    Metric{"cpu.aes_256_gcm.software", "AES-256-GCM without AES instructions",
           "As cpu.aes_256_gcm.encrypt, by one thread, through a second copy of OpenSSL that was "
           "told that this processor has no instructions for AES and its authentication; what it "
           "encrypted is decrypted with them outside the clock. It says what a machine whose "
           "hypervisor hides them would do, and is never compared with encrypt.",
           Unit::bytes_per_second, Better::higher, "NIST SP 800-38D"},
    Metric{"cpu.aes_256_gcm.instruction_gain", "AES-256-GCM gain by AES instructions",
           "What OpenSSL encrypts with the processor's AES instructions by what it encrypts "
           "without, both by one thread in the same round.",
           Unit::ratio, Better::neither, ""},
};

inline constexpr std::array kAesXtsMetrics{
    Metric{"cpu.aes_256_xts.encrypt", "AES-256-XTS encryption", definition::kEncryption,
           Unit::bytes_per_second, Better::higher, "NIST SP 800-38A, D, E"},
    Metric{"cpu.aes_256_xts.decrypt", "AES-256-XTS decryption", definition::kDecryption,
           Unit::bytes_per_second, Better::higher, "NIST SP 800-38A, D, E"},
    Metric{"cpu.aes_256_xts.fixed_cost", "AES-256-XTS cost of a record", definition::kCostOfARecord,
           Unit::nanoseconds, Better::lower, ""},
    Metric{"cpu.aes_256_xts.slope_rate", "AES-256-XTS beyond the cost of a record",
           definition::kBeyondTheCost, Unit::bytes_per_second, Better::higher, ""},
    Metric{"cpu.aes_256_xts.fit_r2", "AES-256-XTS fit of cost and rate", definition::kFit,
           Unit::ratio, Better::neither, ""},
};

inline constexpr std::array kAesCtrMetrics{
    Metric{"cpu.aes_256_ctr.encrypt", "AES-256-CTR encryption", definition::kEncryption,
           Unit::bytes_per_second, Better::higher, "NIST SP 800-38A, D, E"},
    Metric{"cpu.aes_256_ctr.decrypt", "AES-256-CTR decryption", definition::kDecryption,
           Unit::bytes_per_second, Better::higher, "NIST SP 800-38A, D, E"},
    Metric{"cpu.aes_256_ctr.fixed_cost", "AES-256-CTR cost of a record", definition::kCostOfARecord,
           Unit::nanoseconds, Better::lower, ""},
    Metric{"cpu.aes_256_ctr.slope_rate", "AES-256-CTR beyond the cost of a record",
           definition::kBeyondTheCost, Unit::bytes_per_second, Better::higher, ""},
    Metric{"cpu.aes_256_ctr.fit_r2", "AES-256-CTR fit of cost and rate", definition::kFit,
           Unit::ratio, Better::neither, ""},
    Metric{"cpu.aes_256_ctr.silicon_ceiling", "AES-256 ceiling of the silicon",
           "Bytes that went through the 14 rounds of AES-256 in registers, in 12 independent "
           "states of this instruction set, by one thread inside a time window, by its length: no "
           "library can do more with it.",
           Unit::bytes_per_second, Better::higher, "FIPS 197"},
    Metric{"cpu.aes_256_ctr.headroom", "AES-256-CTR headroom",
           "Ceiling of the silicon with this instruction set by what OpenSSL encrypts in CTR mode "
           "with records of 16 KiB, both by one thread in the same round.",
           Unit::ratio, Better::neither, ""},
};

inline constexpr std::array kShaMetrics{
    Metric{"cpu.sha_256.hash", "SHA-256 hashing",
           "Bytes of whole messages that OpenSSL hashed, each from a fresh start to its digest, of "
           "all threads inside one common time window, by the window's length.",
           Unit::bytes_per_second, Better::higher, "FIPS 180-4"},
};

}  // namespace assay::cpu
