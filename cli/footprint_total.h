#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/probe.h"

namespace assay::cli {

/// A file that several probes of a run use: written once, as large as the largest of them wants.
struct SharedFile {
    std::string name;
    std::uint64_t bytes = 0;
    std::uint64_t written_bytes = 0;
    std::chrono::nanoseconds prepare_time{};
};
std::vector<SharedFile> shared_files(std::span<const Footprint> footprints);

/// Rounds that a run of `rounds` a case takes of it.
std::size_t rounds_of(const Footprint& footprint, std::size_t rounds);

/// What all of them do together, shared files counted once. Rounds are taken one after another, so
/// threads do not add up.
Footprint total_of(std::span<const Footprint> footprints);

}  // namespace assay::cli
