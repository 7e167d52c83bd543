#include "cli/footprint_total.h"

#include <algorithm>

namespace assay::cli {

std::vector<SharedFile> shared_files(std::span<const Footprint> footprints) {
    std::vector<SharedFile> files;
    for (const Footprint& footprint : footprints) {
        if (footprint.shared_file.empty())
            continue;
        auto found = std::ranges::find(files, footprint.shared_file, &SharedFile::name);
        if (found == files.end())
            found = files.insert(files.end(), {footprint.shared_file, 0, 0, {}});
        found->bytes = std::max(found->bytes, footprint.shared_bytes);
        found->written_bytes = std::max(found->written_bytes, footprint.shared_written_bytes);
        found->prepare_time = std::max(found->prepare_time, footprint.prepare_time);
    }
    return files;
}

std::size_t rounds_of(const Footprint& footprint, std::size_t rounds) {
    std::size_t sum = footprint.cases * rounds;
    for (const Lasting& lasting : footprint.lasting)
        sum += std::min(lasting.rounds, rounds);
    return sum;
}

Footprint total_of(std::span<const Footprint> footprints) {
    Footprint total;
    double shares = 0;
    for (const Footprint& footprint : footprints) {
        total.bytes_written += footprint.bytes_written;
        total.free_space_bytes += footprint.free_space_bytes;
        if (total.bytes_sent && footprint.bytes_sent)
            *total.bytes_sent += *footprint.bytes_sent;
        else
            total.bytes_sent.reset();
        total.memory_bytes += footprint.memory_bytes;
        total.threads = std::max(total.threads, footprint.threads);
        total.cases += footprint.cases;
        total.lasting.insert(total.lasting.end(), footprint.lasting.begin(),
                             footprint.lasting.end());
        shares += footprint.round_shares.value_or(static_cast<double>(footprint.cases));
        if (footprint.shared_file.empty())
            total.prepare_time += footprint.prepare_time;
    }
    total.round_shares = shares;
    for (const SharedFile& file : shared_files(footprints)) {
        total.bytes_written += file.written_bytes;
        total.free_space_bytes += file.bytes;
        total.prepare_time += file.prepare_time;
    }
    return total;
}

}  // namespace assay::cli
