#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/host/libcrypto.h"
#include "engine/probe.h"

namespace assay::cpu {

/// How one message goes through the library; a test may put its own in place.
using HashFunction = bool (*)(host::Sha256&, std::span<const std::byte>,
                              std::span<std::byte, host::kSha256Bytes>);
bool run_hash(host::Sha256& hash, std::span<const std::byte> message,
              std::span<std::byte, host::kSha256Bytes> digest);

/// One case of cpu.sha_256.
struct ShaCase {
    std::size_t record_bytes = 0;
    std::size_t threads = 1;
    std::string scope = "one";
    HashFunction function = &run_hash;
};
inline constexpr double kShaRoundShare = 0.03;

/// What the messages of so many threads take.
std::uint64_t sha_memory_bytes(const std::vector<ShaCase>& cases);

/// Hashes the examples of FIPS 180-4. Errors: internal (the library computes wrongly here).
Expected<void> sha_self_test();

/// The prepared probe: each thread hashes a message of its own, over and over; every digest is
/// compared with one that was made while preparing.
/// Errors: as WorkerTeam::start, Sha256::make and sha_self_test.
Expected<std::unique_ptr<Workload>> make_sha_workload(const RunContext& context,
                                                      std::vector<ShaCase> cases);

}  // namespace assay::cpu
