#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/probe.h"
#include "probes/cpu/aes_kernel.h"
#include "probes/cpu/record_pool.h"

namespace assay::cpu {

/// Below it is the smallest message (a TLS alert, a key); 16 KiB is the largest TLS record, and
/// stands for the host; 1 MiB is a block of a backup.
inline constexpr std::array<std::size_t, 7> kRecordSizes{
    std::size_t{1} << 4,  std::size_t{1} << 8,  std::size_t{1} << 10, std::size_t{1} << 12,
    std::size_t{1} << 14, std::size_t{1} << 16, std::size_t{1} << 20};
inline constexpr std::size_t kHeadlineRecordBytes = std::size_t{1} << 14;
inline constexpr std::size_t kMostRecordBytes = std::size_t{1} << 24;

enum class AesPart {
    records,   ///< encryption and decryption of records of one size
    sizes,     ///< encryption at each of the record sizes in turn, for fixed cost and slope
    ceiling,   ///< the silicon's own rate beside the library's
    software,  ///< encryption without AES instructions beside that with them
};

/// One case.
struct AesCase {
    AesPart part = AesPart::records;
    std::size_t record_bytes = kHeadlineRecordBytes;
    std::size_t threads = 1;
    std::string scope = "one";
    std::optional<AesKernel> kernel{};      ///< of a ceiling
    RecordFunction function = &run_record;  ///< every record goes through it
};

struct AesSettings {
    host::CipherMode mode = host::CipherMode::gcm;
    std::vector<AesCase> cases;
    std::vector<std::size_t> record_sizes;  ///< of AesPart::sizes
    /// Why there is no AesPart::software though one was wanted; empty else.
    std::string no_software_reason{};

    std::size_t threads() const;  ///< busy at the same time, at most
    std::size_t most_record_bytes() const;
    std::uint64_t memory_bytes() const;
    double round_shares() const;  ///< sum over the cases
    bool has(AesPart part) const;
    /// Leaves the part out that cannot be taken here.
    void drop_software(const std::string& reason);
};

/// Length of the rounds of such a case: kernels repeat within milliseconds, and a round of many
/// sizes takes a window for each.
constexpr double round_share(AesPart part) {
    switch (part) {
        case AesPart::records:
            return 0.04;
        case AesPart::sizes:
            return 0.06;
        case AesPart::software:
            return 0.04;
        case AesPart::ceiling:
            break;
    }
    return 0.03;
}

std::string_view probe_id(host::CipherMode mode);  ///< "cpu.aes_256_gcm"

/// Its name and conditions for the run.
Case described(const AesSettings& settings, const AesCase& row);

/// What the user asked for, on this host. Errors: usage (options), unavailable (no memory).
Expected<AesSettings> aes_settings(const RunContext& context, const Request& request,
                                   host::CipherMode mode);

}  // namespace assay::cpu
